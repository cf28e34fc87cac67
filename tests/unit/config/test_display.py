from __future__ import annotations

import pytest

from cajajejo.config.display import escape_controls, mask_secrets, underline


@pytest.mark.parametrize(
    ("line", "column", "width", "shown", "carets"),
    [
        ("a: b", 4, 1, "a: b", "   ^"),
        ("\ta: b", 5, 1, "    a: b", "       ^"),
        ("a\tb", 3, 1, "a    b", "     ^"),
        ("日本: x", 5, 1, "日本: x", "      ^"),
        ("日本", 2, 1, "日本", "  ^^"),
        ("e\u0301x", 3, 1, "e\u0301x", " ^"),
        ("\x1b[0m", 2, 1, r"\x1b[0m", "    ^"),
        ("\xa0x", 2, 1, r"\xa0x", "    ^"),
        ("", 1, 1, "", "^"),
        ("ab", 3, 1, "ab", "  ^"),
        ("ab", 9, 5, "ab", "  ^"),
        ("word", 1, 99, "word", "^^^^"),
    ],
)
def test_underline(line, column, width, shown, carets):
    assert underline(line, column, width) == (shown, carets)


@pytest.mark.parametrize("column", [1, 50, 99, 150, 400, 500])
def test_long_line_is_cut_around_the_column(column):
    line = "".join(chr(97 + index % 26) for index in range(500))
    shown, carets = underline(line, column, 1)
    assert len(shown) <= 102
    assert shown[len(carets) - 1] == line[column - 1]


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("http://me:pw@host", "http://*****@host"),
        ("http://me:p@w/x@host/y", "http://********@host/y"),
        ("uri: me:pw@host", "uri: *****@host"),
        ("http://host/path", "http://host/path"),
        ("me@example.org", "me@example.org"),
        ("image: host/eval:v1@sha256:abc", "image: host/eval:v1@sha256:abc"),
        ("image: eval:v1@sha256:abc", "image: eval:v1@sha256:abc"),
    ],
)
def test_mask(text, masked):
    assert mask_secrets(text) == masked
    assert len(masked) == len(text)


def test_escapes():
    assert escape_controls("a\tb\nc\x07é日") == r"a\tb\nc\x07é日"
