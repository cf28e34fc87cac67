"""The kubelet's own words at the end of an answer are no part of the log."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cluster.logs.answers import WordsApart

STAMP = b"2024-05-01T12:00:00.123456789Z "
GONE = b'failed to try resolving symlinks in path "/var/log/pods/x": no such file or directory'


def parted(*parts: bytes) -> tuple[bytes, str]:
    apart = WordsApart()
    return b"".join(apart.take(part) for part in parts), apart.end()


def test_words_instead_of_a_log() -> None:
    assert parted(GONE) == (b"", GONE.decode())


def test_words_after_a_log() -> None:
    assert parted(STAMP + b"a\n" + GONE[:9], GONE[9:]) == (STAMP + b"a\n", GONE.decode())


def test_a_line_without_an_end_is_the_log() -> None:
    assert parted(STAMP + b"a\n" + STAMP + b"b", b"c") == (STAMP + b"a\n" + STAMP + b"bc", "")


def test_the_rest_of_a_long_line_is_the_log() -> None:
    assert parted(STAMP + b"a", b"no time", b" here") == (STAMP + b"ano time here", "")


def test_a_long_text_without_a_time_is_the_log() -> None:
    assert parted(b"x" * 5000) == (b"x" * 5000, "")


@settings(deadline=None)
@given(
    st.lists(st.binary(max_size=30).map(lambda text: text.replace(b"\n", b"")), max_size=5),
    st.booleans(),
    st.lists(st.integers(0, 300), max_size=6),
)
def test_a_log_passes_however_it_is_cut(texts: list[bytes], ended: bool, cuts: list[int]) -> None:
    data = b"\n".join(STAMP + text for text in texts) + (b"\n" if ended and texts else b"")
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    assert parted(*(data[left:right] for left, right in itertools.pairwise(edges))) == (data, "")
