"""Lines laid out for a width."""

import re

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.report.lines import Line, hanging, one_line, wrapped

WORD = re.compile(r"[^\t\n\x0b\x0c\r ]+")


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.integers(1, 60))
def test_wrapped_lines_fit_unless_a_word_does_not_and_lose_nothing_but_spaces(text: str, width: int) -> None:
    lines = wrapped(text, width)
    assert lines
    assert all(len(line) <= max(width, 20) or len(WORD.findall(line)) == 1 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_names_and_options_are_not_broken_at_their_hyphens() -> None:
    assert wrapped("the job eval-neurips-merciful-crocodile waits", 32) == [
        "the job",
        "eval-neurips-merciful-crocodile",
        "waits",
    ]


def test_own_line_ends_stay() -> None:
    assert wrapped("a\nb", 80) == ["a", "b"]
    assert one_line(" a \n\t b ") == "a b"


def test_further_lines_stand_below_the_first() -> None:
    assert [line.text for line in hanging("Do: ", ["one", "two"])] == ["Do: one", "    two"]
    assert Line((("a", "bold"), ("b", ""))).text == "ab"
