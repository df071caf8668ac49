"""avatar.draw.camera: matrices that show both heads, orbit within bounds, and where each head must look."""

import numpy as np
import pytest

from avatar.draw.camera import HEAD_TURNS, SHOTS, Camera, head_places, partner_direction


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (800, 800), (500, 900), (2560, 600)])
@pytest.mark.parametrize("facing", list(HEAD_TURNS))
def test_both_heads_are_in_the_picture(width: int, height: int, facing: str) -> None:
    camera = Camera()
    matrix = camera.projection(width, height) @ camera.view()
    for place in head_places(facing):
        for corner in ([0.07, 0.1, 0, 1], [-0.07, -0.12, 0, 1]):
            x, y, _, w = matrix @ place @ np.array(corner)
            assert abs(x / w) < 1
            assert abs(y / w) < 1


def test_orbit_and_zoom_stay_in_bounds() -> None:
    camera = Camera().orbited(10.0, 10.0).zoomed(0.0001)
    assert camera.pitch < np.pi / 2
    assert camera.distance > 0.2


def test_facing_the_viewer_the_eyes_meet_the_camera() -> None:
    for index, place in enumerate(head_places("viewer")):
        yaw, _ = partner_direction("viewer", index)
        gaze = place[:3, :3] @ [np.sin(yaw), 0, np.cos(yaw)]
        to_camera = Camera().place - place[:3, 3]
        cosine = gaze @ to_camera / np.linalg.norm(to_camera)
        assert np.degrees(np.arccos(cosine)) < 5


def test_facing_each_other_the_eyes_turn_to_the_partner() -> None:
    left, right = head_places("partner")
    for index, (own, other) in enumerate(((left, right), (right, left))):
        yaw, _ = partner_direction("partner", index)
        gaze = own[:3, :3] @ [np.sin(yaw), 0, np.cos(yaw)]
        assert gaze @ (other[:3, 3] - own[:3, 3]) > 0.2 * np.linalg.norm(other[:3, 3] - own[:3, 3])


def test_a_camera_goes_over_to_another() -> None:
    first, last = Camera(), SHOTS["agent"][0].camera
    assert first.towards(last, 0.0) == first
    assert first.towards(last, 1.0) == last
    between = first.towards(last, 0.5)
    assert last.distance < between.distance < first.distance
