"""Descriptions of entries to HELM's run specs, and what is wrong with those that HELM does not know."""

from __future__ import annotations

import argparse
import difflib
import hashlib
import inspect
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cajajejo.harness.contract import EntryRequest
from cajajejo.harness.programs import HARNESSES

__all__ = ["EntryProblem", "ResolvedEntry", "Weights", "resolve_entries"]


@dataclass(frozen=True)
class Weights:
    """What stands for the weights that answer.

    Attributes:
        names: The names of the job's own model; entries that name none get the first.
        fingerprint: Of its folder.
        code: Hash of the code outside HELM that decides results.
    """

    names: Sequence[str]
    fingerprint: str
    code: str = ""

    def of(self, run_spec: Any) -> str:
        """Returns what stands for the weights behind a run spec: for a model of the hub, its name and revision."""
        deployment = str(run_spec.adapter_spec.model_deployment)
        return self.fingerprint if deployment in self.names else deployment


@dataclass(frozen=True)
class ResolvedEntry:
    """One run spec, ready to be run."""

    index: int
    """Position of its entry in the request, from 0."""
    description: str
    run_spec: Any
    """HELM's `RunSpec`."""
    fingerprint: str
    weights: str
    """What stands for the weights that answer."""

    @property
    def name(self) -> str:
        """HELM's name for it, which is also its folder."""
        return str(self.run_spec.name)


@dataclass(frozen=True)
class EntryProblem:
    """An entry that HELM cannot run."""

    index: int
    message: str
    suggestions: tuple[str, ...] = ()


def resolve_entries(
    entries: Sequence[EntryRequest], arguments: argparse.Namespace, weights: Weights
) -> tuple[list[ResolvedEntry], list[EntryProblem]]:
    """Resolves all entries, collecting every problem rather than stopping at the first.

    Args:
        entries: As in the run-entries file.
        arguments: HELM's arguments (instances, trials, filters).
        weights: The job's own model.
    """
    resolved: dict[str, ResolvedEntry] = {}
    problems: list[EntryProblem] = []
    for index, entry in enumerate(entries):
        try:
            run_specs = _run_specs(entry, arguments, weights.names[0])
        except Exception as error:  # noqa: BLE001 - run spec functions are plugins: any exception is about this entry
            problems.append(_explain(index, entry, error))
            continue
        for run_spec in run_specs:
            item = ResolvedEntry(
                index, entry.description, run_spec, _fingerprint(run_spec, weights), weights.of(run_spec)
            )
            earlier = resolved.setdefault(item.name, item)
            if earlier.fingerprint != item.fingerprint:
                problems.append(EntryProblem(index, _clash(item, earlier)))
    if not resolved and not problems:
        problems.append(EntryProblem(0, "the filters in helm.args leave no entry to evaluate"))
    return list(resolved.values()), problems


def _clash(item: ResolvedEntry, earlier: ResolvedEntry) -> str:
    return (
        f"HELM calls it {item.name!r}, as it calls entry {earlier.index + 1} ({earlier.description!r}), though they "
        "differ; HELM would overwrite one with the other: put them into two files"
    )


class UnknownModelError(ValueError):
    """An entry names a model that nobody registered."""


def _require_known_model(description: str) -> None:
    """Refuses a `huggingface/…` name that is not registered, which HELM would look for on the hub."""
    from helm.benchmark.model_deployment_registry import DEPLOYMENT_NAME_TO_MODEL_DEPLOYMENT
    from helm.common.object_spec import parse_object_spec

    model = _model_of(parse_object_spec(description))
    if model and model.startswith("huggingface/") and model not in DEPLOYMENT_NAME_TO_MODEL_DEPLOYMENT:
        raise UnknownModelError(model)


def _model_of(spec: Any) -> str | None:
    model = spec.args.get("model_deployment") or spec.args.get("model")
    return None if model is None else str(model)


def _run_specs(entry: EntryRequest, arguments: argparse.Namespace, default_model: str) -> list[Any]:
    from helm.benchmark.presentation.run_entry import RunEntry
    from helm.benchmark.run import run_entries_to_run_specs

    _require_known_model(entry.description)
    names_model = "model=" in entry.description or "model_deployment=" in entry.description
    groups = None if entry.groups is None else list(entry.groups)
    run_specs: list[Any] = run_entries_to_run_specs(
        run_entries=[RunEntry(description=entry.description, priority=entry.priority, groups=groups)],
        max_eval_instances=arguments.max_eval_instances,
        num_train_trials=arguments.num_train_trials,
        models_to_run=arguments.models_to_run or (None if names_model else [default_model]),
        groups_to_run=arguments.groups_to_run,
        priority=arguments.priority,
    )
    return run_specs


def _fingerprint(run_spec: Any, weights: Weights) -> str:
    """What an entry's results depend on. Equal fingerprints mean equal results, so a finished one is not redone."""
    from helm.common.general import asdict_without_nones

    content = {
        "run_spec": asdict_without_nones(run_spec),
        "weights": weights.of(run_spec),
        "code": weights.code,
        "helm": HARNESSES["helm"].version,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()


def _explain(index: int, entry: EntryRequest, error: Exception) -> EntryProblem:
    from helm.benchmark import model_metadata_registry
    from helm.benchmark.model_deployment_registry import DEPLOYMENT_NAME_TO_MODEL_DEPLOYMENT
    from helm.benchmark.run_spec import _REGISTERED_RUN_SPEC_FUNCTIONS, get_run_spec_function
    from helm.common.object_spec import parse_object_spec

    try:
        spec = parse_object_spec(entry.description)
    except ValueError:
        return EntryProblem(index, f"not an entry as HELM writes them (name:key=value,key=value): {error}")
    function = get_run_spec_function(spec.class_name)
    if function is None:
        near = _nearest(spec.class_name, _REGISTERED_RUN_SPEC_FUNCTIONS)
        return EntryProblem(index, f"HELM has no scenario called {spec.class_name!r}", near)
    model = _model_of(spec)
    models = {*DEPLOYMENT_NAME_TO_MODEL_DEPLOYMENT, *model_metadata_registry.get_all_models()}
    if model and model not in models and model in str(error):
        return EntryProblem(index, f"HELM has no model called {model!r}", _nearest(model, models))
    if isinstance(error, TypeError):
        parameters = list(inspect.signature(function).parameters)
        wrong = [key for key in spec.args if key in str(error) and key not in parameters]
        near = _nearest(wrong[0], parameters) if wrong else tuple(parameters)
        message = f"scenario {spec.class_name!r} takes {', '.join(parameters) or 'no arguments'}: {error}"
        return EntryProblem(index, message, near)
    return EntryProblem(index, f"{type(error).__name__}: {error}")


def _nearest(word: str, names: Iterable[str]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(word, list(names), n=3, cutoff=0.5))
