"""Names that a source may hold, and a disk may not."""

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.listing import FetchChoice, listing_of
from memory_source import MemorySource


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../x", "leads out of its folder"),
        ("/etc/x", "leads out of its folder"),
        ("a/../../x", "leads out of its folder"),
        ("x\0", "leads out of its folder"),
        ("a//b", "is one of two for the same path, or could be"),
        ("\udcff", "is no UTF-8"),
        ("é" * 128, "is longer than file systems take"),
        ("a/" * 1500 + "b", "is longer than file systems take"),
    ],
)
def test_a_name_that_no_file_can_have_is_refused_for_good(name: str, words: str) -> None:
    with pytest.raises(WeightsError, match=words) as caught:
        listing_of(MemorySource({"config.json": b"{}", name: b"x"}), FetchChoice())
    assert caught.value.exit_code == 2
    assert len(str(caught.value).encode()) < 1000


def test_a_name_of_a_file_and_of_a_folder_is_refused_for_good() -> None:
    with pytest.raises(WeightsError, match="'a/b' is that of a folder with files, too") as caught:
        listing_of(MemorySource({"a/b": b"x", "a/b/c": b"y"}), FetchChoice())
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["a\\..\\b", "two\nlines", "a%2Fb", " ", "…", "x" * 255, "a/" * 100 + "b"])
def test_a_name_that_is_only_odd_is_taken(name: str) -> None:
    assert [file.name for file in listing_of(MemorySource({name: b"x"}), FetchChoice()).files] == [name]
