"""Documents to YAML and back."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.errors import CajajejoError
from cajajejo.manifests.document import check_texts, documents_to_yaml

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.one_of(TEXT, st.integers(-(10**9), 10**9), st.booleans(), st.none(), st.floats(-1e3, 1e3)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.dictionaries(TEXT, VALUES, min_size=1, max_size=4), min_size=1, max_size=3))
def test_any_documents_arrive(documents):
    text = documents_to_yaml(documents)
    for reader in (yaml.SafeLoader, yaml.CSafeLoader):
        assert list(yaml.load_all(text, reader)) == documents
    assert documents_to_yaml(documents) == text


def test_people_can_read_them():
    documents = [{"kind": "Job", "spec": {"list": [{"a": 1, "b": []}, "x", [True]], "text": "a\nb\n"}}, {"kind": "B"}]
    assert documents_to_yaml(documents) == (
        'kind: "Job"\n'
        "spec:\n"
        "  list:\n"
        "  - a: 1\n"
        "    b: []\n"
        '  - "x"\n'
        "  -\n"
        "    - true\n"
        "  text: |\n"
        "    a\n"
        "    b\n"
        "---\n"
        'kind: "B"\n'
    )


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ('a: "x"\n', ["y"]),
        ('a: "x"\nb: "z"\n', ["x"]),
        ('a: "x"\n', ["x", "z"]),
        ('a: x\nb: "y"\n', ["x", "y"]),
        ("a: |\n  x\n", ["x"]),
    ],
)
def test_a_value_that_did_not_arrive_is_noticed(text, texts):
    with pytest.raises(CajajejoError, match="does not read back"):
        check_texts(text, texts)


def test_values_arrive_in_order():
    assert check_texts('a: "x"\nlist: ["y", z]\nc: |\n  1\n---\n"d": 2\n', ["x", "y", "1\n", "d"]) == [
        {"a": "x", "list": ["y", "z"], "c": "1\n"},
        {"d": 2},
    ]
