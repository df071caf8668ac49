"""Puts the bundled head together: body, eyes, teeth, tongue and lashes as one FLAME-form model over all identities."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.build.assembly import Assembly, resting
from avatar.build.makehuman import LOWER_TEETH_HELPERS, METRES, Array, Indices, MakeHuman
from avatar.build.marks import PARTS, cut_distance, joint_candidates, lid_guard
from avatar.build.rig import Jaw, head_share, joint_places, joint_regressor, solve_jaw
from avatar.build.shapes import LID_FIELDS, expression_field, tongue_field, unit
from avatar.build.surface import Refined, refine
from avatar.rig.layout import EXPRESSION_NAMES

_BEHIND_EYES: Final = 0.30  # dm


@dataclass(frozen=True)
class Built:
    """The finished model, metres, and what painting it needs. Shapes as in `avatar.rig.head.HeadModel`."""

    arrays: dict[str, NDArray[np.generic]]
    uv: Array
    mask_uv: Array
    body_triangles: Indices
    body_texture_triangles: Indices
    identities: Array


def _region(places: Array) -> NDArray[np.bool_]:
    """Where the surface is refined: eyes, mouth, nose, by place on the mean head (m)."""
    x, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    eyes = (np.hypot(x - 0.029, (y - 0.001) * 1.25) < 0.0195) & (z > 0.012)
    mouth = (x < 0.034) & (y < -0.046) & (y > -0.092) & (z > 0.025)
    nose = (x < 0.020) & (y < -0.02) & (y > -0.06) & (z > 0.040)
    result: NDArray[np.bool_] = eyes | mouth | nose
    return result


def _weights(assembly: Assembly, share: Array) -> Array:
    """Skinning weights [N, 5]; jaw share of each MakeHuman vertex is given."""
    weights = np.zeros((assembly.count, 5))
    body = assembly.surface.source
    jaw = share[body]
    head = np.maximum(head_share(assembly.source)[body], jaw)
    weights[assembly.ranges["body"].ids, :3] = np.stack([1 - head, head - jaw, jaw], 1)
    owners = {"tongue": 2, "lower_teeth": 2, "upper_teeth": 1, "lashes": 1, "left_eye": 3, "right_eye": 4}
    for name, joint in owners.items():
        weights[assembly.ranges[name].ids, joint] = 1
    return weights


def _placed(assembly: Assembly, people: list[Array]) -> tuple[Array, Array]:
    """Return the people's heads [P, N, 3] and joints [P, 5, 3], metres; the origin as FLAME's: between and behind the eyes."""
    joints = np.array([joint_places(assembly.source, v) for v in people])
    origins = joints[:, 3:].mean(1) - [0, 0, _BEHIND_EYES]
    heads = np.array([assembly.fill(v) - o for v, o in zip(people, origins, strict=True)])
    return heads * METRES, (joints - origins[:, None]) * METRES


def build(source: MakeHuman, people: list[Array]) -> Built:
    """Return the model whose identities are the MakeHuman shapes `people` (dm), two or more."""
    assembly = Assembly(source)
    coarse_heads, joints = _placed(assembly, people)
    surface = assembly.surface
    selected = _region(coarse_heads.mean(0)[surface.quads].mean(1)) & (surface.chart == "head")
    fine = refine(surface, selected, assembly.count)

    def refined(coarse: Array) -> Array:
        flat = fine.stencil @ coarse.reshape(assembly.count, -1)
        result: Array = np.asarray(flat).reshape(-1, *coarse.shape[1:])
        return result

    jaw = solve_jaw(source)
    lids = np.stack([refined(assembly.field(unit(source, name))) for name in LID_FIELDS], -1)
    heads = np.array([refined(head) for head in coarse_heads])
    template = heads.mean(0)
    part, uv, triangles, texture_triangles = _stitch(assembly, fine)
    arrays: dict[str, NDArray[np.generic]] = {
        "v_template": template.astype("f4"),
        "shapedirs": np.stack([head - template for head in heads], -1).astype("f4"),
        "expressiondirs": np.stack(
            [refined(_expression(assembly, jaw.unpose, name)) for name in EXPRESSION_NAMES], -1
        ).astype("f4")
        * METRES,
        "lid_directions": lids.astype("f4") * METRES,
        "jaw_corrective": (refined(_corrective(assembly, jaw)) * METRES / (2 * np.sin(jaw.angle))).astype("f4"),
        "J_regressor": joint_regressor(heads, joints, joint_candidates(template, joints.mean(0), part)).astype("f4"),
        "weights": refined(_weights(assembly, jaw.share)).astype("f4"),
        "f": triangles.astype("u2"),
        "uv": uv.astype("f4"),
        "uv_f": texture_triangles.astype("u2"),
        "part": part.astype("u1"),
        "cut_distance": cut_distance(template, triangles, part).astype("f2"),
        "lid_guard": lid_guard(template, joints.mean(0), part, lids[..., :2]).astype("u1"),
    }
    return Built(arrays, uv, fine.mask_uv, fine.triangles, fine.texture_triangles, heads)


def _corrective(assembly: Assembly, jaw: Jaw) -> Array:
    """Return what the skin lacks where the jaw is turned by its angle [N, 3], dm."""
    lacking = assembly.field(jaw.unpose(jaw.residual))
    lacking[assembly.ranges["lashes"].ids] = 0
    return lacking


def _expression(assembly: Assembly, unpose: object, name: str) -> Array:
    field = expression_field(assembly.source, name)
    if name == "mouthClose":  # authored on top of an open jaw
        field = unpose(field)  # type: ignore[operator]
    result = assembly.field(field)
    tongue = assembly.ranges["tongue"].ids
    if name.startswith("tongue") and name != "tongueOut":
        result[tongue] = tongue_field(resting(assembly.source.vertices[assembly.tongue_source]), name)
    if name == "jawForward":
        result[assembly.ranges["lower_teeth"].ids] = field[LOWER_TEETH_HELPERS].mean(0)
    return result


def _stitch(assembly: Assembly, body: Refined) -> tuple[Indices, Array, Indices, Indices]:
    """Join the body's triangles with the other parts'; return part [V], uv, triangles and texture triangles."""
    part = np.zeros(body.stencil.shape[0], int)
    uv, faces, texture_faces = [body.uv], [body.triangles], [body.texture_triangles]
    places = len(body.uv)
    for name, piece, first in assembly.pieces:
        part[first : first + len(piece.vertices)] = PARTS.index(name)
        faces.append(piece.triangles + first)
        texture_faces.append(piece.triangles + places)
        uv.append(piece.uv)
        places += len(piece.uv)
    return part, np.concatenate(uv), np.concatenate(faces), np.concatenate(texture_faces)
