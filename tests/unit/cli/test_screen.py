"""Lines on stdout."""

import io
import sys

import pytest

from cajajejo.cli.screen import PLAIN_WIDTH, coloured, is_colourful, print_lines, screen_width
from cajajejo.report.lines import Line

LINE = Line((("failed", "bold red"), (" by \x1b]0;title\x07", "")))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_ours_alone() -> None:
    assert coloured(LINE) == "\x1b[1;31mfailed\x1b[0m by \\x1b]0;title\\x07"


def test_only_a_terminal_gets_colours(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    print_lines([LINE])
    assert capsys.readouterr().out == "failed by \\x1b]0;title\\x07\n"
    assert (is_colourful(), screen_width()) == (False, PLAIN_WIDTH)
    monkeypatch.setattr(sys, "stdout", Terminal())
    print_lines([LINE])
    assert isinstance(sys.stdout, Terminal)
    assert sys.stdout.getvalue().startswith("\x1b[1;31mfailed")


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_user_may_do_without_colours(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    assert is_colourful()
    monkeypatch.setenv(name, value)
    assert not is_colourful()


def test_a_terminal_says_how_wide_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", Terminal())
    monkeypatch.setenv("COLUMNS", "47")
    assert screen_width() == 47
