"""HELM's states and per-instance statistics as sample records."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cajajejo.harness.sample import FinishReason, SampleKey, SampleRecord

__all__ = ["sample_records"]

GroupKey = tuple[str, str | None, int]
"""Instance, whole description of its perturbation, repeat: what one record stands for."""


def sample_records(
    states: Iterable[Any],
    *,
    entry: str,
    task: str,
    dataset_revision: str,
    weights: str,
    per_instance_stats: Path,
) -> list[SampleRecord]:
    """Makes one record of each instance, in HELM's order.

    Args:
        states: HELM's request states, answered.
        entry: Name of the entry.
        task: The task and its revision, as it goes into each `SampleKey`.
        dataset_revision: The revision of the data, as far as HELM tells.
        weights: Fingerprint of the weights.
        per_instance_stats: HELM's `per_instance_stats.json` of the entry.
    """
    grouped: dict[GroupKey, list[Any]] = {}
    for state in states:
        key = (str(state.instance.id), _change(state.instance.perturbation), state.train_trial_index)
        grouped.setdefault(key, []).append(state)
    scores = _scores(per_instance_stats)
    return [
        _record(key, group, scores.get(key, {}), entry, task, dataset_revision, weights)
        for key, group in grouped.items()
    ]


def _scores(path: Path) -> dict[GroupKey, dict[str, float]]:
    result: dict[GroupKey, dict[str, float]] = {}
    for item in json.loads(path.read_text(encoding="utf-8")):
        change = json.dumps(item["perturbation"], sort_keys=True) if item.get("perturbation") else None
        row = result.setdefault((str(item["instance_id"]), change, item["train_trial_index"]), {})
        for stat in item["stats"]:
            name = ".".join(filter(None, (stat["name"]["name"], stat["name"].get("sub_split"))))
            if stat.get("mean") is not None and math.isfinite(stat["mean"]):
                row[name] = float(stat["mean"])
    return result


def _change(perturbation: Any) -> str | None:
    """The whole description of a perturbation: several of one name differ in their parameters."""
    from helm.common.general import asdict_without_nones

    return None if perturbation is None else json.dumps(asdict_without_nones(perturbation), sort_keys=True)


def _record(
    key: GroupKey,
    group: list[Any],
    scores: Mapping[str, float],
    entry: str,
    task: str,
    dataset_revision: str,
    weights: str,
) -> SampleRecord:
    first = group[0]
    completions = [completion for state in group for completion in state.result.completions]
    output = completions[0].text if completions else ""
    errors = [str(state.result.error) for state in group if not state.result.success]
    return SampleRecord(
        entry=entry,
        sample_id=key[0],
        key=_sample_key(first, task, weights).digest(),
        dataset_revision=dataset_revision,
        split=str(first.instance.split),
        prompt_sha256=hashlib.sha256(_prompt(first.request).encode()).hexdigest(),
        output=output,
        finish_reason=_worst(group),
        repeat=key[2],
        perturbation=first.instance.perturbation.name if first.instance.perturbation else None,
        requests=len(group),
        tokens_in=int(scores["num_prompt_tokens"]) if "num_prompt_tokens" in scores else None,
        tokens_out=sum(len(completion.tokens) for completion in completions) if completions else None,
        scores=dict(scores),
        choice_read=first.output_mapping is not None and output.strip() in first.output_mapping,
        unscorable=_unscorable(first, output),
        error=errors[0] if errors else None,
        seconds=sum(state.result.request_time or 0.0 for state in group),
        reused=all(state.result.cached for state in group),
    )


def _sample_key(state: Any, task: str, weights: str) -> SampleKey:
    request = state.request
    generation = {
        "temperature": request.temperature,
        "num_completions": request.num_completions,
        "top_k_per_token": request.top_k_per_token,
        "max_tokens": request.max_tokens,
        "stop_sequences": list(request.stop_sequences),
        "echo_prompt": request.echo_prompt,
        "top_p": request.top_p,
        "random": request.random,
    }
    return SampleKey(weights, task, _prompt(request), generation, state.train_trial_index)


def _prompt(request: Any) -> str:
    return json.dumps(request.messages, ensure_ascii=False) if request.messages else str(request.prompt)


def _worst(group: list[Any]) -> FinishReason:
    """Cut off, if any of the completions was."""
    reasons = [_finish_reason(state.request, completion) for state in group for completion in state.result.completions]
    for reason in (FinishReason.LENGTH, FinishReason.STOP):
        if reason in reasons:
            return reason
    return FinishReason.UNKNOWN


def _finish_reason(request: Any, completion: Any) -> FinishReason:
    """Why the model stopped. HELM's Hugging Face client does not say, so it is told from the number of tokens.

    HELM takes stop sequences and end-of-text off before it counts: an answer that still has all its tokens was cut.
    """
    stated = (completion.finish_reason or {}).get("reason")
    if stated in ("length", "stop"):
        return FinishReason(stated)
    if request.max_tokens > 0 and not request.echo_prompt and len(completion.tokens) >= request.max_tokens:
        return FinishReason.LENGTH
    return FinishReason.STOP


def _unscorable(state: Any, output: str) -> str | None:
    """Why no answer could be read, with HELM's own rule: a choice is the stripped output, looked up as it is."""
    if not state.result.success:
        return None
    if state.output_mapping is not None:
        choices = list(state.output_mapping)
        return None if output.strip() in choices else f"not one of the choices {', '.join(choices)}"
    if state.reference_index is None and state.request.max_tokens > 0 and not output.strip():
        return "empty answer"
    return None
