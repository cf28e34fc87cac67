from __future__ import annotations

import pytest

from cajajejo.config.findings import Severity
from cajajejo.config.hocon.entry_checks import check_document, check_shape
from cajajejo.config.hocon.scan import scan


@pytest.mark.parametrize(
    ("document", "loc"),
    [
        ([], ()),
        ({}, ()),
        ({"entries": None}, ("entries",)),
        ({"entries": []}, ("entries",)),
        ({"entries": [None]}, ("entries", 0)),
        ({"entries": [{}]}, ("entries", 0)),
        ({"entries": [{"description": None}]}, ("entries", 0, "description")),
        ({"entries": [{"description": "a", "priority": 1.0}]}, ("entries", 0, "priority")),
        ({"entries": [{"description": "a", "groups": "b"}]}, ("entries", 0, "groups")),
        ({"entries": [{"description": "a", "groups": ["b", ""]}]}, ("entries", 0, "groups", 1)),
        ({"entries": [{"description": "a"}, {"description": "b", "x": 1}]}, ("entries", 1, "x")),
    ],
)
def test_errors(document, loc):
    (finding,) = check_document(document)
    assert finding.loc == loc
    assert finding.severity is Severity.ERROR


def test_right_document():
    assert list(check_document({"entries": [{"description": "a", "priority": 1, "groups": ["b"]}]})) == []


def test_unknown_key_beside_entries_is_a_warning():
    (finding,) = check_document({"entries": [{"description": "a"}], "entry": 1})
    assert finding.severity is Severity.WARNING


def test_what_hocon_swallows():
    text = "entries: [{a: 1, a: 2} {b: 3}]\nentries: []"
    messages = [(finding.loc, span.start) for finding, span in check_shape(scan(text))]
    assert messages == [((), 31), (("entries", 0), 17), (("entries", 0), 23)]
