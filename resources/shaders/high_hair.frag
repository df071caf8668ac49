// Hair, high tier: layers of strands over the shell, cut by coverage; two gloss lobes along the strand (Kajiya 1989, Scheuermann 2004).
float lobe(vec3 strand, vec3 n, vec3 h, float shift, float power) {
    float along = dot(normalize(strand + shift * n), h);
    return pow(max(1.0 - along * along, 0.0), power * 0.5) * smoothstep(-0.4, 0.2, dot(n, h));
}

void main() {
    vec4 t = texture(picture, texture_place);
    float fine = texture(picture, texture_place * vec2(2.7, 1.0) + vec2(0.37 * layer, 0.13)).a;
    float ragged = edge * 2.0 - t.a * 0.40 + 0.04;
    float cover = edge < 0.2 ? smoothstep(-0.06, 0.14, ragged) : 1.0;
    if (layer > 0.0) {
        float tips = 0.30 + 0.62 * layer;  // fewer strands reach further out
        cover *= smoothstep(tips - 0.05, tips + 0.07, fine);
    }
    if (cover < 0.02) discard;
    vec3 n = normalize(gl_FrontFacing ? world_normal : -world_normal), e = normalize(camera.xyz - world);
    // Strands run along the picture's v.
    vec2 across = dFdx(texture_place), along = dFdy(texture_place);
    vec3 strand = dFdy(world) * across.x - dFdx(world) * along.x;
    strand = normalize(strand - n * dot(strand, n) + vec3(1e-7, 1e-6, 0.0));
    vec3 albedo = t.rgb * t.rgb;
    float depth = mix(0.55, 1.15, layer) * (0.75 + 0.5 * fine);
    float arrives = lit(world, n);
    float open_sky = 0.55 + 0.45 * min(edge * 1.4, 1.0);
    float spread = sqrt(max(1.0 - pow(dot(strand, KEY), 2.0), 0.0));
    vec3 light = KEY_LIGHT * spread * clamp(dot(n, KEY) * 0.75 + 0.25, 0.0, 1.0) * (0.25 + 0.75 * arrives);
    light += FILL_LIGHT * max(dot(n, FILL) + 0.3, 0.0) + RIM_LIGHT * 0.8 * max(dot(n, RIM) + 0.1, 0.0) + sky(n) * open_sky;
    float shift = (t.g - 0.2) * 0.25 + (fine - 0.5) * 0.25;
    vec3 key = normalize(KEY + e), rim = normalize(RIM + e);
    vec3 white = vec3(0.050) * lobe(strand, n, key, 0.06 + shift, 120.0) * arrives + 0.06 * lobe(strand, n, rim, 0.06 + shift, 70.0);
    vec3 tinted = albedo * 1.5 * lobe(strand, n, key, -0.10 + shift, 28.0) * (0.3 + 0.7 * arrives);
    vec3 c = (albedo * light * 1.15 + (white * KEY_LIGHT + tinted) * open_sky) * depth;
    colour = vec4(shown(vec4(filmic(c), 1.0)).rgb, cover);
}
