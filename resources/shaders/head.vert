#version 330
// Blend shapes, lids kept off the eyeball, linear blend skinning: avatar/skinning.py and avatar/head.py in GLSL.
const int MAX_FIELDS = 60;

in vec3 place;
in vec3 normal;
in vec2 uv;
in vec4 weights;      // neck, jaw, left eye, right eye; the root has the rest
in vec4 details;      // occlusion shut, occlusion open, lid guard, distance from the edge of hair or bust
in int vertex_index;  // row in the field textures, -1 where no field moves the vertex

uniform mat4 view_projection;
uniform mat4 model;
uniform mat4 joints[5];
uniform int field_count;
uniform int fields[MAX_FIELDS];
uniform float amounts[MAX_FIELDS];
uniform sampler2DArray place_fields;
uniform sampler2DArray normal_fields;
uniform vec4 eyes[2];        // centre at rest, radius
uniform vec3 gazes[2];
uniform float mouth_open;

out vec3 world;
out vec3 world_normal;
out vec2 texture_place;
out float openness;
out float edge;

vec3 outside_eyeball(vec3 p, int index) {
    vec3 centre = eyes[index].xyz;
    float radius = eyes[index].w;
    vec3 offset = p - centre;
    float distance = max(length(offset), 1e-6);
    float angle = acos(clamp(dot(offset / distance, gazes[index]), -1.0, 1.0));
    float limit = min(length(place - centre), radius * 1.012);
    if (angle < 0.52) limit = max(limit, radius * (1.0 + 0.075 * (1.0 - (angle / 0.52) * (angle / 0.52))));
    return (distance < limit && offset.z > -0.2 * radius) ? centre + offset / distance * limit : p;
}

void main() {
    vec3 p = place;
    vec3 n = normal;
    if (vertex_index >= 0) {
        ivec2 where = ivec2(vertex_index & 1023, vertex_index >> 10);
        for (int k = 0; k < field_count; k++) {
            p += amounts[k] * texelFetch(place_fields, ivec3(where, fields[k]), 0).xyz;
            n += amounts[k] * texelFetch(normal_fields, ivec3(where, fields[k]), 0).xyz;
        }
        int guard = int(details.z + 0.5);
        if (guard > 0) p = outside_eyeball(p, guard - 1);
    }
    float root = 1.0 - weights.x - weights.y - weights.z - weights.w;
    mat4 bones = root * joints[0] + weights.x * joints[1] + weights.y * joints[2] + weights.z * joints[3]
        + weights.w * joints[4];
    mat4 carry = model * bones;
    vec4 placed = carry * vec4(p, 1.0);
    world = placed.xyz;
    world_normal = mat3(carry) * n;
    texture_place = uv;
    openness = mix(details.x, details.y, mouth_open);
    edge = details.w;
    gl_Position = view_projection * placed;
}
