from __future__ import annotations

import pytest

from cajajejo.config.findings import Finding, FindingsError, key_path, listed, prefixed, shown, spelled


@pytest.mark.parametrize(
    ("loc", "path"),
    [
        ((), ""),
        (("a",), "a"),
        (("a", "b_c", "d-e"), "a.b_c.d-e"),
        (("helm", "args", 2), "helm.args[2]"),
        (("tags", "a.b", 0, "c"), 'tags."a.b"[0].c'),
        (("",), '""'),
    ],
)
def test_key_path(loc, path):
    assert key_path(loc) == path


def test_shown_quotes_and_cuts():
    assert shown('a"\\') == r'"a\"\\"'
    assert shown("a" * 100) == '"' + "a" * 59 + '…"'
    assert spelled("a" * 100) == '"' + "a" * 100 + '"'


def test_prefixed():
    (finding,) = prefixed(("a", 1), [Finding("x", loc=("b",))])
    assert finding.loc == ("a", 1, "b")


def test_error_tells_all():
    assert str(FindingsError([Finding("x"), Finding("y")])) == "x; y"
    assert listed(["a", "b"]) == "a, b"
