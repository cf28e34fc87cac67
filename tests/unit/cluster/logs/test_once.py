"""Each line of a log once, however the connection breaks."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cluster.logs.answers import WordsApart
from cajajejo.cluster.logs.once import Gap, Once
from kubelet_log import Record, answer


@dataclass
class Reader:
    """Reads a log as it is read in life: `Once` never sees a line before the whole of its time."""

    gaps: list[Gap] = field(default_factory=list)
    got: bytes = b""

    def __post_init__(self) -> None:
        self.once = Once(self.gaps.append)

    def read(self, data: bytes, cuts: list[int]) -> None:
        """Takes one answer in pieces."""
        self.once.broke()
        apart = WordsApart()
        edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
        for left, right in itertools.pairwise(edges):
            self.got += self.once.take(apart.take(data[left:right]))

    def end(self) -> bytes:
        self.got += self.once.end()
        return self.got


LIAR = b"2024-05-01T12:00:00.000000001Z a time of its own"
texts = st.one_of(st.sampled_from([b"", b"same", LIAR]), st.binary(max_size=12))
steps_ns = st.sampled_from([0, 0, 1, 400, 5 * 10**8, 10**9, 3 * 10**9, 90 * 10**9])


@st.composite
def logs(draw: st.DrawFn) -> list[Record]:
    """Records with equal times, long lines in parts, and two streams, whose times cross by some microseconds."""
    records: list[Record] = []
    now_ns = 0
    for _ in range(draw(st.integers(0, 14))):
        now_ns += draw(steps_ns)
        # The parts of a line are of one stream, and in order.
        early_ns = 0 if records and records[-1].part else draw(st.sampled_from([0, 0, 0, 700]))
        part = draw(st.sampled_from([False, False, False, True]))
        records.append(Record(draw(texts).replace(b"\n", b""), now_ns - early_ns, part=part))
    return records


requests = st.lists(
    st.tuples(st.integers(0, 14), st.integers(0, 200), st.lists(st.integers(0, 400), max_size=6)), max_size=6
)


@settings(deadline=None)
@given(logs(), requests)
def test_every_byte_comes_once_over_any_breaks(log: list[Record], broken: list[tuple[int, int, list[int]]]) -> None:
    reader, written = Reader(), 0
    for count, lost, cuts in broken:
        # The log only grows; the connection breaks anywhere in what there is.
        written = max(written, min(count, len(log)))
        data = answer(log[:written], since=reader.once.since)
        reader.read(data[: max(0, len(data) - lost)], cuts)
    reader.read(answer(log, since=reader.once.since), [])
    assert reader.end() == answer(log)
    assert reader.gaps == []


@settings(deadline=None)
@given(logs(), st.integers(0, 14), st.integers(0, 14), st.integers(0, 60), st.lists(st.integers(0, 400), max_size=4))
def test_a_rotated_log_repeats_nothing_and_tells_what_it_lacks(
    log: list[Record], seen: int, kept_from: int, lost: int, cuts: list[int]
) -> None:
    """The node has thrown away what was written before `kept_from` when the connection breaks."""
    # Where all lines differ, it can be seen which are there.
    log = [Record(b"%d" % number, number * 7 * 10**8) for number in range(len(log))]
    reader, first = Reader(), answer(log[:seen])
    reader.read(first[: max(0, len(first) - lost)], [])
    got = reader.got
    reader.read(answer(log[kept_from:], since=reader.once.since), cuts)
    whole = reader.end()
    kept = answer(log[kept_from:])
    assert whole.startswith(got)
    assert whole.endswith(kept) or kept in got
    lines = whole[len(got) :].split(b"\n")[1:]
    assert not set(got.split(b"\n")) & {line for line in lines if line}
    if not reader.gaps and got:
        assert whole == answer(log)


def log_of(*texts: bytes) -> list[bytes]:
    return [answer([Record(text, 10**9 * (60 + number))]) for number, text in enumerate(texts)]


def test_a_gap_is_told_with_the_times_around_it() -> None:
    lines, reader = log_of(b"a", b"b", b"c", b"d"), Reader()
    reader.read(b"".join(lines[:2]), [])
    reader.read(b"".join(lines[3:]), [])
    assert reader.end() == b"".join([*lines[:2], lines[3]])
    assert reader.gaps == [Gap("2024-05-01T12:01:01.000000000Z", "2024-05-01T12:01:03.000000000Z")]


def test_a_line_that_was_cut_by_a_rotation_gets_an_end() -> None:
    lines, reader = log_of(b"first", b"second", b"third"), Reader()
    reader.read((lines[0] + lines[1])[:-4], [])
    reader.read(lines[2], [])
    assert reader.end() == (lines[0] + lines[1])[:-4] + b"\n" + lines[2]
    assert len(reader.gaps) == 1


def test_a_log_that_has_lost_its_end_says_so() -> None:
    lines, reader = log_of(b"a", b"b"), Reader()
    reader.read(lines[0], [])
    reader.read(b"", [])
    assert reader.end() == lines[0]
    assert reader.gaps == [Gap("2024-05-01T12:01:00.000000000Z", "")]


def test_lines_that_a_rotation_left_are_found_again() -> None:
    lines, reader = log_of(b"a", b"b", b"c", b"d"), Reader()
    reader.read(b"".join(lines[:3]), [])
    reader.read(b"".join(lines[1:]), [])
    assert reader.end() == b"".join(lines)
    assert reader.gaps == []


def test_what_is_asked_again_begins_a_second_before_the_last_whole_line() -> None:
    lines, reader = log_of(b"a", b"b"), Reader()
    assert reader.once.since is None
    reader.read(lines[0] + lines[1][:-1], [])
    assert reader.once.since == "2024-05-01T12:00:59Z"


@pytest.mark.parametrize(
    ("data", "ending"), [(b"", b""), (b"a\nb\n", b"b\n"), (b"a\nb", b"b"), (b"a\n", b"a\n"), (b"a\n\n", b"\n")]
)
def test_the_last_line_is_known(data: bytes, ending: bytes) -> None:
    once = Once(lambda _: None)
    once.take(data)
    assert once.ending == ending


def test_a_long_log_is_not_kept() -> None:
    once, chunk = Once(lambda _: None), b"".join(log_of(*[b"x" * 100] * 100))
    for _ in range(200):
        once.take(chunk)
    assert len(once._kept()) < 200_000


def test_a_line_longer_than_what_is_kept_is_joined_again() -> None:
    reader = Reader()
    data = answer([Record(b"x" * 300_000), Record(b"y" * 300_000, 10**9, part=True)])
    reader.read(data[:400_000], [])
    reader.read(data + b"\n", list(range(0, 600_000, 9973)))
    assert reader.end() == data + b"\n"
    assert reader.gaps == []
