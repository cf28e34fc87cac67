"""Any text becomes a scalar that every reader takes for exactly this text."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.errors import BadInputError
from cajajejo.manifests.quoting import block, key, quoted

WHOLE = st.text(st.characters(exclude_categories=["Cs"]))
LINES = st.lists(
    st.sampled_from(["", " ", "a", "  a: b", "---", "...", "# c", "\t", "\ta", "é", "😀", "- x", "|", "a ", "{{ }}",
                     "\x85", "\u2028", "\r", "\x0b", "'", '"', "%YAML 1.1", "\ufeff"]),
    max_size=6,
).map("\n".join)  # fmt: skip
READERS = (yaml.SafeLoader, yaml.CSafeLoader)


@pytest.mark.parametrize(
    ("value", "scalar"),
    [
        ("a", '"a"'),
        ("", '""'),
        ('a"b\\c', r'"a\"b\\c"'),
        ("a\nb\tc\r\0", r'"a\nb\tc\r\0"'),
        ("\x1b\x7f\x85\xa0", r'"\x1B\x7F\x85\xA0"'),
        ("\u2028\ufeff\u202e", r'"\u2028\uFEFF\u202E"'),
        ("\U000e0001", r'"\U000E0001"'),
        ("é日😀", '"é日😀"'),
        (12, "12"),
        (True, "true"),
        (False, "false"),
        (None, "null"),
    ],
)
def test_scalars(value, scalar):
    assert quoted(value) == scalar


@settings(max_examples=300, deadline=None)
@given(WHOLE)
def test_any_text_arrives(text):
    for reader in READERS:
        assert yaml.load(f"a: {quoted(text)}\nb: 1\n", reader) == {"a": text, "b": 1}
    assert "\n" not in quoted(text)


@settings(max_examples=300, deadline=None)
@given(st.one_of(WHOLE, LINES))
def test_any_text_arrives_in_a_block(text):
    for reader in READERS:
        assert yaml.load(f"a:\n  b: {block(text, 4)}\nc: 1\n", reader) == {"a": {"b": text}, "c": 1}


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("a\n", "|\n    a"),
        ("a", "|-\n    a"),
        ("a\n\nb\n\n\n", "|+\n    a\n\n    b\n\n"),
        (" a\nb\n", "|2\n     a\n    b"),
        ("\na\n", "|2\n\n    a"),
        ("---\n", "|\n    ---"),
    ],
)
def test_people_can_read_a_block(text, lines):
    assert block(text, 4) == lines


@pytest.mark.parametrize("text", ["a\r\n", "a\x1b\n", "a\x85b\n", "\ufeffa\n", "\n", " \n ", ""])
def test_what_no_block_can_hold_is_quoted(text):
    assert block(text, 4) == quoted(text)


@pytest.mark.parametrize("write", [quoted, lambda text: block(text, 2)])
def test_half_a_character_is_refused(write):
    with pytest.raises(BadInputError, match="half a character"):
        write("a\udcffb\n")


@pytest.mark.parametrize("text", ["name", "app.kubernetes.io/name", "A_b-c"])
def test_keys_that_need_no_quotes(text):
    assert key(text) == text
    assert yaml.safe_load(f"{key(text)}: 1") == {text: 1}


@pytest.mark.parametrize(
    "text", ["yes", "No", "null", "y", "12", "1e3", "", "a b", "a:", "~", "é", "<<", "=", ".inf", "a#"]
)
def test_keys_that_need_quotes(text):
    assert key(text) == quoted(text)
    assert yaml.safe_load(f"{key(text)}: 1") == {text: 1}
