#version 330
// A studio gradient; head_light.frag fades the bust into the same one.
uniform vec2 screen;
uniform vec3 background[2];
out vec4 colour;

void main() {
    vec2 q = gl_FragCoord.xy / screen;
    float glow = 1.0 - smoothstep(0.0, 0.75, length((q - vec2(0.5, 0.55)) * vec2(1.0, 0.9)));
    colour = vec4(sqrt(mix(background[1], background[0], q.y) * (0.75 + 0.75 * glow)), 1.0);
}
