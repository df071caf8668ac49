// Skin and cloth, high tier: pores and wrinkles, light that spreads under the skin, two lobes of gloss.
const float TILE = 1.0 / 0.016;  // a tile of the detail in each 16 mm
const vec3 SPREAD = vec3(0.46, 0.20, 0.10);  // how far each colour of light wraps about an edge
const float DEEPEST = 0.0011;  // m, of a wrinkle

// The slope of pores (or of threads) at a place, from three sides.
vec3 fine_slope(vec3 n, out float height) {
    vec3 share = pow(abs(n), vec3(4.0));
    share /= share.x + share.y + share.z;
    vec4 x = texture(detail, rest.zy * TILE), y = texture(detail, rest.xz * TILE), z = texture(detail, rest.xy * TILE);
    height = dot(share, vec3(x.b, y.b, z.b));
    vec2 a = x.rg * 2.0 - 1.0, b = y.rg * 2.0 - 1.0, c = z.rg * 2.0 - 1.0;
    return share.x * vec3(0.0, a.y, a.x) + share.y * vec3(b.x, 0.0, b.y) + share.z * vec3(c, 0.0);
}

float crease(vec2 at) { return dot(texture(wrinkles, at), creases); }

// The slope of wrinkles, by how they rise from pixel to pixel (Mikkelsen 2010).
vec3 crease_slope(vec3 n, float here) {
    vec3 right = dFdx(world), up = dFdy(world);
    vec3 a = cross(up, n), b = cross(n, right);
    float area = dot(right, a);
    vec2 across = dFdx(texture_place), along = dFdy(texture_place);
    float rise = crease(texture_place + across) - here, climb = crease(texture_place + along) - here;
    return -DEEPEST * sign(area) * (rise * a + climb * b) / max(abs(area), 1e-9);
}

void main() {
    vec4 t = texture(picture, texture_place);
    float cloth = 1.0 - t.a;
    vec3 albedo = t.rgb * t.rgb;
    vec3 n = normalize(world_normal), e = normalize(camera.xyz - world);
    mat3 turn = mat3(joints[1]);
    float height;
    vec3 slope = turn * fine_slope(n * turn, height) * mix(0.20, 0.34, cloth);
    float deep = crease(texture_place) * t.a;
    if (deep > 0.004) slope += crease_slope(n, deep);
    vec3 fine = normalize(n - (slope - n * dot(slope, n)));

    // Light spreads under the skin, red the furthest: red sees the coarse shape, blue the fine one.
    vec3 wrap = SPREAD * t.a;
    vec3 towards = vec3(dot(mix(n, fine, 0.30), KEY), dot(mix(n, fine, 0.65), KEY), dot(fine, KEY));
    vec3 key = max(towards + wrap, 0.0) / ((1.0 + wrap) * (1.0 + wrap));
    float arrives = lit(world, n);
    vec3 shadowed = mix(vec3(arrives), pow(vec3(arrives), vec3(0.70, 0.92, 1.0)), t.a);
    float turned = smoothstep(-0.15, 0.25, dot(n, KEY));  // beyond the edge there is only light from within
    key *= mix(vec3(0.35) + 0.65 * shadowed, shadowed, turned);
    vec3 side_light = max(dot(fine, FILL) + wrap, 0.0) / ((1.0 + wrap) * (1.0 + wrap));
    float open_sky = clamp((openness - 0.10) / 0.75, 0.03, 1.0);
    // What light does enter a fold has been through skin: it is red.
    vec3 shade = mix(vec3(open_sky), vec3(1.0), vec3(0.16, 0.040, 0.026) * t.a) * (1.0 - 0.45 * min(deep, 1.0));
    vec3 light = KEY_LIGHT * key + (FILL_LIGHT * side_light + RIM_LIGHT * max(dot(fine, RIM), 0.0)) * shade;
    light += sky(fine) * shade;
    light *= mix(1.0, 0.93 + 0.14 * height, 1.0 - 0.5 * cloth);

    float dark = 1.0 - clamp(dot(albedo, vec3(0.33)) * 3.0, 0.0, 1.0);
    float rough = mix(0.47, 0.80, cloth) + 0.05 * dark;
    float lobes = 0.78 * gloss(fine, e, KEY, rough) + 0.22 * gloss(fine, e, KEY, rough * 0.62) * t.a;
    vec3 shine = KEY_LIGHT * lobes * arrives + RIM_LIGHT * gloss(fine, e, RIM, rough) + FILL_LIGHT * gloss(fine, e, FILL, rough);
    shine *= fresnel(dot(e, normalize(e + KEY)), 0.030) * 2.6;
    shine += sky(reflect(-e, n)) * fresnel(dot(fine, e), 0.026) * (0.55 - 0.35 * rough) * (1.0 - 0.8 * cloth);
    shine *= open_sky * open_sky * (0.55 + 0.6 * height) * mix(1.0, 0.30, cloth);

    vec4 c = vec4(filmic(albedo * light * mix(vec3(1.0), shade, 0.45) + shine), 1.0);
    if (edge < 0.060) c = mix(behind(gl_FragCoord.xy), c, smoothstep(0.004, 0.060, edge));
    colour = shown(c);
}
