// What is behind the heads; the bust fades into the same.
out vec4 colour;

void main() {
    colour = shown(behind(gl_FragCoord.xy));
}
