// Teeth, gums and tongue, high tier: wet, and the darker the deeper they lie.
void main() {
    vec3 t = texture(picture, texture_place).rgb;
    vec3 albedo = t * t;
    vec3 n = normalize(world_normal), e = normalize(camera.xyz - world);
#if KIND == TONGUE
    float open_sky = clamp((openness - 0.08) * 1.35, 0.02, 0.9);
    const float rough = 0.36, strength = 1.2, least = 0.15;
    float deep = open_sky;
#else
    float open_sky = clamp(openness * 1.9 + 0.05, 0.10, 0.95);
    const float rough = 0.22, strength = 1.6, least = 0.40;  // enamel lets light through
    float deep = sqrt(open_sky);
#endif
    float arrives = lit(world, n);
    vec3 light = KEY_LIGHT * max(dot(n, KEY) + 0.25, 0.0) / 1.56 * mix(least, 1.0, arrives);
    light += FILL_LIGHT * max(dot(n, FILL) + 0.25, 0.0) + sky(n);
    vec3 shade = mix(vec3(open_sky), vec3(1.0), vec3(0.05, 0.008, 0.006)) * deep;
    float shine = gloss(n, e, KEY, rough) * arrives + 0.4 * gloss(n, e, FILL, rough) + 0.05 * fresnel(dot(n, e), 0.04);
    vec3 c = albedo * light * shade + shine * strength * 0.045 * open_sky;
    colour = shown(vec4(filmic(c), 1.0));
}
