"""The answer of `jobs why`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.cluster.explain.verdict import Code, Evidence, State, Verdict
from cajajejo.report.verdict import headline, style_of, verdict_data, verdict_lines

NOW_S = 1_700_000_252.0
VERDICT = Verdict(
    State.PENDING,
    Code.UNSCHEDULABLE_NODE_SELECTOR,
    "no node can run it",
    since_s=NOW_S - 252,
    facts=[
        ("asked", "1 GPU on a node with cloud.google.com/gke-accelerator=nvidia-tesla-t4"),
        ("found", "3 nodes: nvidia-l4 (2, 1 GPU free), none (1)"),
    ],
    evidence=[
        Evidence(
            "Pod eval-x-7k2p",
            "FailedScheduling",
            "0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
            NOW_S - 250,
        )
    ],
    remedy=[
        "set compute_config.accelerator to nvidia-l4 (jobs/x.yml:6), then",
        "cajajejo jobs cancel eval-x && invoke submit",
    ],
)


def shown(verdict: Verdict, width: int) -> list[str]:
    return [line.text for line in verdict_lines(verdict, NOW_S, width)]


def test_a_verdict_is_laid_out_as_in_the_readme() -> None:
    assert shown(VERDICT, 92) == [
        "Waiting 4m12s: no node can run it                                UNSCHEDULABLE_NODE_SELECTOR",
        "  asked    1 GPU on a node with cloud.google.com/gke-accelerator=nvidia-tesla-t4",
        "  found    3 nodes: nvidia-l4 (2, 1 GPU free), none (1)",
        "  evidence Pod eval-x-7k2p, FailedScheduling, 4m10s ago:",
        "           0/3 nodes are available: 3 node(s) didn't match Pod's node affinity/selector.",
        "Do: set compute_config.accelerator to nvidia-l4 (jobs/x.yml:6), then",
        "    cajajejo jobs cancel eval-x && invoke submit",
    ]


def test_a_narrow_terminal_gets_shorter_lines_and_commands_in_one_piece() -> None:
    lines = shown(VERDICT, 40)
    assert lines[:3] == [
        "Waiting 4m12s: no node can run it",
        "  UNSCHEDULABLE_NODE_SELECTOR",
        "  asked    1 GPU on a node with",
    ]
    assert all(len(line) <= 40 or len(line.split()) == 1 for line in lines[:-1])
    assert lines[-1] == "    cajajejo jobs cancel eval-x && invoke submit"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.SUCCEEDED, "Succeeded 10s ago: done"),
        (State.RUNNING, "Running 10s: done"),
        (State.GONE, "Gone 10s ago: done"),
        (State.UNKNOWN, "Unknown 10s: done"),
    ],
)
def test_what_is_over_was_some_time_ago(state: State, text: str) -> None:
    assert headline(Verdict(state, Code.UNKNOWN, "done", since_s=NOW_S - 10), NOW_S) == text


def test_colours_tell_what_is_well_what_may_pass_and_what_will_not() -> None:
    assert style_of(Verdict(State.RUNNING, Code.RUNNING, "", healthy=True)) == "green"
    assert style_of(Verdict(State.PENDING, Code.OUT_OF_MEMORY, "", will_retry=True)) == "yellow"
    assert style_of(Verdict(State.FAILED, Code.OUT_OF_MEMORY, "")) == "red"


def test_long_evidence_is_cut_and_says_where_all_of_it_is() -> None:
    long = Evidence("Pod x", "Failed", "word " * 2000)
    lines = shown(Verdict(State.FAILED, Code.UNKNOWN, "x", evidence=[long] * 9), 80)
    assert len(lines) < 50
    assert lines[-1].strip() == "and 5 more (--json)"
    assert any("(all of it: --json)" in line for line in lines)


def test_what_could_not_be_seen_is_told() -> None:
    lines = shown(Verdict(State.PENDING, Code.UNSCHEDULABLE, "x", unseen=["nodes: forbidden"]), 120)
    assert lines[-1] == "  not seen nodes: forbidden (`cajajejo jobs rbac` prints the rights)"


TEXT = st.text(max_size=60)


@given(
    st.builds(
        Verdict,
        st.sampled_from(State),
        st.sampled_from(Code),
        TEXT,
        since_s=st.none() | st.floats(0, 2e9),
        facts=st.lists(st.tuples(st.text(max_size=12), TEXT), max_size=3),
        evidence=st.lists(st.builds(Evidence, TEXT, TEXT, TEXT, st.none() | st.floats(0, 2e9)), max_size=3),
        remedy=st.lists(TEXT, max_size=3),
        unseen=st.lists(TEXT, max_size=2),
    ),
    st.integers(20, 200),
)
def test_any_verdict_has_lines_without_line_ends_in_them(verdict: Verdict, width: int) -> None:
    lines = shown(verdict, width)
    assert lines
    assert all("\n" not in line for line in lines)


def test_the_data_hold_everything() -> None:
    data = verdict_data("eval-x", "here", VERDICT, NOW_S)
    assert data["code"] == "UNSCHEDULABLE_NODE_SELECTOR"
    assert data["state"] == "pending"
    assert data["facts"] == [{"name": name, "text": text} for name, text in VERDICT.facts]
    assert set(data) == {
        *("ok", "name", "namespace", "state", "code", "headline", "healthy", "will_retry", "since_s", "now_s"),
        *("exit_code", "facts", "evidence", "remedy", "unseen"),
    }
