"""One person's head on the GPU: vertex buffers split at texture seams, field textures, pictures. Knows no camera."""

from dataclasses import dataclass
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray

from avatar.draw.head_data import VERTEX, Surface, prepared, prepared_fields
from avatar.draw.owner import Owner
from avatar.draw.programs import Programs
from avatar.life.creases import creases
from avatar.rig import skinning
from avatar.rig.basis import NAMED
from avatar.rig.head import PARENTS, Head, HeadModel, Pose, joint_rotations, lid_weights
from avatar.rig.layout import EXPRESSION, JAW, JAW_OPEN_RADIANS

MAX_ACTIVE_FIELDS: Final = 92  # expression 50, lids 6, pose correctives at most 36
_LEAST: Final = 0.008  # weights below this move nothing that can be seen
_FORMATS: Final = dict(zip(VERTEX.names or (), ("3f", "3f", "2f", "4f", "4f", "1i"), strict=True))
# The block `Head` of common.glsl, std140.
_BLOCK: Final = np.dtype(
    [("joints", "f4", (5, 4, 4)), ("eyes", "f4", (2, 4)), ("gazes", "f4", (2, 4)), ("amounts", "f4", 4),
     ("creases", "f4", 4), ("numbers", "i4", 4), ("fields", "f4", (MAX_ACTIVE_FIELDS, 4))]
)  # fmt: skip
BLOCK_BYTES: Final = _BLOCK.itemsize


@dataclass(frozen=True)
class Draw:
    """One draw call: what it is (of KINDS), its picture, triangles, and the same as they throw a shadow."""

    kind: int
    picture: moderngl.Texture
    mesh: moderngl.VertexArray
    cast: moderngl.VertexArray | None


class FieldTextures:
    """The fields of a model, which all its people share: displacement and turn of the normals of each vertex."""

    def __init__(self, ctx: moderngl.Context, model: HeadModel) -> None:
        fields, self._owner = prepared_fields(model), Owner()
        with self._owner:
            self.places, self.turns = self._upload(ctx, fields.places), self._upload(ctx, fields.turns)

    def _upload(self, ctx: moderngl.Context, fields: NDArray[np.float16]) -> moderngl.TextureArray:
        layers, rows, row, parts = fields.shape
        texture = self._owner.own(ctx.texture_array((row, rows, layers), parts, fields.tobytes(), dtype="f2"))
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return texture

    def release(self) -> None:
        """Free both textures."""
        self._owner.release()


class GpuHead:
    """A person's buffers and pictures in one GL context; `block` says how a pose is drawn."""

    def __init__(self, ctx: moderngl.Context, programs: Programs, head: Head, fields: FieldTextures) -> None:
        model, look = head.model, head.look
        self._ctx, self._programs, self.look, self.fields, self._model = ctx, programs, look, fields, model
        shaped = model.shaped(look.identity)
        self.joints = skinning.regress_joints(model.J_regressor, shaped)
        self._radii = [model.eye_radius(shaped, self.joints, index) for index in (0, 1)]
        ready, self._owner = prepared(head), Owner()
        with self._owner:
            self.uniforms = self._owner.own(ctx.buffer(reserve=BLOCK_BYTES))
            self._textures = {path: self._picture(pixels) for path, pixels in ready.pictures.items()}
            self.wrinkles = self._textures[ready.wrinkles]
            self.draws = [self._draw(surface) for surface in ready.surfaces if surface.kind in programs.drawn]

    def _picture(self, pixels: NDArray[np.uint8]) -> moderngl.Texture:
        texture = self._owner.own(self._ctx.texture((pixels.shape[1], pixels.shape[0]), 4, pixels))
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _draw(self, surface: Surface) -> Draw:
        drawn, cast = self._programs.drawn[surface.kind], self._programs.cast.get(surface.kind)
        triangles = self._owner.own(self._ctx.buffer(surface.triangles.tobytes()))
        shadow = self._mesh(cast, surface, triangles) if cast is not None else None
        return Draw(surface.kind, self._textures[surface.picture], self._mesh(drawn, surface, triangles), shadow)

    def _mesh(self, program: moderngl.Program, surface: Surface, triangles: moderngl.Buffer) -> moderngl.VertexArray:
        names = [name for name in _FORMATS if name in program]  # a kind's shader leaves out what it does not use
        packed = np.zeros(len(surface.vertices), np.dtype([(name, VERTEX[name]) for name in names]))
        for name in names:
            packed[name] = surface.vertices[name]
        layout = " ".join(_FORMATS[name] for name in names)
        vertices = self._owner.own(self._ctx.buffer(packed.tobytes()))
        return self._owner.own(self._ctx.vertex_array(program, [(vertices, layout, *names)], triangles))

    def block(self, pose: Pose, place: NDArray[np.floating]) -> bytes:
        """Return the uniform block that a pose and the head's place in the world (matrix [4, 4]) decide."""
        motion = np.asarray(pose.motion, np.float32)
        rotations = joint_rotations(pose)
        joints = self._model.posed_joints(self.joints, motion)
        transforms = np.asarray(place) @ skinning.joint_transforms(rotations, joints, PARENTS)
        correctives = self._model.pose_weights(rotations)
        weights = np.concatenate([motion[EXPRESSION], lid_weights(pose.eyes), correctives]).astype(np.float32)
        active = np.flatnonzero(np.abs(weights) > _LEAST)[:MAX_ACTIVE_FIELDS]
        record = np.zeros((), _BLOCK)
        record["joints"] = transforms.transpose(0, 2, 1)
        record["eyes"][:, :3], record["eyes"][:, 3] = joints[3:], self._radii
        record["gazes"][:, :3] = rotations[3:, :, 2]
        opening = np.clip(motion[JAW.start] / (0.8 * JAW_OPEN_RADIANS), 0, 1)
        record["amounts"][:3] = opening, self.look.lash_strength, pose.pupils
        if self._model.basis == NAMED:
            record["creases"] = creases(motion[EXPRESSION], self.look.lines)
        record["numbers"][0] = len(active)
        record["fields"][: len(active), 0], record["fields"][: len(active), 1] = active, weights[active]
        return record.tobytes()

    def release(self) -> None:
        """Free buffers, vertex arrays and pictures."""
        self._owner.release()
