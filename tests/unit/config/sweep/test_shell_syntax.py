from __future__ import annotations

import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.config.sweep.command_template import CommandTemplate
from cajajejo.config.sweep.template_parts import Hole, Quoting
from cajajejo.planning.commands import CommandFiller


def command(text: str):
    return CommandTemplate.of("run", text).command


def words(text: str) -> list[list[str]] | None:
    found = command(text).words
    return found and [[part if isinstance(part, str) else part.slot.text for part in word] for word in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("python run.py {p}", [["python"], ["run.py"], ["{p}"]]),
        ("a 'b c' \"d e\" f\\ g", [["a"], ["b c"], ["d e"], ["f g"]]),
        ("a '' \"\"", [["a"], [""], [""]]),
        ("--x={p}/{q}", [["--x=", "{p}", "/", "{q}"]]),
        ("a 'b {p}' \"{q} c\"", [["a"], ["b ", "{p}"], ["{q}", " c"]]),
        ("a [p]b", [["a"], ["[p]"], ["b"]]),
        ("a \\{p} {q}", [["a"], ["{p}"], ["{q}"]]),
        ('a "\\{p}"', [["a"], ["\\", "{p}"]]),
        ('a "\\n \\" \\$x"', [["a"], ['\\n " $x']]),
        ("a {p} # {q}", [["a"], ["{p}"]]),
        ("a#b", [["a#b"]]),
        ("a b=c %x @y", [["a"], ["b=c"], ["%x"], ["@y"]]),
        ("a\n  b", [["a"], ["b"]]),
        ('{a: {p}} "{b: {q}}"', [["{a:"], ["{p}", "}"], ["{b: ", "{q}", "}"]]),
    ],
)
def test_words_are_those_of_a_shell(text, expected):
    assert words(text) == expected


ONLY_A_SHELL = """\
a | b
a && b
a > b
a $X
a ${X}
a `b`
a $(b)
a *.py
a ?
a ~/b
a b=~/c
X=1 a
cd a
exit 3
! a
a &
(a)
if a
a "$X"
a "`b`"
. a
"""


@pytest.mark.parametrize("text", ONLY_A_SHELL.splitlines())
def test_what_only_a_shell_can_run(text):
    assert command(text).words is None


@pytest.mark.parametrize("text", ["a '$X'", "a '*' \"?\" \\*", "a '`b`'", "a '>' b", "a b~c", "a \\#"])
def test_what_is_quoted_needs_no_shell(text):
    assert command(text).words is not None


@pytest.mark.parametrize(
    ("text", "quoting"),
    [
        ("a | b {p}", Quoting.NONE),
        ("a | b '{p}'", Quoting.SINGLE),
        ('a | b "{p}"', Quoting.DOUBLE),
        ('a "$(b {p})"', Quoting.NONE),
        ("a \"$(b '{p}')\"", Quoting.SINGLE),
        ('a "$(b "{p}")"', Quoting.DOUBLE),
        ('a "$(b)" "{p}"', Quoting.DOUBLE),
        ('a $(b (c) "x)" ) {p}', Quoting.NONE),
        ("a ${X} {p}", Quoting.NONE),
        ("a `b {p}`", Quoting.TIGHT),
        ("a $((1+{p}))", Quoting.TIGHT),
        ("a ${X:-{p}}", Quoting.TIGHT),
        ("a <<E {p}", Quoting.TIGHT),
        ("a $'x' {p}", Quoting.TIGHT),
        ("$(case a in b) c;; esac) {p}", Quoting.TIGHT),
    ],
)
def test_the_quotes_around_a_slot(text, quoting):
    holes = [part for part in command(text).script if isinstance(part, Hole)]
    assert [hole.quoting for hole in holes] == [quoting]


@pytest.mark.parametrize(
    ("text", "guarded"),
    [("a {p}>b", True), ("a {p}{q}>b", True), ("a {p}0<b", True), ("a {p} >b", False), ("a >{p}", False)],
)
def test_a_number_before_a_redirection_is_guarded(text, guarded):
    holes = [part for part in command(text).script if isinstance(part, Hole)]
    assert {hole.guarded for hole in holes} == {guarded}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a 'b", "a single quote is not closed"),
        ('a "b', "a double quote is not closed"),
        ('a "$(b"', "a double quote is not closed"),
        ("a $(b", "a $( is not closed"),
        ("a \\", "a backslash stands at the end"),
        ("a 'b' \"c\" $(d)", None),
    ],
)
def test_what_is_not_closed(text, fault):
    assert command(text).fault == fault


SHOW = "printf '<%s>' "
TEMPLATES = [
    SHOW + "{p}",
    SHOW + "a{p}b",
    SHOW + "'a {p}'",
    SHOW + '"a {p}"',
    SHOW + '"\\{p}"',
    SHOW + "'a'{p}'b'",
    SHOW + "{p} | cat",
    SHOW + "a{p}b | cat",
    SHOW + "'a {p}' | cat",
    SHOW + '"a {p}" | cat',
    SHOW + '"\\{p}" | cat',
    SHOW + '"$(printf %sX {p})"',
    SHOW + '"$(printf %sX "{p}")" | cat',
    SHOW + "$(:) {p}",
    SHOW + "{p} # {p}",
    SHOW + "{p} | cat # {p}",
    "(" + SHOW + "{p})",
    "if :; then " + SHOW + "{p}; fi",
    SHOW + "{p}>/dev/stdout",
    "X=Y " + SHOW + "{p}",
    SHOW + "x && true {p} && : '{p}' \"{p}\"",
]
EXPECTED = [
    "<{p}>",
    "<a{p}b>",
    "<a {p}>",
    "<a {p}>",
    "<\\{p}>",
    "<a{p}b>",
    "<{p}>",
    "<a{p}b>",
    "<a {p}>",
    "<a {p}>",
    "<\\{p}>",
    "<{p}X>",
    "<{p}X>",
    "<{p}>",
    "<{p}>",
    "<{p}>",
    "<{p}>",
    "<{p}>",
    "<{p}>",
    "<{p}>",
    "<x>",
]
NASTY = st.text(alphabet=" \t\n'\"\\$`;|&<>()*?[]#~!={}-%@ab1é", min_size=0, max_size=12)


@settings(max_examples=60, deadline=None)
@given(NASTY)
def test_no_value_breaks_extends_or_injects_a_command(value):
    """What really is executed, by `sh` and without, prints the value and nothing else."""
    lines = []
    for template in TEMPLATES:
        argv = CommandFiller(CommandTemplate.of("run", template), {}).argv({"p": value})
        lines.append(" ".join("'" + word.replace("'", "'\\''") + "'" for word in argv))
    # One process for all of them, each command's output ended by a NUL.
    script = "; printf '\\0'; ".join(lines)
    done = subprocess.run(["sh", "-c", script], capture_output=True, check=False, cwd="/")
    printed = done.stdout.decode().split("\0")
    assert printed == [text.replace("{p}", value) for text in EXPECTED], done.stderr
