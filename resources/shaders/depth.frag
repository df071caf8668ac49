// Depth alone, seen from the key light.
void main() {}
