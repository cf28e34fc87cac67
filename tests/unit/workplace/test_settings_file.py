"""The file invoke.yaml."""

from pathlib import Path

import pytest

from cajajejo.errors import BadInputError
from cajajejo.workplace.settings_file import find_file, read_section


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "invoke.yaml"


def test_our_section(path: Path) -> None:
    path.write_text("run: {echo: true}\ncajajejo:\n  project: p1\n  cluster: 3\n")
    assert read_section(path) == {"project": "p1", "cluster": 3}


@pytest.mark.parametrize("text", ["", "# nothing\n", "~", "other: {a: 1}\n", "cajajejo:\n", "---\n"])
def test_nothing_is_said(path: Path, text: str) -> None:
    assert read_section(path) is None
    path.write_text(text)
    assert read_section(path) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n- b\n", r"invoke\.yaml:1:1: these are no sections"),
        ("text", r"invoke\.yaml:1:1: these are no sections"),
        ('"~"', r"invoke\.yaml:1:1: these are no sections"),
        ("a: 1\n---\nb: 2\n", r"invoke\.yaml:3:1: a second document begins here"),
        ("1: x\n", r"invoke\.yaml:1:1: this key is no text"),
        ("cajajejo: {yes: x}\n", r"invoke\.yaml:1:12: this key is no text"),
        ("[a]: x\n", r"invoke\.yaml:1:1: this key is no text"),
        ("cajajejo: {region: a, region: b}\n", r"invoke\.yaml:1:23: region is there twice"),
        ("cajajejo: {}\ncajajejo: {}\n", r"invoke\.yaml:2:1: cajajejo is there twice"),
        ("cajajejo: [\n", r"invoke\.yaml:2:1"),
        ("a: 2024-99-99\n", r"invoke\.yaml cannot be read"),
        ("cajajejo: !!python/name:os.system x\n", r"invoke\.yaml cannot be read"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(path: Path, text: str, message: str) -> None:
    path.write_text(text)
    with pytest.raises(BadInputError, match=message):
        read_section(path)


def test_anchors_are_taken(path: Path) -> None:
    path.write_text("all: &all {project: p1}\ncajajejo:\n  <<: *all\n  region: r1\n")
    assert read_section(path) == {"project": "p1", "region": "r1"}


def test_the_nearest_file_is_found(path: Path, tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    path.write_text("")
    assert find_file(inner) == path
    (tmp_path / "a" / "invoke.yaml").mkdir()
    assert find_file(inner) == path, "a folder is no file"
    (inner / "invoke.yaml").write_text("")
    assert find_file(inner) == inner / "invoke.yaml"
