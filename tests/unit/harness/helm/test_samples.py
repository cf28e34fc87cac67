"""HELM's states as sample records: what was cut, what could not be read, what failed."""

import json
from pathlib import Path
from typing import Any

import pytest

from cajajejo.harness.helm.samples import sample_records
from cajajejo.harness.sample import FinishReason, SampleRecord

pytest.importorskip("helm.benchmark.adaptation.request_state")
from helm.benchmark.adaptation.request_state import RequestState
from helm.benchmark.augmentations.perturbation_description import PerturbationDescription
from helm.benchmark.scenarios.scenario import Input, Instance
from helm.common.request import GeneratedOutput, Request, RequestResult, Token

pytestmark = [pytest.mark.helm]


def state(output: str = "A", *, tokens: int = 1, max_tokens: int = 5, choices: bool = True, **changes: Any) -> Any:
    instance = Instance(Input(text="?"), [], split="test", id=changes.pop("id", "id1"))
    if "perturbation" in changes:
        perturbation = PerturbationDescription(name=changes.pop("perturbation"), robustness=True)
        instance = Instance(Input(text="?"), [], split="test", id="id1", perturbation=perturbation)
    completion = GeneratedOutput(
        text=output,
        logprob=0.0,
        tokens=[Token("x", 0.0)] * tokens,
        finish_reason=changes.pop("finish_reason", None),
    )
    success = changes.pop("success", True)
    result = RequestResult(
        success=success,
        embedding=[],
        completions=[completion],
        cached=False,
        request_time=0.5,
        error=None if success else "content policy",
    )
    return RequestState(
        instance=instance,
        reference_index=changes.pop("reference_index", None),
        request_mode=None,
        train_trial_index=changes.pop("trial", 0),
        output_mapping={"A": "yes", "B": "no"} if choices else None,
        request=Request(prompt="?", max_tokens=max_tokens, **changes),
        result=result,
        num_train_instances=0,
        prompt_truncated=False,
    )


def records(tmp_path: Path, *states: Any) -> list[SampleRecord]:
    stats = [
        {
            "instance_id": "id1",
            "train_trial_index": 0,
            "stats": [
                {"name": {"name": "exact_match", "split": "test"}, "mean": 1.0},
                {"name": {"name": "num_prompt_tokens", "split": "test"}, "mean": 7.0},
                {"name": {"name": "without a value", "split": "test"}},
            ],
        }
    ]
    path = tmp_path / "per_instance_stats.json"
    path.write_text(json.dumps(stats))
    return sample_records(states, entry="e", task="t", dataset_revision="r", weights="w", per_instance_stats=path)


def test_scores_and_tokens_belong_to_their_instance(tmp_path: Path) -> None:
    first, other = records(tmp_path, state(), state(id="id2"))
    assert first.scores == {"exact_match": 1.0, "num_prompt_tokens": 7.0}
    assert (first.tokens_in, first.tokens_out, first.seconds) == (7, 1, 0.5)
    assert (other.scores, other.tokens_in) == ({}, None)


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (state(tokens=5), FinishReason.LENGTH),
        (state(tokens=4), FinishReason.STOP),
        (state(tokens=4, finish_reason={"reason": "length"}), FinishReason.LENGTH),
        (state(tokens=5, finish_reason={"reason": "stop"}), FinishReason.STOP),
        (state(tokens=0, max_tokens=0), FinishReason.STOP),
        (state(tokens=9, max_tokens=5, echo_prompt=True), FinishReason.STOP),
    ],
)
def test_an_output_with_all_its_tokens_was_cut_off(tmp_path: Path, made: Any, reason: FinishReason) -> None:
    assert records(tmp_path, made)[0].finish_reason is reason


@pytest.mark.parametrize(
    ("made", "unscorable", "read"),
    [
        (state(" A\n"), None, True),
        (state("AA"), "not one of the choices A, B", False),
        (state(""), "not one of the choices A, B", False),
        (state("", choices=False), "empty answer", False),
        (state("words", choices=False), None, False),
        (state("", choices=False, max_tokens=0, reference_index=0), None, False),
    ],
)
def test_an_answer_is_read_as_helm_reads_it(tmp_path: Path, made: Any, unscorable: str | None, read: bool) -> None:
    (record,) = records(tmp_path, made)
    assert (record.unscorable, record.choice_read) == (unscorable, read)


def test_a_request_that_failed_is_an_error_not_an_unreadable_answer(tmp_path: Path) -> None:
    (record,) = records(tmp_path, state("", success=False))
    assert (record.error, record.unscorable) == ("content policy", None)


def test_one_record_for_each_instance_perturbation_and_repeat(tmp_path: Path) -> None:
    made = records(
        tmp_path,
        state(reference_index=0, choices=False),
        state(reference_index=1, choices=False),
        state(perturbation="typos"),
        state(trial=1),
    )
    assert [(record.requests, record.perturbation, record.repeat) for record in made] == [
        (2, None, 0),
        (1, "typos", 0),
        (1, None, 1),
    ]
    assert made[0].key != made[2].key
