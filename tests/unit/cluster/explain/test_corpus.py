"""How many verdicts over the corpus are right, unknown and wrong; wrong must be none."""

from collections import Counter

import pytest

from cajajejo.cluster.explain import Code, State, Verdict, explain
from unit.cluster.explain.known_states import Known

RIGHT, UNKNOWN, WRONG = "right", "unknown", "wrong"


def judged(known: Known, verdict: Verdict) -> str:
    if verdict.code.value == known.expected:
        return RIGHT
    return UNKNOWN if verdict.code is Code.UNKNOWN else WRONG


def table(counts: Counter[tuple[str, str]]) -> str:
    columns = (RIGHT, UNKNOWN, WRONG)
    lines = [f"{'':10}" + "".join(f"{column:>9}" for column in columns)]
    for row in ("recorded", "built"):
        lines.append(f"{row:10}" + "".join(f"{counts[row, column]:>9}" for column in columns))
    return "\n".join(lines)


def test_no_verdict_is_wrong_and_nine_of_ten_are_right(corpus: list[Known], capsys: pytest.CaptureFixture[str]) -> None:
    judgements = {known.name: judged(known, explain(known.observation)) for known in corpus}
    counts = Counter(("recorded" if known.is_recorded else "built", judgements[known.name]) for known in corpus)
    with capsys.disabled():
        print(f"\n{table(counts)}")
    assert [name for name, judgement in judgements.items() if judgement == WRONG] == []
    assert sum(judgement == RIGHT for judgement in judgements.values()) >= 0.9 * len(corpus)


def test_states_and_health_are_right_too(corpus: list[Known]) -> None:
    for known in corpus:
        verdict = explain(known.observation)
        assert verdict.state.value == known.state, known.name
        assert known.healthy in (None, verdict.healthy), known.name


def test_every_code_has_a_state(corpus: list[Known]) -> None:
    assert {code.value for code in Code} <= {known.expected for known in corpus}


def test_the_corpus_is_large_and_has_states_that_nobody_can_explain(corpus: list[Known]) -> None:
    assert len(corpus) >= 250
    assert sum(known.is_recorded for known in corpus) >= 70
    assert sum(known.expected == "UNKNOWN" for known in corpus) >= 10


def test_every_fault_has_evidence(corpus: list[Known]) -> None:
    for known in corpus:
        verdict = explain(known.observation)
        assert verdict.healthy or verdict.evidence or known.observation.unseen or verdict.state is State.GONE, (
            known.name
        )


def test_every_fault_says_what_to_do(corpus: list[Known]) -> None:
    for known in corpus:
        verdict = explain(known.observation)
        nothing_can_be_done = verdict.will_retry or verdict.code is Code.UNKNOWN
        assert verdict.healthy or verdict.remedy or nothing_can_be_done, known.name


def test_healthy_states_ask_for_nothing(corpus: list[Known]) -> None:
    for known in corpus:
        verdict = explain(known.observation)
        if verdict.healthy and verdict.code not in (Code.UNSCHEDULABLE_GPU,):
            assert not verdict.remedy, known.name


def test_no_secret_and_no_path_of_a_machine_is_in_it(corpus: list[Known]) -> None:
    for known in corpus:
        shown = repr(known.observation)
        for word in ("hunter2", "managedFields", "last-applied-configuration"):
            assert word not in shown, known.name
