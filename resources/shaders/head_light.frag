#version 330
// The light tier: one key, one fill, one rim and a sky, wrapped for skin; cheap enough for software GL.
const int SKIN = 0, EYE = 1, MOUTH = 2, HAIR = 3, LASH = 4;

in vec3 world;
in vec3 world_normal;
in vec2 texture_place;
in float openness;
in float edge;  // of hair: rise above the line, 0 to 1; of skin: metres from the cut bust

uniform sampler2D picture;
uniform int kind;
uniform float lash_strength;
uniform vec3 camera;
uniform vec2 screen;         // pixels
uniform vec3 background[2];  // top and bottom of the gradient behind the heads, linear light

out vec4 colour;

const vec3 KEY = vec3(-0.462, 0.462, 0.757), FILL = vec3(0.796, 0.159, 0.584), RIM = vec3(0.500, 0.409, -0.763);

vec3 gradient() {
    vec2 q = gl_FragCoord.xy / screen;
    float glow = 1.0 - smoothstep(0.0, 0.75, length((q - vec2(0.5, 0.55)) * vec2(1.0, 0.9)));
    return mix(background[1], background[0], q.y) * (0.75 + 0.75 * glow);
}

void main() {
    vec4 t = texture(picture, texture_place);
    if (kind == LASH) {
        colour = vec4(0.010, 0.007, 0.006, min(t.a * 1.7 * lash_strength, 1.0));
        return;
    }
    if (kind == HAIR && edge < 0.16 && t.a * 0.32 > edge * 2.0) discard;
    vec3 albedo = t.rgb * t.rgb;
    vec3 n = normalize(gl_FrontFacing ? world_normal : -world_normal);
    vec3 e = normalize(camera - world);
    float cloth = kind == SKIN ? 1.0 - t.a : 0.0;
    vec3 wrap = kind == SKIN ? mix(vec3(0.42, 0.20, 0.12), vec3(0.05), cloth) : kind == MOUTH ? vec3(0.25, 0.12, 0.1) : vec3(0.12);
    vec3 soft = 1.0 / ((1.0 + wrap) * (1.0 + wrap));
    vec3 light = vec3(1.02, 0.95, 0.86) * max((dot(n, KEY) + wrap) * soft, 0.0) * 0.78;
    light += vec3(0.72, 0.84, 1.0) * max((dot(n, FILL) + wrap) * soft, 0.0) * 0.26;
    light += vec3(0.85, 0.93, 1.0) * max(dot(n, RIM), 0.0) * 0.62;
    light += mix(vec3(0.12, 0.095, 0.085), vec3(0.34, 0.36, 0.40), n.y * 0.5 + 0.5) * 0.85;

    float sharp = kind == EYE ? 220.0 : kind == MOUTH ? 70.0 : kind == HAIR ? 24.0 : 26.0;
    float strength = kind == EYE ? 0.9 : kind == MOUTH ? 0.35 : kind == HAIR ? 0.10 : 0.085 * (1.0 - 0.8 * cloth);
    float gloss = pow(max(dot(n, normalize(KEY + e)), 0.0), sharp) + 0.35 * pow(max(dot(n, normalize(RIM + e)), 0.0), sharp * 0.7);
    float grazing = pow(1.0 - max(dot(n, e), 0.0), 5.0) * (kind == HAIR ? 0.05 : 0.12) * (1.0 - cloth);
    if (kind == HAIR) gloss *= 0.4 + 1.2 * t.g * 4.0;

    float open_sky = openness;
    if (kind == SKIN) open_sky = clamp((openness - 0.10) / 0.75, 0.04, 1.0);
    if (kind == MOUTH) open_sky = clamp((openness - 0.08) * 1.35, 0.02, 0.9);
    if (kind == EYE) open_sky = clamp(0.30 + openness * 1.1, 0.0, 1.0);
    if (kind == HAIR) open_sky = 0.55 + 0.45 * min(edge * 1.4, 1.0);

    vec3 c = albedo * light * mix(vec3(open_sky), vec3(1.0), kind == SKIN ? 0.12 * vec3(1.0, 0.3, 0.2) : vec3(0.0));
    c += (strength * gloss + grazing * 0.6) * open_sky * open_sky;
    c = c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14);
    if (kind == SKIN) {  // the bust fades out before its cut can be seen
        float keep = smoothstep(0.004, 0.060, edge);
        vec3 behind = gradient();
        c = mix(behind, c, keep);
    }
    colour = vec4(sqrt(clamp(c, 0.0, 1.0)), 1.0);
}
