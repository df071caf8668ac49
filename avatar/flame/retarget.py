"""Named expressions to a FLAME file's coefficients and back, solved from the two meshes on the user's machine.

Our template is laid over theirs (similarity from the joints, then smooth steps towards the nearest surface), its fields are
carried to their vertices, and least squares finds the coefficients that make the same shapes. The way back finds weights
between 0 and 1, left and right tied, whose shapes come nearest (bounded least squares).
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.flame.registration import AGREE, register, skin, tree
from avatar.rig.basis import NAMED
from avatar.rig.head import HeadModel
from avatar.rig.layout import EXPRESSION, EXPRESSION_NAMES
from avatar.rig.npz import read_arrays
from avatar.rig.skinning import vertex_normals

Array = NDArray[np.float64]
_NEAR: Final = 0.004  # m from our surface that a vertex of theirs may lie to take its fields
_BLEND: Final = 4  # of our vertices that one of theirs is between
_RIDGE: Final = 1e-4
_TIE: Final = 0.05  # how strongly left and right are held together, as a share of the fields' mean power
_SWEEPS: Final = 60
_MOVED: Final = 1e-4  # m
_KEPT: Final = ("to_flame", "gram", "cross", "error")


@dataclass(frozen=True)
class Retargeting:
    """to_flame [50, 50]: coefficients of each named weight. gram [50, 50], cross [50, 50]: the named fields' products with
    each other and with FLAME's, which the way back minimises. error: mean distance (mm) of each named shape from its copy."""

    to_flame: NDArray[np.float32]
    gram: NDArray[np.float32]
    cross: NDArray[np.float32]
    error: NDArray[np.float32]

    def __call__(self, source: str, expression: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return expressions [..., 50] of a basis in the other kind's numbers, as `avatar.rig.basis.Bridge` does."""
        return self.named_to_flame(expression) if source == NAMED else self.flame_to_named(expression)

    def named_to_flame(self, expression: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return FLAME's coefficients [..., 50] of named weights [..., 50]."""
        return np.asarray(expression @ self.to_flame.T, np.float32)

    def flame_to_named(self, expression: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return named weights [..., 50] in 0 to 1 of FLAME's coefficients [..., 50], by coordinate descent."""
        wanted = np.asarray(expression @ self.cross.T, float)
        weights = np.zeros_like(wanted)
        slope = -wanted  # of half the squared error, for weights of 0
        for _ in range(_SWEEPS):
            for k in range(weights.shape[-1]):
                power = float(self.gram[k, k])
                if power <= 0:
                    continue
                moved = np.clip(weights[..., k] - slope[..., k] / power, 0, 1)
                slope += (moved - weights[..., k])[..., None] * self.gram[k]
                weights[..., k] = moved
        return np.asarray(weights, np.float32)


def _carried(bundled: HeadModel, flame: HeadModel) -> tuple[Array, NDArray[np.bool_]]:
    """Return the named fields [V, 3, 50] at FLAME's vertices, and which of these have them [V]."""
    laid = register(bundled, flame)
    theirs = np.asarray(flame.v_template, float)
    normals = vertex_normals(theirs, flame.f)
    distance, near = tree(laid.placed).query(theirs, _BLEND)
    facing = vertex_normals(laid.placed, laid.triangles)
    agree = (facing[near] * normals[:, None]).sum(2) > AGREE
    weight = agree / (distance + 1e-5)
    usable = skin(flame) & (np.linalg.norm(normals, axis=1) > 0.5)
    known = usable & agree.any(1) & (np.where(agree, distance, np.inf).min(1) < _NEAR)
    weight /= np.maximum(weight.sum(1, keepdims=True), 1e-12)
    fields = np.asarray(bundled.expressiondirs, float)[laid.ids]
    return laid.turned(np.einsum("vb,vbck->vck", weight, fields[near])), known


def solve(bundled: HeadModel, flame: HeadModel) -> Retargeting:
    """Return how named expressions and FLAME's are carried into each other; raise ValueError where the meshes do not meet."""
    fields, known = _carried(bundled, flame)
    if known.sum() < 0.4 * skin(flame).sum():
        raise ValueError("this FLAME file's head could not be laid over the bundled one: is it a whole FLAME head?")
    named = fields[known].reshape(-1, EXPRESSION.stop)
    basis = np.asarray(flame.expressiondirs, float)[known].reshape(-1, EXPRESSION.stop)
    power = basis.T @ basis
    power += _RIDGE * np.trace(power) / len(power) * np.eye(len(power))
    to_flame = np.linalg.solve(power, basis.T @ named)
    wrong = np.linalg.norm((basis @ to_flame - named).reshape(-1, 3, EXPRESSION.stop), axis=1)
    moves = np.linalg.norm(named.reshape(-1, 3, EXPRESSION.stop), axis=1) > _MOVED
    error = 1000 * (wrong * moves).sum(0) / np.maximum(moves.sum(0), 1)
    gram = named.T @ named + _tie(np.trace(named.T @ named) / EXPRESSION.stop)
    parts = (to_flame, gram, named.T @ basis, error)
    return Retargeting(*(np.asarray(part, np.float32) for part in parts))


def _tie(power: float) -> Array:
    """Return what is added to the products of fields [50, 50], of mean power, so that left and right go together."""
    tie = 1e-3 * power * np.eye(EXPRESSION.stop)
    for left, name in enumerate(EXPRESSION_NAMES):
        if name.endswith("Left") and name.replace("Left", "Right") in EXPRESSION_NAMES:
            right = EXPRESSION_NAMES.index(name.replace("Left", "Right"))
            tie[[left, right], [left, right]] += _TIE * power
            tie[[left, right], [right, left]] -= _TIE * power
    return tie


def load(path: Path, bundled: HeadModel, flame: HeadModel) -> Retargeting:
    """Return the retargeting kept in PATH, which names the FLAME file's hash; solve and keep it where it is not there."""
    try:
        arrays = read_arrays(path, dict.fromkeys(_KEPT, EXPRESSION.stop**2))
        kept = [np.asarray(arrays[name], np.float32) for name in _KEPT]
        if all(part.shape[-1] == EXPRESSION.stop and np.isfinite(part).all() for part in kept):
            return Retargeting(*kept)
    except (FileNotFoundError, ValueError, KeyError):
        pass  # not there, or damaged: it is solved again
    solved = solve(bundled, flame)
    partial = path.with_name(path.name + ".part.npz")
    try:
        np.savez_compressed(partial, **{name: getattr(solved, name) for name in _KEPT})
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return solved
