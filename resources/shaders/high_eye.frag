// An eye, high tier: the iris lies behind a cornea that refracts, window light in its gloss, shadow of lid and lashes.
const float WATER = 1.0 / 1.336;  // index of air over that of the eye's water
const float IRIS_DEPTH = 0.84;  // of the eyeball's radius: where the iris lies
const float LIMBUS = 0.40;  // rad from the axis to the iris's edge
const float EXTENT = 2.51327;  // rad at the edge of the picture, avatar/build/parts.py

// A soft box's share of what a direction reflects, as photographers' portraits have it.
float window(vec3 direction, vec3 light, float size) {
    vec3 across = normalize(cross(light, vec3(0.0, 1.0, 0.0))), up = cross(across, light);
    vec2 at = vec2(dot(direction, across), dot(direction, up)) / size;
    vec2 inside = smoothstep(vec2(1.15), vec2(0.85), abs(at));
    return inside.x * inside.y * step(0.0, dot(direction, light));
}

void main() {
    mat3 turn = mat3(joints[3 + side]);
    vec3 centre = (joints[3 + side] * vec4(eyes[side].xyz, 1.0)).xyz;
    float radius = eyes[side].w;
    vec3 at = (world - centre) * turn / radius;  // in the eye's own frame, +z ahead
    vec3 e = normalize(camera.xyz - world);
    float polar = acos(clamp(normalize(at).z, -1.0, 1.0));
    float bulge = 1.0 - smoothstep(LIMBUS * 0.82, LIMBUS * 1.12, polar);
    // The cornea is a smaller ball whose middle lies ahead of the eye's.
    vec3 wet = turn * normalize(mix(at, at - vec3(0.0, 0.0, 0.46), bulge));
    vec3 n = turn * normalize(at);

    vec2 place = texture_place;
    float within = 1.0 - smoothstep(LIMBUS * 0.95, LIMBUS * 1.04, polar);
    if (within > 0.0) {
        vec3 ray = refract(-e * turn, wet * turn, WATER);
        vec3 hit = at + ray * (IRIS_DEPTH - at.z) / min(ray.z, -0.05);
        float reach = length(hit.xy);
        float seen = asin(clamp(reach, 0.0, 0.999));
        vec2 refracted = 0.5 + 0.5 * pow(seen / EXTENT, 0.8) * hit.xy / max(reach, 1e-4);
        place = mix(place, refracted, within);
    }
    // The pupil widens: inside the iris the picture is drawn towards its edge.
    vec2 from_middle = place - 0.5;
    float reach = clamp(length(from_middle) / IRIS_EDGE, 1e-3, 1.0);
    vec3 t = texture(picture, 0.5 + from_middle * pow(reach, amounts.z - 1.0)).rgb;
    vec3 albedo = t * t * mix(0.74, 1.0, within);

    // The lids shade the ball, the upper one more; what is known of them is where they rest.
    float above = dot(n, mat3(joints[1])[1]);
    float open_sky = clamp(0.22 + openness * 1.0, 0.0, 1.0) * (1.0 - 0.45 * smoothstep(0.02, 0.48, above));
    float arrives = lit(world, n);
    vec3 key = KEY_LIGHT * max(dot(n, KEY) + 0.15, 0.0) / 1.3 * arrives;
    // The iris is a bowl: its far side catches the light that the cornea gathers.
    vec3 bowl = normalize(n - 0.9 * bulge * (n - turn[2] * dot(n, turn[2])) / 0.4);
    key = mix(key, KEY_LIGHT * (0.25 + 0.9 * max(dot(bowl, KEY), 0.0)) * (0.4 + 0.6 * arrives), within * 0.8);
    vec3 light = key + FILL_LIGHT * max(dot(n, FILL) + 0.2, 0.0) + sky(n) * 0.7;
    vec3 shade = mix(vec3(open_sky), vec3(1.0), vec3(0.10, 0.02, 0.02));

    vec3 mirrored = reflect(-e, wet);
    float grazing = fresnel(dot(wet, e), 0.024);
    vec3 shine = KEY_LIGHT * (70.0 * window(mirrored, KEY, 0.17) * mix(0.35, 1.0, arrives));
    shine += FILL_LIGHT * 90.0 * window(mirrored, FILL, 0.10) + sky(mirrored) * 0.6;
    shine *= grazing * smoothstep(0.05, 0.5, open_sky);
    colour = shown(vec4(filmic(albedo * light * shade + shine), 1.0));
}
