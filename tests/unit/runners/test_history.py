import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.runners.history import History, replay

START = b'{"start":"k","step":"run","id":"1@2-3"}\n'
DONE = b'{"end":"k","step":"run","code":0,"seconds":1.0,"fingerprint":"f"}\n'
FAILED = b'{"end":"k","step":"run","code":-9,"seconds":1.0,"fingerprint":"f"}\n'
OPEN = b'{"open":{"host":"h","pid":7},"mark":"m"}\n'
CLOSE = b'{"close":true}\n'


@pytest.mark.parametrize(
    ("lines", "is_done", "running", "is_killed"),
    [
        ([OPEN, START], False, ["1@2-3"], True),
        ([OPEN, START, DONE], True, [], True),
        ([OPEN, START, DONE, CLOSE], True, [], False),
        ([OPEN, START, FAILED, CLOSE], False, [], False),
        ([OPEN, DONE, START], False, ["1@2-3"], True),
        ([OPEN, DONE, FAILED], False, [], True),
        ([OPEN, START, OPEN], False, [], True),
        ([DONE], True, [], False),
    ],
)
def test_lines_add_up(lines: list[bytes], is_done: bool, running: list[str], is_killed: bool) -> None:
    history = History()
    assert replay(lines, history)
    assert (history.done == {("k", "run"): "f"}) == is_done
    assert list(history.running.values()) == running
    assert (history.opener is not None) == is_killed


@pytest.mark.parametrize(
    "torn",
    [
        b"",
        b"\0\0\0",
        b"\xff",
        b"{",
        b"[]",
        b"1",
        b'{"end":"k"}',
        b'{"start":"k"}',
        b'{"open":1,"mark":"m"}',
        b"null",
        b'{"start":"k","step":"run","id":5}',
        b'{"open":{},"mark":5}',
        b"[" * 100000,
    ],
)
def test_a_line_that_tells_nothing_is_passed_over(torn: bytes) -> None:
    history = History()
    replay([START, torn + b"\n", DONE], history)
    assert history.done == {("k", "run"): "f"}


@given(st.lists(st.sampled_from([START, DONE, FAILED, OPEN, CLOSE])), st.integers(0, 60))
def test_a_torn_end_never_makes_done_what_was_not(lines: list[bytes], cut: int) -> None:
    data = b"".join(lines)
    kept = data[: max(len(data) - cut, 0)]
    history = History()
    is_whole = replay(kept.splitlines(keepends=True), history)
    assert is_whole == (kept.endswith(b"\n") or not kept)
    kept_lines = kept.splitlines(keepends=True)
    whole_lines = [json.loads(line) for line in kept_lines if line.strip() in map(bytes.strip, lines)]
    last = [line for line in whole_lines if "end" in line or "start" in line][-1:]
    assert bool(history.done) == bool(last and last[0].get("code") == 0)
