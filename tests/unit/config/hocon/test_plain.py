"""What is read without pyhocon is read exactly as pyhocon reads it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.config.hocon.parse import read_with_pyhocon
from cajajejo.config.hocon.plain import read_plain
from unit.config.good_files import ENTRIES

BLANK = st.sampled_from(["", "", " ", "  ", "\t"])
APART = st.sampled_from(
    [", ", ",", "\n", ",\n", "\n\n", " # c\n", ', // "x" {\n', "\n# a\n# b\n", " \n", " , ", "\n ,"]
)
PAD = st.sampled_from(["", "", "\n", " ", "\n# c\n", " # x\n", "\n\t"])
TEXT = st.one_of(
    st.sampled_from(["a:b=c,d=e", "10 days", "5", "# x", "//", "http://a", "{", "[1]", "null", " x ", "é日😀", "it's",
                     "", "\t", 'include "x"', "${x}", "$", "\\n"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters='"\\\n\r'), max_size=8),
).map(lambda text: f'"{text}"')  # fmt: skip


@st.composite
def bracketed(draw: st.DrawFn, item: st.SearchStrategy[str], brackets: str) -> str:
    items = draw(st.lists(item, max_size=3))
    text = brackets[0] + draw(PAD)
    for index, one in enumerate(items):
        text += (draw(APART) if index else "") + one
    return text + draw(PAD) + draw(st.sampled_from(["", "", "", ","])) + brackets[1]


def member(key: str, value: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.just(key), BLANK, st.sampled_from([":", "="]), BLANK, value, BLANK).map("".join)


ENTRY = bracketed(
    st.one_of(
        member("description", TEXT),
        member("priority", st.sampled_from(["0", "1", "42", "999999999", "007", "1.5", "true", "1 d"])),
        member("groups", bracketed(TEXT, "[]")),
    ),
    "{}",
)
DOCUMENT = st.tuples(
    PAD,
    member("entries", bracketed(st.one_of(ENTRY, TEXT), "[]")),
    PAD,
    st.sampled_from(["", "priority: 1", "# end", "{"]),
).map("".join)


@settings(max_examples=400, deadline=None)
@given(DOCUMENT)
def test_both_readers_agree(text):
    plain = read_plain(text)
    if plain is not None:
        assert repr(plain) == repr(read_with_pyhocon(text))


@pytest.mark.parametrize(
    "text",
    [
        'entries: [\n  {description: "a:b=c", priority: 1}\n  {description: "d"}\n]\n',
        'entries: [{description: "a", groups: ["x", "y"]}, {description: "b"}] # end',
        "",
        "# nothing\n",
    ],
)
def test_what_nearly_everybody_writes_is_plain(text):
    assert repr(read_plain(text)) == repr(read_with_pyhocon(text))


@pytest.mark.parametrize(
    "text",
    [
        ENTRIES,
        'entries: [{description: a}]',
        'entries: [{description: "a\\n"}]',
        'entries: [{description: "a" "b"}]',
        'entries: [{description: "a", description: "b"}]',
        'entries: [{description: "a"} {priority: 1}]',
        'entries: [{priority: 1 }]',
        'entries: [{priority: 007}]',
        'entries: ["a",, "b"]',
        'entries: [""]',
        'other: []',
        'entries { a: 1 }',
        '{entries: []}',
        'entries: [{description: "${HOME}"}]',
        'entries: [}',
        'entries: [',
        'entries: ]',
        'description:',
        'entries += ["a"]',
    ],
)  # fmt: skip
def test_anything_else_is_left_to_pyhocon(text):
    assert read_plain(text) is None
