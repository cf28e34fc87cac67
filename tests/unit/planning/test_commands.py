from __future__ import annotations

import pytest

from cajajejo.config.sweep.command_template import CommandTemplate
from cajajejo.config.sweep.model import Expansion
from cajajejo.errors import BadInputError
from cajajejo.planning.commands import CommandFiller


def filled(text: str, options=None, **params: object):
    return CommandFiller(CommandTemplate.of("run", text), options or {}).argv(params)


def test_a_value_is_one_word():
    assert filled("python run.py {p} --x={p}", p="a b;c 'd") == ("python", "run.py", "a b;c 'd", "--x=a b;c 'd")


def test_a_value_is_never_substituted_twice():
    assert filled("a {p} {q}", p="{q} [q] $X", q=1) == ("a", "{q} [q] $X", "1")


def test_options():
    assert filled("a [n] [f] [g] b", n=0.1, f=True, g=False) == ("a", "--n", "0.1", "--f", "b")


def test_options_inside_quotes_are_text():
    assert filled("a 'x [n] y' '[n]'", n=1) == ("a", "x --n 1 y", "--n 1")


def test_an_alias_gives_its_value_to_other_options():
    options = {"m": Expansion(targets=("one", "two"))}
    assert filled("a [m] {m}", options, m=5) == ("a", "--one", "5", "--two", "5", "5")


def test_an_alias_of_cases_puts_flags_first():
    options = {"m": Expansion(cases={'"fast"': {"epochs": 1, "quick": True, "slow": False}})}
    assert filled("a [m]", options, m="fast") == ("a", "--quick", "--epochs", "1")


def test_a_shell_runs_what_uses_its_syntax():
    assert filled("a {p} | tee '{q}'", p="x y", q="it's") == ("sh", "-c", "a 'x y' | tee 'it'\"'\"'s'")
    assert filled("a [p] > {q}", p="x y", q="f") == ("sh", "-c", "a  --p 'x y'  > f")


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("a $X{p}", "a ${X}1"),
        ('a "$X_y{p}"', 'a "${X_y}1"'),
        ("a $X/{p} $X {p} \\$X{p} '$X{p}' $1{p} $X", "a $X/1 $X 1 \\$X1 '$X1' $11 $X"),
        ("a $X{p:raw}", "a $X1"),
    ],
)
def test_a_value_does_not_become_a_part_of_the_name_of_a_variable(text, script):
    assert filled(text, p=1) == ("sh", "-c", script)


def test_raw_values_are_for_the_shell_to_split():
    assert filled("a {p:raw} b", p="--x 1 'y z'") == ("a", "--x", "1", "y z", "b")
    assert filled("a {p:raw} {q}", p="| b", q="c d") == ("sh", "-c", "a | b 'c d'")
    assert filled("a [p:raw]", p="1 2") == ("a", "--p", "1", "2")


def test_a_raw_value_that_breaks_the_command_is_refused():
    with pytest.raises(BadInputError, match="a single quote is not closed"):
        filled("a {p:raw}", p="it's")


@pytest.mark.parametrize("text", ["[p]", "{q}"])
def test_nothing_left_is_refused(text):
    with pytest.raises(BadInputError, match="nothing is left"):
        filled(text, p=False, q="")


def fingerprint(text: str, options=None) -> str:
    return CommandFiller(CommandTemplate.of("run", text), options or {}).fingerprint


def test_the_fingerprint_follows_what_the_command_is_made_of():
    options = {"m": Expansion(targets=("a",))}
    assert fingerprint("a [m]", options) == fingerprint("a \n [m]", options)
    assert fingerprint("a  [m]", options) != fingerprint("b [m]", options)
    assert fingerprint("a [m]", options) != fingerprint("a [m]", {"m": Expansion(targets=("b",))})
    assert fingerprint("a {p}", options) == fingerprint("a {p}")
