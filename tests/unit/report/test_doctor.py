"""Checks as people read them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.doctor.check import Check, Outcome, failed, ok, skipped, warning
from cajajejo.errors import ExitCode
from cajajejo.report.doctor import check_lines, closing_line, doctor_data, doctor_exit_code, folded

checks = st.builds(Check, st.text(min_size=1, max_size=30), st.sampled_from(Outcome), st.text(), st.text() | st.none())


def shown(check: Check, width: int = 100) -> list[str]:
    return [line.text for line in check_lines(check, width)]


def test_the_columns_are_aligned_and_the_remedy_is_below() -> None:
    assert shown(ok("login", "anna")) == ["ok       login              anna"]
    assert shown(failed("node", "none fits", "add one")) == [
        "FAILED   node               none fits",
        "                            Do: add one",
    ]


def test_long_texts_stay_in_their_column() -> None:
    lines = shown(warning("quota", "word " * 40, "step " * 40), width=80)
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith(" " * 28) for line in lines[1:])


@given(checks, st.integers(min_value=1, max_value=200))
def test_no_word_is_lost(check: Check, width: int) -> None:
    together = "".join("".join(shown(check, width)).split())
    assert "".join(check.text.split()) in together


def test_rights_that_are_there_take_one_line() -> None:
    found = list(folded([ok("rights", "a"), ok("rights", "b"), ok("rights", "c"), ok("namespace", "x")]))
    assert [check.name for check in found] == ["rights", "namespace"]
    assert found[0].text.startswith("3 are there")


def test_rights_that_are_missing_are_all_named_with_one_remedy() -> None:
    found = list(folded([ok("rights", "a"), failed("rights", "b", "ask"), failed("rights", "c", "ask")]))
    assert [(check.outcome, check.text) for check in found] == [(Outcome.OK, "a"), (Outcome.FAILED, "b\nc")]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([ok("a", ""), warning("b", ""), skipped("c", "")], ExitCode.OK),
        ([ok("a", ""), failed("node", "")], ExitCode.BAD_INPUT),
        ([failed("API server", "")], ExitCode.INFRASTRUCTURE),
        ([failed("login", ""), failed("MLflow", "")], ExitCode.INFRASTRUCTURE),
    ],
)
def test_the_exit_code_tells_what_to_mend_from_what_to_reach(found: list[Check], code: ExitCode) -> None:
    assert doctor_exit_code(found) is code


def test_the_last_line_counts() -> None:
    assert closing_line([ok("a", "")]).text == "all is well"
    assert closing_line([ok("a", ""), warning("b", "")]).text == "nothing failed, 1 warning"
    assert closing_line([failed("a", ""), warning("b", "")]).text.startswith("1 failed")
    assert closing_line([failed("login", "")]).text == "the cluster cannot be asked"


@given(st.lists(checks))
def test_the_data_is_json_with_every_check(found: list[Check]) -> None:
    data = json.loads(json.dumps(doctor_data(found)))
    assert [check["name"] for check in data["checks"]] == [check.name for check in found]
    assert data["ok"] is (data["exit_code"] == 0)
