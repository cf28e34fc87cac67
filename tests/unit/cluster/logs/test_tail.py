import pytest

from cajajejo.cluster.logs.tail import begin_of_tail
from cajajejo.cluster.logs.view import EVENT_MARK

STAMP = b"2024-05-01T12:00:00.123456789Z "
EVENT = STAMP + EVENT_MARK + b"}"
A, B, C = (STAMP + letter for letter in (b"a", b"b", b"c"))


@pytest.mark.parametrize(
    ("lines", "count", "raw", "rest"),
    [
        ([A, B, C], 1, False, [C]),
        ([A, B, C], 3, False, [A, B, C]),
        ([A, B, C], 4, False, None),
        ([A, B, EVENT, EVENT], 1, False, [B, EVENT, EVENT]),
        ([A, B, EVENT, EVENT], 1, True, [EVENT]),
        ([EVENT], 1, False, None),
        ([A], 0, False, []),
        ([], 1, False, None),
        ([STAMP, STAMP], 1, False, [STAMP]),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "without an end"])
def test_hidden_lines_do_not_count(
    lines: list[bytes], count: int, raw: bool, rest: list[bytes] | None, end: bytes
) -> None:
    body = b"\n".join(lines) + (end if lines else b"")
    begin = begin_of_tail(body, count, raw=raw)
    if rest is None:
        assert begin is None
    else:
        assert begin is not None
        assert body[begin:].removesuffix(b"\n") == b"\n".join(rest)
