// Lashes, and the line of tears where the lower lid meets the eye; both blended over what is there.
void main() {
#if KIND == LASH
    float hair = texture(picture, texture_place).a;
    colour = vec4(0.045, 0.035, 0.03, min(hair * 1.9 * amounts.y, 1.0));
#else
    vec3 n = normalize(world_normal), e = normalize(camera.xyz - world);
    float shine = 1.4 * gloss(n, e, KEY, 0.24) * lit(world, n) + 0.8 * gloss(n, e, FILL, 0.26) + 0.35 * fresnel(dot(n, e), 0.05);
    colour = vec4(vec3(1.0), clamp(shine * 0.35, 0.0, 0.75)) * vec4(1.0, 1.0, 1.0, 1.0 - abs(texture_place.y * 2.0 - 1.0));
#endif
}
