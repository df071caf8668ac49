// A studio gradient; head_light.frag fades the bust into the same one.
out vec4 colour;

void main() {
    colour = vec4(sqrt(gradient(gl_FragCoord.xy)), 1.0);
}
