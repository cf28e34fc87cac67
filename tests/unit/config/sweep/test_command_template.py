from __future__ import annotations

import pytest

from cajajejo.config.sweep.command_template import CommandTemplate, pieces_of
from cajajejo.config.sweep.template_parts import Slot


def test_pieces():
    assert pieces_of("a {b} [c-d]x{e:raw}") == (
        "a ",
        Slot("b", False, False, "{b}"),
        " ",
        Slot("c-d", True, False, "[c-d]"),
        "x",
        Slot("e", False, True, "{e:raw}"),
    )


@pytest.mark.parametrize("text", ["{ a }", "{a.b}", "{}", "[a b]", "${a}", "{a,b}", "{1..3}", "[]"])
def test_what_is_no_slot(text):
    assert pieces_of(text) == (text,)


def test_lines_become_one():
    assert CommandTemplate.of("run", " a  b \n\n   c\n").text == "a  b c"


@pytest.mark.parametrize("text", ["a \\\n  b", "a\\\nb", "a \\\n\n b"])
def test_a_backslash_at_the_end_of_a_line_goes_on_in_the_next(text):
    assert CommandTemplate.of("run", text).command.words == (("a",), ("b",))


def test_two_of_them_are_a_backslash():
    assert CommandTemplate.of("run", "a\\\\\n b").command.words == (("a\\",), ("b",))


def test_a_template_with_a_raw_slot_is_known_when_it_is_filled():
    template = CommandTemplate.of("run", "a {b:raw} '{c}'")
    assert template.is_raw
    (slot,) = (slot for slot in template.slots if slot.raw)
    assert template.with_raw({slot: "x y"}).words is not None
    assert template.with_raw({slot: "x | y"}).words is None
    assert template.with_raw({slot: "'"}).fault is not None


@pytest.mark.parametrize("text", ["a {b:raw} # {c:raw}", "a {b:raw} \\{c:raw}"])
def test_a_raw_slot_that_is_text_needs_no_value(text):
    template = CommandTemplate.of("run", text)
    (slot,) = template.slots
    assert template.with_raw({slot: "x"}).words[:2] == (("a",), ("x",))


def test_what_looks_like_a_slot_in_a_raw_value_is_text():
    template = CommandTemplate.of("run", "a {b:raw}")
    (slot,) = template.slots
    assert template.with_raw({slot: "{c}"}).words == (("a",), ("{c}",))
