#version 330
// What both stages know: constants and uniform blocks, laid out as avatar/gpu_head.py and avatar/renderer.py pack them.
#define SKIN 0
#define EYE 1
#define MOUTH 2
#define HAIR 3
#define LASH 4
#define TONGUE 5
#define IRIS_EDGE 0.111  // of an eye's picture, from its middle
#define CORNEA 0.13218  // 1 - cos of the angle that the cornea's bulge reaches

layout(std140) uniform Scene {
    mat4 view_projection;
    vec4 camera;
    vec4 screen;         // width, height, left, bottom in pixels
    vec4 background[2];  // top and bottom of the gradient behind the heads, linear light; 1 where flat
};

layout(std140) uniform Head {
    mat4 joints[5];  // with the head's own place in the world
    vec4 eyes[2];    // centre at rest, radius
    vec4 gazes[2];
    vec4 amounts;    // mouth open, lash strength, how wide the pupils are (1 as painted)
    ivec4 numbers;   // active fields
    vec4 fields[92];
};

vec3 gradient(vec2 pixel) {
    vec2 q = (pixel - screen.zw) / screen.xy;
    float glow = 1.0 - smoothstep(0.0, 0.75, length((q - vec2(0.5, 0.55)) * vec2(1.0, 0.9)));
    return mix(background[1].rgb, background[0].rgb, q.y) * mix(0.75 + 0.75 * glow, 1.0, background[0].a);
}
