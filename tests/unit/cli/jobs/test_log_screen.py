"""Logs on a terminal cannot command it; in a file they are as they were."""

import io
import itertools
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cli.jobs.log_screen import Harmless, LogScreen
from cajajejo.errors import InfrastructureError


def on_terminal(*parts: bytes) -> str:
    harmless = Harmless()
    return "".join(harmless.take(part) for part in parts) + harmless.end()


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("0.412 ± 0.013\tgrün 日本 👩\u200d🔬\u00a0x\n".encode(), "0.412 ± 0.013\tgrün 日本 👩\u200d🔬\u00a0x\n"),
        (b"50 %\r100 %\r\n", "50 %\r100 %\r\n"),
        (b"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m"),
        (b"\x1b[38;5;196mred\x1b[m", "\x1b[38;5;196mred\x1b[m"),
        (b"\x1b[1;31mleft on", "\x1b[1;31mleft on\x1b[0m"),
        (b"\x1b[2Jgone", "\\x1b[2Jgone"),
        (b"\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        (b"\x1b[31", "\\x1b[31"),
        (b"a\x00b\x08\x7f", "a\\x00b\\x08\\x7f"),
        ("\u009b2J".encode(), "\\x9b2J"),
        (b"\x9b2J\xff", "\\x9b2J\\xff"),
        ("\u202egnp.exe".encode(), "\\u202egnp.exe"),
    ],
)
def test_colours_and_progress_pass_and_commands_are_spelled_out(data: bytes, shown: str) -> None:
    assert on_terminal(data) == shown


@settings(deadline=None)
@given(st.binary(max_size=60), st.lists(st.integers(0, 60), max_size=5))
def test_cuts_change_nothing(data: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    assert on_terminal(*(data[left:right] for left, right in itertools.pairwise(edges))) == on_terminal(data)


@settings(deadline=None)
@given(st.lists(st.sampled_from([b"\x1b", b"[", b"31", b";", b"m", b"J", b"\x9b", b"a", b"\xc2"]), max_size=12))
def test_nothing_but_colours_commands_the_terminal(parts: list[bytes]) -> None:
    rest = re.sub(r"\x1b\[[0-9;:]*m", "", on_terminal(*parts))
    assert not re.search(r"[\x1b\x80-\x9f]", rest)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Pipe(io.TextIOWrapper):
    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8")


def test_a_pipe_gets_the_bytes() -> None:
    pipe = Pipe()
    screen = LogScreen(pipe)
    screen.show(b"\xff\x1b[2J\n")
    screen.end()
    assert pipe.buffer.getvalue() == b"\xff\x1b[2J\n"  # type: ignore[attr-defined]


def test_a_terminal_gets_harmless_text_and_its_colours_back() -> None:
    terminal = Terminal()
    screen = LogScreen(terminal)
    screen.show(b"\x1b[31m\x1b[2J")
    screen.end()
    assert terminal.getvalue() == "\x1b[31m\\x1b[2J\x1b[0m"


def test_what_is_said_stands_on_a_line_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    screen = LogScreen(Terminal())
    screen.tell("--- pod a ---")
    screen.show(b"50 %")
    screen.tell("the node \x1b[2J is gone")
    screen.show(b"100 %\n")
    screen.tell("end")
    assert capsys.readouterr().err == "--- pod a ---\n\nthe node \\x1b[2J is gone\nend\n"


def test_a_full_disk_is_an_error_of_the_infrastructure() -> None:
    class Full(Pipe):
        def flush(self) -> None:
            raise OSError(28, "No space left on device")

    with pytest.raises(InfrastructureError, match="No space left on device"):
        LogScreen(Full()).show(b"x")


def test_a_reader_that_has_gone_is_told_apart() -> None:
    class Unread(Pipe):
        def flush(self) -> None:
            raise BrokenPipeError(32, "Broken pipe")

    with pytest.raises(BrokenPipeError):
        LogScreen(Unread()).show(b"x")
