// The high tier's light: a soft key with shadow, fill, rim and sky; GGX gloss. Before the shader of each kind.
in vec3 world;
in vec3 world_normal;
in vec3 rest;  // place on the face at rest (m)
in vec2 texture_place;
in float openness;
in float edge;  // of hair: rise above the line, 0 to 1; of skin: metres from the cut bust
in float layer;  // of hair: 0 at the shell, 1 at its tips
flat in int side;  // which eye, 0 or 1
uniform sampler2D picture;
uniform sampler2D detail;   // slopes of pores, height, cavity; tiles
uniform sampler2D wrinkles;
uniform sampler2DShadow shadow_map;
out vec4 colour;

const vec3 KEY_LIGHT = vec3(0.92, 0.85, 0.76), FILL_LIGHT = vec3(0.16, 0.19, 0.23), RIM_LIGHT = vec3(0.60, 0.66, 0.72);
const vec3 GROUND = vec3(0.100, 0.080, 0.072), SKY = vec3(0.275, 0.292, 0.325);
const int TAPS = 20;
const float SOFTNESS = 0.0065, BIAS = 0.0012;  // of the shadow map's width

// Percentage-closer filtering on a Vogel disk, turned at each pixel (Jimenez 2014): how much of the key light arrives.
float lit(vec3 at, vec3 n) {
    vec3 place = (shadow_matrix * vec4(at + n * 0.0018, 1.0)).xyz;
    float turn = 6.2832 * fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715))));
    float total = 0.0;
    for (int k = 0; k < TAPS; k++) {
        float reach = SOFTNESS * sqrt((float(k) + 0.5) / float(TAPS)), angle = 2.399963 * float(k) + turn;
        total += texture(shadow_map, vec3(place.xy + reach * vec2(cos(angle), sin(angle)), place.z - BIAS));
    }
    return total / float(TAPS);
}

// GGX with Smith's shadowing (Walter 2007), without Fresnel, times the cosine of the light.
float gloss(vec3 n, vec3 e, vec3 l, float roughness) {
    vec3 h = normalize(e + l);
    float a = roughness * roughness, a2 = a * a;
    float nh = max(dot(n, h), 0.0), nl = max(dot(n, l), 0.0), ne = max(dot(n, e), 1e-3);
    float d = nh * nh * (a2 - 1.0) + 1.0;
    float k = a * 0.5;
    return nl * a2 / (3.14159 * d * d) / (4.0 * mix(nl, 1.0, k) * mix(ne, 1.0, k));
}

float fresnel(float cosine, float least) { return least + (1.0 - least) * pow(1.0 - clamp(cosine, 0.0, 1.0), 5.0); }

vec3 sky(vec3 direction) { return mix(GROUND, SKY, smoothstep(-0.8, 0.9, direction.y)); }
