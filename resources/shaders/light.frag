// The light tier: one key, one fill, one rim and a sky, wrapped for skin; cheap enough for software GL.
// KIND is defined before this text, so that each kind is compiled alone.
in vec3 world;
in vec3 world_normal;
in vec2 texture_place;
in float openness;
in float edge;  // of hair: rise above the line, 0 to 1; of skin: metres from the cut bust
uniform sampler2D picture;
uniform sampler2D wrinkles;
out vec4 colour;

#if KIND == SKIN
const vec3 WRAP = vec3(0.42, 0.20, 0.12);
#elif KIND == MOUTH || KIND == TONGUE
const vec3 WRAP = vec3(0.25, 0.12, 0.10);
#else
const vec3 WRAP = vec3(0.12);
#endif

float power32(float x) { x *= x; x *= x; x *= x; x *= x; return x * x; }

#if KIND == LASH
void main() {
    float hair = texture(picture, texture_place).a;
    colour = vec4(0.045, 0.035, 0.03, min(hair * 1.7 * amounts.y, 1.0));
}
#else
void main() {
#if KIND == EYE
    // The pupil widens: inside the iris the picture is drawn towards its edge.
    vec2 from_middle = texture_place - 0.5;
    float reach = clamp(length(from_middle) / IRIS_EDGE, 1e-3, 1.0);
    vec4 t = texture(picture, 0.5 + from_middle * pow(reach, amounts.z - 1.0));
#else
    vec4 t = texture(picture, texture_place);
#endif
#if KIND == HAIR
    if (edge < 0.16 && t.a * 0.32 > edge * 2.0) discard;
#endif
    vec3 albedo = t.rgb * t.rgb;
    vec3 n = normalize(gl_FrontFacing ? world_normal : -world_normal);
    vec3 e = normalize(camera.xyz - world);
    const vec3 SOFT = 1.0 / ((1.0 + WRAP) * (1.0 + WRAP));
    vec3 light = vec3(0.796, 0.741, 0.671) * SOFT * max(dot(n, KEY) + WRAP, 0.0);
    light += vec3(0.187, 0.218, 0.260) * SOFT * max(dot(n, FILL) + WRAP, 0.0);
    light += vec3(0.527, 0.577, 0.620) * max(dot(n, RIM), 0.0);
    light += mix(vec3(0.102, 0.081, 0.072), vec3(0.289, 0.306, 0.340), n.y * 0.5 + 0.5);

    float grazing = 1.0 - max(dot(n, e), 0.0);
    float edge_light = grazing * grazing * grazing * grazing * grazing;
    float gloss = power32(max(dot(n, normalize(KEY + e)), 0.0)) + 0.35 * power32(max(dot(n, normalize(RIM + e)), 0.0));

#if KIND == SKIN
    float cloth = 1.0 - t.a;
    float open_sky = clamp((openness - 0.10) / 0.75, 0.04, 1.0);
    // What light does enter a fold has been through skin: it is red.
    vec3 shade = mix(vec3(open_sky), vec3(1.0), vec3(0.12, 0.036, 0.024) * t.a);
    if (creases != vec4(0.0)) shade *= 1.0 - 0.55 * t.a * min(dot(texture(wrinkles, texture_place), creases), 1.0);
    float shine = (0.085 * gloss + 0.072 * edge_light) * (1.0 - 0.8 * cloth);
#elif KIND == EYE
    float open_sky = clamp(0.30 + openness * 1.1, 0.0, 1.0);
    vec3 shade = vec3(open_sky);
    float shine = 0.9 * gloss * gloss * gloss * gloss + 0.072 * edge_light;
#elif KIND == HAIR
    float open_sky = 0.55 + 0.45 * min(edge * 1.4, 1.0);
    vec3 shade = vec3(open_sky);
    float shine = 0.05 * gloss * (0.4 + 4.8 * t.g) + 0.03 * edge_light;
#else
    float open_sky = KIND == MOUTH ? clamp(openness * 1.9 + 0.05, 0.12, 0.95) : clamp((openness - 0.08) * 1.35, 0.02, 0.9);
    vec3 shade = vec3(open_sky);
    float shine = 0.35 * gloss * gloss + 0.072 * edge_light;
#endif
    vec3 c = albedo * light * shade + shine * open_sky * open_sky;
    vec4 seen = vec4(filmic(c), 1.0);
#if KIND == SKIN
    if (edge < 0.060) seen = mix(behind(gl_FragCoord.xy), seen, smoothstep(0.004, 0.060, edge));
#endif
    colour = shown(seen);
}
#endif
