"""The shaders of a tier: one for each kind of surface (skin, eye, mouth, hair, lash), its shadow, the backdrop."""

from pathlib import Path
from typing import Final

import moderngl

from avatar.draw.owner import Owner
from avatar.draw.tiers import Tier

SHADERS: Final = Path(__file__).resolve().parents[2] / "resources" / "shaders"
SKIN, EYE, MOUTH, HAIR, LASH, TONGUE, TEAR = range(7)
KINDS: Final = (SKIN, EYE, MOUTH, HAIR, LASH, TONGUE, TEAR)
MOVED: Final = (SKIN, LASH, TONGUE, TEAR)  # kinds that fields move
SOLID: Final = (SKIN, EYE, MOUTH, HAIR, TONGUE)  # the others are blended over these
SCENE, HEAD = 0, 1  # binding points of the uniform blocks
# Texture units by the sampler's name.
UNITS: Final = {
    "picture": 0, "place_fields": 1, "normal_fields": 2, "shadow_map": 3, "detail": 4, "wrinkles": 5, "backdrop": 6,
}  # fmt: skip
_FINE: Final = {
    SKIN: "high_skin.frag", EYE: "high_eye.frag", MOUTH: "high_mouth.frag", TONGUE: "high_mouth.frag",
    HAIR: "high_hair.frag", LASH: "high_lash.frag", TEAR: "high_lash.frag",
}  # fmt: skip


def shader(*names: str, **constants: int) -> str:
    """Return the text of a shader: what all have in common, the constants, then the files named."""
    parts = [(SHADERS / part).read_text("utf-8") for part in ("common.glsl", *names)]
    defined = "".join(f"#define {key} {value}\n" for key, value in constants.items())
    return parts[0] + defined + "".join(parts[1:])


class Programs:
    """Programs by kind: `drawn`, `cast` for those that throw a shadow; vertex arrays without vertices for whole pictures."""

    def __init__(self, ctx: moderngl.Context, tier: Tier) -> None:
        self._ctx, self._owner = ctx, Owner()
        self.drawn: dict[int, moderngl.Program] = {}
        self.cast: dict[int, moderngl.Program] = {}
        with self._owner:
            for kind in KINDS:
                if kind != TEAR or tier.fine:
                    self._add(kind, tier)
            whole = shader("background.vert")
            behind, self.finish = (self._program(whole, shader(f"{name}.frag")) for name in ("background", "finish"))
            self.backdrop, self.finisher = (
                self._owner.own(ctx.vertex_array(program, [])) for program in (behind, self.finish)
            )

    def _add(self, kind: int, tier: Tier) -> None:
        constants = {
            "KIND": kind, "MOVED": int(kind in MOVED), "FINE": int(tier.fine), "HAIR_LAYERS": max(tier.hair_layers, 2),
        }  # fmt: skip
        vertex = shader("head.vert", **constants)
        files = ("high.glsl", _FINE[kind]) if tier.fine else ("light.frag",)
        self.drawn[kind] = self._program(vertex, shader(*files, **constants))
        if tier.shadow and kind in SOLID:
            self.cast[kind] = self._program(vertex, shader("depth.frag", **constants))

    def _program(self, vertex: str, fragment: str) -> moderngl.Program:
        program = self._owner.own(self._ctx.program(vertex, fragment_shader=fragment))
        for name, binding in (("Scene", SCENE), ("Head", HEAD)):
            if name in program:
                program[name].binding = binding  # type: ignore[union-attr]
        for name, unit in UNITS.items():
            if name in program:
                program[name] = unit
        return program

    def release(self) -> None:
        """Free all of them."""
        self._owner.release()
