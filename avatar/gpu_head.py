"""One person's head on the GPU: vertex buffers split at texture seams, field textures, pictures. Knows no camera."""

from dataclasses import dataclass
from typing import Final

import moderngl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from avatar import skinning
from avatar.basis import NAMED
from avatar.creases import creases
from avatar.head import PARENTS, PARTS, Head, HeadModel, Look, Pose, joint_rotations, lid_weights, read_hair
from avatar.layout import EXPRESSION, JAW, JAW_OPEN_RADIANS
from avatar.programs import EYE, HAIR, LASH, MOUTH, MOVED, SKIN, TEAR, TONGUE, Programs

_ROW: Final = 1024  # vertices in a row of the field textures
MAX_ACTIVE_FIELDS: Final = 92  # expression 50, lids 6, pose correctives at most 36
_LEAST: Final = 0.008  # weights below this move nothing that can be seen
_LEAST_MOVE: Final = 1e-5  # m
_NO_VERTEX: Final = -1

_VERTEX: Final = np.dtype(
    [("place", "3f4"), ("normal", "3f4"), ("uv", "2f4"), ("weights", "4f4"), ("details", "4f4"), ("vertex_index", "i4")]
)
_FORMATS: Final = dict(zip(_VERTEX.names or (), ("3f", "3f", "2f", "4f", "4f", "1i"), strict=True))
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
        places = np.concatenate([model.expressiondirs, model.lid_directions, model.pose_directions], -1)
        turns = np.concatenate([model.normal_directions, np.zeros_like(model.pose_directions)], -1)
        self.places, self.turns = self._upload(ctx, places), self._upload(ctx, turns)
        self.moved = np.abs(places).max((1, 2)) > _LEAST_MOVE  # of each vertex [V], whether any field moves it

    @staticmethod
    def _upload(ctx: moderngl.Context, fields: NDArray[np.float32]) -> moderngl.TextureArray:
        rows = -(-len(fields) // _ROW)
        packed = np.zeros((fields.shape[-1], rows * _ROW, 4), np.float16)
        packed[:, : len(fields), :3] = fields.transpose(2, 0, 1)
        texture = ctx.texture_array((_ROW, rows, len(packed)), 4, packed.tobytes(), dtype="f2")
        texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        return texture

    def release(self) -> None:
        """Free both textures."""
        self.places.release()
        self.turns.release()


class GpuHead:
    """A person's buffers and pictures in one GL context; `block` says how a pose is drawn."""

    def __init__(self, ctx: moderngl.Context, programs: Programs, head: Head, fields: FieldTextures) -> None:
        model, look = head.model, head.look
        self._ctx, self._programs, self.look, self.fields, self._model = ctx, programs, look, fields, model
        self.uniforms = ctx.buffer(reserve=BLOCK_BYTES)
        shaped = model.shaped(look.identity)
        self.joints = skinning.regress_joints(model.J_regressor, shaped)
        self._radii = [model.eye_radius(shaped, self.joints, index) for index in (0, 1)]
        normals = skinning.vertex_normals(shaped, model.f)
        shared = look.folder.parent
        pictures = {
            SKIN: look.folder / "skin.webp", EYE: look.folder / "eye.webp", MOUTH: shared / "mouth.webp",
            HAIR: look.folder / "hair.webp", LASH: shared / "lashes.webp",
        }  # fmt: skip
        textures = {kind: self._picture(path) for kind, path in pictures.items() if path.exists()}
        tongue = self._picture(shared / "tongue.webp")
        owner = model.part[model.f[:, 0]]
        groups = (
            (SKIN, textures[SKIN], ("body",)), (EYE, textures[EYE], ("left_eye", "right_eye")),
            (MOUTH, textures[MOUTH], ("upper_teeth", "lower_teeth")), (TONGUE, tongue, ("tongue",)),
            (HAIR, textures.get(HAIR), ()), (LASH, textures[LASH], ("lashes",)),
        )  # fmt: skip
        self.draws: list[Draw] = []
        for kind, picture, parts in groups:
            chosen = np.isin(owner, [PARTS.index(part) for part in parts])
            if picture is None or not (chosen.any() or kind == HAIR):
                continue  # a head may be bald, or have no teeth
            if kind == HAIR:
                vertices, triangles = self._hair(look)
            else:
                vertices, triangles = _split(model, shaped, normals, fields.moved, chosen)
            self.draws.append(self._draw(kind, picture, vertices, triangles))
            if kind == LASH and TEAR in programs.drawn:
                self.draws.append(self._draw(TEAR, picture, *tear_line(vertices)))
        self.wrinkles = self._picture(shared / "wrinkles.webp")
        self._textures = [*textures.values(), tongue, self.wrinkles]

    def _picture(self, path: object) -> moderngl.Texture:
        with Image.open(str(path)) as opened:
            pixels = np.ascontiguousarray(np.asarray(opened.convert("RGBA"))[::-1])
        texture = self._ctx.texture((pixels.shape[1], pixels.shape[0]), 4, pixels.tobytes())
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    @staticmethod
    def _hair(look: Look) -> tuple[NDArray[np.void], NDArray[np.int32]]:
        stored = read_hair(look.folder)
        places, triangles = np.asarray(stored["vertices"], np.float32), np.asarray(stored["triangles"], np.int32)
        normals = skinning.vertex_normals(places, triangles)
        vertex, place, index = _pairs(triangles.ravel(), np.asarray(stored["uv_triangles"], np.int32).ravel())
        data = np.zeros(len(vertex), _VERTEX)
        data["place"], data["normal"] = places[vertex], normals[vertex]
        data["uv"] = np.asarray(stored["uv"], np.float32)[place]
        data["weights"][:, 0] = 1.0
        data["details"][:, :2], data["details"][:, 3] = 1.0, np.asarray(stored["rise"], np.float32)[vertex]
        data["vertex_index"] = _NO_VERTEX
        return data, index.reshape(-1, 3).astype(np.int32)

    def _draw(
        self, kind: int, picture: moderngl.Texture, vertices: NDArray[np.void], triangles: NDArray[np.int32]
    ) -> Draw:
        cast = self._programs.cast.get(kind)
        meshes = [self._mesh(program, vertices, triangles) for program in (self._programs.drawn[kind], cast) if program]
        return Draw(kind, picture, meshes[0], meshes[1] if cast else None)

    def _mesh(
        self, program: moderngl.Program, vertices: NDArray[np.void], triangles: NDArray[np.int32]
    ) -> moderngl.VertexArray:
        names = [name for name in _FORMATS if name in program]  # a kind's shader leaves out what it does not use
        packed = np.zeros(len(vertices), np.dtype([(name, _VERTEX[name]) for name in names]))
        for name in names:
            packed[name] = vertices[name]
        layout = " ".join(_FORMATS[name] for name in names)
        buffers = [(self._ctx.buffer(packed.tobytes()), layout, *names)]
        return self._ctx.vertex_array(program, buffers, self._ctx.buffer(triangles.tobytes()))

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
        """Free buffers and pictures."""
        for draw in self.draws:
            draw.mesh.release()
            if draw.cast is not None:
                draw.cast.release()
        for texture in self._textures:
            texture.release()
        self.uniforms.release()


def _pairs(
    vertices: NDArray[np.int32], places: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return the different (vertex, texture place) pairs of corners [C], and which of them each corner is."""
    key, index = np.unique(vertices.astype(np.int64) << 32 | places, return_inverse=True)
    return key >> 32, key & 0xFFFFFFFF, index


def _split(
    model: HeadModel, shaped: NDArray[np.float32], normals: NDArray[np.floating], moved: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
) -> tuple[NDArray[np.void], NDArray[np.int32]]:  # fmt: skip
    """Return vertex records, one for each (vertex, texture place) pair of the chosen triangles, and the triangles."""
    vertex, place, index = _pairs(model.f[chosen].ravel(), model.uv_f[chosen].ravel())
    data = np.zeros(len(vertex), _VERTEX)
    data["place"], data["normal"], data["uv"] = shaped[vertex], normals[vertex], model.uv[place]
    data["weights"] = model.weights[vertex, 1:]
    data["details"][:, :2], data["details"][:, 2] = model.occlusion[vertex], model.lid_guard[vertex]
    data["details"][:, 3] = model.cut_distance[vertex]
    data["vertex_index"] = np.where(moved[vertex], vertex, _NO_VERTEX)
    return data, index.reshape(-1, 3).astype(np.int32)


_TEAR_EDGES: Final = np.array([[0, -0.0002, 0.0001], [0, 0.0006, 0.0001]])  # m from the lid's margin, where lashes have their roots


def tear_line(lashes: NDArray[np.void]) -> tuple[NDArray[np.void], NDArray[np.int32]]:
    """Return vertex records and triangles of a ribbon along each lower lid, from the records of the lashes' strips."""
    parts, triangles, count = [], [], 0
    for side in (1, -1):
        roots = lashes[(lashes["uv"][:, 1] < 1e-3) & (lashes["place"][:, 0] * side > 0)]
        roots = roots[np.argsort(roots["uv"][:, 0])]
        for edge, shift in enumerate(_TEAR_EDGES):
            ribbon = roots.copy()
            ribbon["place"] += shift.astype(np.float32)
            ribbon["normal"] = (0.0, 0.5, 0.87)
            ribbon["uv"][:, 1] = edge
            parts.append(ribbon)
        here = count + np.arange(len(roots) - 1)
        there = here + len(roots)
        triangles += [np.stack([here, here + 1, there + 1], 1), np.stack([here, there + 1, there], 1)]
        count += 2 * len(roots)
    return np.concatenate(parts), np.concatenate(triangles).astype(np.int32)
