#version 330
// What all stages know: constants and uniform blocks, laid out as avatar/gpu_head.py and avatar/renderer.py pack them.
#define SKIN 0
#define EYE 1
#define MOUTH 2
#define HAIR 3
#define LASH 4
#define TONGUE 5
#define TEAR 6
#define IRIS_EDGE 0.111  // of an eye's picture, from its middle
#define CORNEA 0.13218  // 1 - cos of the angle that the cornea's bulge reaches

layout(std140) uniform Scene {
    mat4 view_projection;
    mat4 shadow_matrix;  // world to the shadow map, 0 to 1
    vec4 camera;
    vec4 screen;         // width, height, left, bottom in pixels
    vec4 background[2];  // top and bottom of the gradient behind the heads, linear light; then 1 where flat; 1 where opaque
    vec4 backdrop_size;  // width, height of the picture behind the heads, 0 where there is none
};

layout(std140) uniform Head {
    mat4 joints[5];  // with the head's own place in the world
    vec4 eyes[2];    // centre at rest, radius
    vec4 gazes[2];
    vec4 amounts;    // mouth open, lash strength, how wide the pupils are (1 as painted)
    vec4 creases;    // how deep: forehead, between the brows, beside the eyes, beside the mouth
    ivec4 numbers;   // active fields
    vec4 fields[92];
};

const vec3 KEY = vec3(-0.462, 0.462, 0.757), FILL = vec3(0.796, 0.159, 0.584), RIM = vec3(0.500, 0.409, -0.763);

uniform sampler2D backdrop;

// What is behind the heads at a pixel, linear light, premultiplied.
vec4 behind(vec2 pixel) {
    vec2 q = (pixel - screen.zw) / screen.xy;
    if (backdrop_size.x > 0.0) {  // the picture fills the screen, cut where its shape is another
        vec2 shape = screen.xy / backdrop_size.xy;
        vec3 seen = textureLod(backdrop, 0.5 + (q - 0.5) * shape / max(shape.x, shape.y), 0.0).rgb;
        return vec4(seen * seen, 1.0);
    }
    float glow = 1.0 - smoothstep(0.0, 0.75, length((q - vec2(0.5, 0.55)) * vec2(1.0, 0.9)));
    vec3 studio = mix(background[1].rgb, background[0].rgb, q.y) * mix(0.75 + 0.75 * glow, 1.0, background[0].a);
    return vec4(studio, 1.0) * background[1].a;
}

// Light as it is shown: the square root stands for the display's curve.
vec4 shown(vec4 light) {
    return vec4(sqrt(clamp(light.rgb / max(light.a, 1e-4), 0.0, 1.0)) * light.a, light.a);
}

vec3 filmic(vec3 c) { return c * (2.51 * c + 0.03) / (c * (2.43 * c + 0.59) + 0.14); }  // tone map (Narkowicz 2015)
