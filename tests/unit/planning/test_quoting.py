from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.config.sweep.template_parts import Quoting
from cajajejo.errors import BadInputError
from cajajejo.planning.quoting import option_words, quoted, value_text


@pytest.mark.parametrize(
    ("value", "text"), [("a b", "a b"), (1, "1"), (0.1, "0.1"), (True, "True"), (None, "None"), ([1, "a"], "[1, 'a']")]
)
def test_values_as_text(value, text):
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [(1, ("--p", "1")), ("a b", ("--p", "a b")), (True, ("--p",)), (False, ()), (None, ("--p", "None"))],
)
def test_options(value, words):
    assert option_words("p", value) == words


@pytest.mark.parametrize("text", ["adam", "0.1", "-3", "a/b.c", "x:y", "a,b", "1e-05", "50%", "a@b"])
def test_harmless_texts_stay_as_they_are(text):
    assert quoted(text) == text
    assert quoted(text, Quoting.TIGHT) == text


@pytest.mark.parametrize("text", ["", "a b", "a=b", "if", "~", "é", "a'b", "$x", "#"])
def test_other_texts_are_quoted(text):
    assert shlex.split(quoted(text)) == [text]
    assert quoted(text)[0] in "'\""


def test_a_number_may_have_to_be_quoted():
    assert quoted("2", guarded=True) == "'2'"


def test_inside_quotes_only_what_acts_there_is_changed():
    assert quoted("a $b `c` \"d\" \\ 'e'", Quoting.DOUBLE) == "a \\$b \\`c\\` \\\"d\\\" \\\\ 'e'"
    assert quoted("a $b 'c'", Quoting.SINGLE) == "a $b '\"'\"'c'\"'\"'"


@pytest.mark.parametrize("text", ["a b", "", "if", "$x"])
def test_where_no_quotes_are_safe_the_value_is_refused(text):
    with pytest.raises(BadInputError, match="stay one word"):
        quoted(text, Quoting.TIGHT)


@given(st.text(max_size=20).filter(lambda text: "\0" not in text))
def test_a_quoted_text_is_one_word(text):
    assert shlex.split(quoted(text)) == [text]
    assert shlex.split(f"'a{quoted(text, Quoting.SINGLE)}b'") == [f"a{text}b"]
