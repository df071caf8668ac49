// Blend shapes, lids kept off the eyeball, linear blend skinning: avatar/skinning.py and avatar/head.py in GLSL.
// KIND is defined before this text; only skin, tongue and lashes are moved by fields.
in vec3 place;
in vec3 normal;
in vec2 uv;
in vec4 weights;   // neck, jaw, left eye, right eye; the root has the rest
in vec4 details;   // occlusion shut, occlusion open, lid guard, distance from the edge of hair or bust
#if MOVED
in int vertex_index;  // row in the field textures, -1 where no field moves the vertex
uniform sampler2DArray place_fields;
uniform sampler2DArray normal_fields;
#endif

out vec3 world;
out vec3 world_normal;
out vec2 texture_place;
out float openness;
out float edge;
#if FINE
const float HAIR_LENGTH = 0.006;  // m that strands reach over the shell
out vec3 rest;
out float layer;
flat out int side;
#endif

vec3 outside_eyeball(vec3 p, int index) {
    vec3 centre = eyes[index].xyz;
    float radius = eyes[index].w;
    vec3 offset = p - centre;
    float distance = max(length(offset), 1e-6);
    float away = 1.0 - dot(offset, gazes[index].xyz) / distance;
    float limit = min(length(place - centre), radius * 1.012);
    if (away < CORNEA) limit = max(limit, radius * (1.0 + 0.075 * (1.0 - away / CORNEA)));
    return (distance < limit && offset.z > -0.2 * radius) ? centre + offset / distance * limit : p;
}

void main() {
    vec3 p = place;
    vec3 n = normal;
#if MOVED
    if (vertex_index >= 0) {
        ivec2 where = ivec2(vertex_index & 1023, vertex_index >> 10);
        for (int k = 0; k < numbers.x; k++) {
            vec4 field = fields[k];  // number, weight
            p += field.y * texelFetch(place_fields, ivec3(where, int(field.x)), 0).xyz;
            n += field.y * texelFetch(normal_fields, ivec3(where, int(field.x)), 0).xyz;
        }
#if KIND == SKIN
        int guard = int(details.z + 0.5);
        if (guard > 0) p = outside_eyeball(p, guard - 1);
#endif
    }
#endif
#if FINE
    rest = place;
    layer = 0.0;
    side = weights.w > 0.5 ? 1 : 0;
#if KIND == HAIR
    layer = float(gl_InstanceID) / float(HAIR_LAYERS - 1);
    p += n * layer * HAIR_LENGTH * smoothstep(0.02, 0.4, details.w);
#endif
#endif
    float root = 1.0 - weights.x - weights.y - weights.z - weights.w;
    mat4 carry = root * joints[0] + weights.x * joints[1] + weights.y * joints[2];
#if KIND == EYE
    carry += weights.z * joints[3] + weights.w * joints[4];
#endif
    vec4 placed = carry * vec4(p, 1.0);
    world = placed.xyz;
    world_normal = mat3(carry) * n;
    texture_place = uv;
    openness = mix(details.x, details.y, amounts.x);
#if KIND == TONGUE
    openness = max(openness, 0.75 * smoothstep(0.038, 0.052, p.z));  // a tip between the teeth is in the light
#endif
    edge = details.w;
    gl_Position = view_projection * placed;
}
