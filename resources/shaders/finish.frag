// The resolved picture on its way to the screen, a little darker towards the corners of each view.
uniform sampler2D picture;
uniform float vignette;
out vec4 colour;

void main() {
    vec4 drawn = texelFetch(picture, ivec2(gl_FragCoord.xy), 0);
    vec2 q = (gl_FragCoord.xy - screen.zw) / screen.xy * 2.0 - 1.0;
    float corner = dot(q, q) * 0.5;
    colour = vec4(drawn.rgb * (1.0 - vignette * corner * corner), drawn.a);
}
