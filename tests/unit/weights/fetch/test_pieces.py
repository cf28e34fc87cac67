import itertools

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.weights.fetch.pieces import Span, cut, joined, missing

SPANS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)).map(lambda pair: Span(pair[0], sum(pair))))


@given(SPANS, st.integers(70, 100), st.integers(1, 30))
def test_what_is_there_and_the_pieces_of_what_is_missing_make_the_whole(
    spans: list[Span], size: int, most: int
) -> None:
    kept = joined(spans)
    pieces = [piece for gap in missing(size, kept) for piece in cut(*gap, most)]
    assert all(stop - start <= most for start, stop in pieces)
    parts = sorted([*((span.start, span.stop) for span in kept), *pieces])
    assert parts[0][0] == 0
    assert parts[-1][1] == size
    assert all(before[1] == after[0] for before, after in itertools.pairwise(parts))


def test_nothing_is_missing_of_an_empty_file() -> None:
    assert list(missing(0, [])) == []
