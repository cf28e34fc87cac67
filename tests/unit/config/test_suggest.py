from __future__ import annotations

import pytest

from cajajejo.config.suggest import nearest

KEYS = ("image", "image_tag", "compute_config", "memory", "cpu")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("image_tga", "image_tag"),
        ("image-tag", "image_tag"),
        ("Memory", "memory"),
        ("memroy", "memory"),
        ("cpus", "cpu"),
        ("compute", "compute_config"),
        ("accelerator", None),
        ("zzz", None),
        ("", None),
        ("m" * 10_000, None),
    ],
)
def test_nearest(word, expected):
    assert nearest(word, KEYS) == expected


def test_no_candidates():
    assert nearest("a", ()) is None
