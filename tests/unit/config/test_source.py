from __future__ import annotations

import json
from pathlib import Path

import pytest

from cajajejo.config.findings import Finding, Severity
from cajajejo.config.source import Position, Problem, SourceFile, Span


def source(text: str) -> SourceFile:
    return SourceFile(Path("a.yml"), text.encode(), text)


@pytest.mark.parametrize(
    ("text", "offset", "position"),
    [
        ("", 0, (1, 1)),
        ("abc", 2, (1, 3)),
        ("a\nb", 2, (2, 1)),
        ("a\r\nb", 3, (2, 1)),
        ("a\rb", 2, (2, 1)),
        ("äö\nü", 3, (2, 1)),
        ("a\u2028b", 2, (1, 3)),
        ("a", 99, (1, 2)),
    ],
)
def test_position(text, offset, position):
    assert source(text).position(offset) == Position(*position)


def test_headline_has_every_part():
    finding = Finding("is odd", "a or b", '"a"', loc=("helm", "args", 2))
    problem = source("x\n  word").problem(finding, Span(4, 8))
    assert problem.headline() == 'a.yml:2:3: helm.args[2]: is odd; a or b; did you mean "a"?'
    assert problem.render() == f"{problem.headline()}\n    2 |   word\n      |   ^^^^"


def test_headline_of_the_document_and_of_a_warning():
    assert source("x").problem(Finding("is odd"), Span(0, 1)).headline() == "a.yml:1:1: is odd"
    warning = Finding("is odd", loc=("a",), severity=Severity.WARNING)
    assert source("x").problem(warning, Span(0, 1)).headline() == "a.yml:1:1: warning: a: is odd"


def test_no_control_reaches_the_terminal():
    problem = Problem(Path("a\n\x1b.yml"), 1, 1, "k\r", "has \x1b[31m \u202e", source_line="\x1b[31mred", width=1)
    text = problem.render()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.splitlines()[0] == r"a\n\x1b.yml:1:1: k\r: has \x1b[31m \u202e"


def test_to_dict_is_json():
    problem = source("x\n  word").problem(Finding("is odd", "a", loc=("k",)), Span(4, 8))
    assert json.loads(json.dumps(problem.to_dict())) == {
        "path": "a.yml",
        "line": 2,
        "column": 3,
        "width": 4,
        "key": "k",
        "message": "is odd",
        "allowed": "a",
        "suggestion": None,
        "severity": "error",
        "source_line": "  word",
    }


def test_secret_is_masked_to_the_end_of_the_line():
    problem = source("uri: me:pa,ss@h").problem(Finding("no", secret=True), Span(5, 9))
    assert problem.source_line == "uri: **********"


def test_long_line_is_cut_but_the_column_stays():
    line = "a" * 50_000 + "X" + "b" * 50_000
    problem = source(line).problem(Finding("is odd"), Span(50_000, 50_001))
    assert problem.column == 50_001
    assert len(problem.source_line or "") <= 2000
    _, shown, carets = problem.render().split("\n")
    assert shown[carets.index("^")] == "X"
    assert shown.count("…") == 2


def test_problems_sort_by_position():
    problems = [source("ab\nc").problem(Finding("x"), Span(at, at + 1)) for at in (3, 1, 0)]
    assert [p.column for p in sorted(problems, key=lambda p: p.sort_key)] == [1, 2, 1]
