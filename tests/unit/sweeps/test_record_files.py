from __future__ import annotations

import math
import os

import pytest

from cajajejo.errors import StoreError
from cajajejo.sweeps.record_files import belongs_to, create_or_replace, read_record, recordable

NONE: frozenset[str] = frozenset()


def test_records(tmp_path):
    path = tmp_path / "param.json"
    assert read_record(path) == {}
    path.write_text("")
    assert read_record(path) == {}, "a process was killed before it could write"
    path.write_text('{"a": 1')
    assert read_record(path) is None
    path.write_text("[1]")
    assert read_record(path) is None
    path.write_text("[" * 100_000)
    assert read_record(path) is None
    path.write_text('{"a": 1}')
    assert read_record(path) == {"a": 1}
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(StoreError):
        read_record(tmp_path / "loop")


def test_what_is_no_record_is_nobody_s(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "huge").touch()
    os.truncate(tmp_path / "huge", 1 << 40)
    assert [read_record(path) for path in (tmp_path, tmp_path / "pipe", tmp_path / "huge")] == [None] * 3


def test_a_leftover_of_a_killed_process_makes_way(tmp_path):
    path, temporary = tmp_path / "stat.json", tmp_path / "stat.json.tmp"
    path.write_bytes(b"one")
    os.mkfifo(temporary)
    assert create_or_replace(str(path), b"two", is_new=False)
    assert path.read_bytes() == b"two"
    assert not temporary.exists()


@pytest.mark.parametrize(
    ("record", "params", "added", "expected"),
    [
        ({"p": 1, "_name": "x"}, {"p": 1}, NONE, True),
        ({}, {"p": 1}, NONE, True),
        (None, {"p": 1}, NONE, False),
        ({"p": 1}, {"p": True}, NONE, False),
        ({"p": 1}, {"p": 1, "q": 2}, NONE, False),
        ({"p": 1}, {"p": 1, "q": 2}, frozenset({"q"}), True),
        ({"p": 1, "q": 3}, {"p": 1, "q": 2}, frozenset({"q"}), False),
        ({"p": 1, "r": 3}, {"p": 1}, NONE, False),
        ({"p": "inf"}, {"p": math.inf}, NONE, True),
        ({"p": math.inf}, {"p": math.inf}, NONE, True),
        ({"p": [1, {"a": None}]}, {"p": [1, {"a": None}]}, NONE, True),
    ],
)
def test_whose_record_it_is(record, params, added, expected):
    assert belongs_to(record, params, added) is expected


def test_infinities():
    assert [recordable(value) for value in (math.inf, -math.inf, 1.5, "a", True)] == ["inf", "-inf", 1.5, "a", True]
    assert recordable([1, {"a": [math.nan]}]) == [1, {"a": ["nan"]}]


def test_a_record_is_written_whole_or_not_at_all(tmp_path):
    path = str(tmp_path / "stat.json")
    assert create_or_replace(path, b"one", is_new=True)
    assert not create_or_replace(path, b"two", is_new=True)
    assert (tmp_path / "stat.json").read_bytes() == b"one"
    assert create_or_replace(path, b"three", is_new=False)
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("stat.json", b"three")]
    with pytest.raises(StoreError):
        create_or_replace(str(tmp_path / "no" / "stat.json"), b"", is_new=True)
