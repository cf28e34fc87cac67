"""An entry's aggregates as HELM computes them, and the metric by which its scenario is usually judged."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cajajejo.harness.helm.overview import default_schema

__all__ = ["entry_metrics", "main_metric", "scenario_name", "score_metrics"]


def entry_metrics(stats_path: Path) -> dict[str, float]:
    """Reads HELM's `stats.json`: `exact_match,split=test,…` to the mean.

    Statistics without a value (no instance had one) are left out. Of two with one name the first counts, as HELM
    itself warns of them.
    """
    stats = [stat for stat in json.loads(stats_path.read_text(encoding="utf-8")) if _has_value(stat)]
    labels = [_label(stat["name"]) for stat in stats]
    metrics: dict[str, float] = {}
    for stat, label in zip(stats, labels, strict=True):
        unique = label if labels.count(label) == 1 else _label(stat["name"], whole=True)
        metrics.setdefault(unique, float(stat["mean"]))
    return metrics


def _has_value(stat: dict[str, Any]) -> bool:
    return stat.get("mean") is not None and math.isfinite(stat["mean"])


def _label(name: dict[str, Any], *, whole: bool = False) -> str:
    """The metric, its split and how its input was changed, such as `exact_match,split=test,perturbation=typos`.

    Args:
        name: HELM's name of a statistic.
        whole: Whether to give every parameter of the change, which few need to tell two of them apart.
    """
    parts = [str(name["name"])]
    parts += [f"{key}={name[key]}" for key in ("split", "sub_split") if name.get(key)]
    change = name.get("perturbation") or {}
    if change:
        parts.append(f"perturbation={change.get('name')}")
    keys = sorted(set(change) - {"name"}) if whole else [key for key in ("computed_on",) if key in change]
    return ",".join([*parts, *(f"{key}={change[key]}" for key in keys)])


def scenario_name(run_spec: Any) -> str:
    """Returns the short name of the scenario: what stands before the arguments in the run spec's name."""
    return str(run_spec.name).split(":", 1)[0].split(",", 1)[0]


def score_metrics(run_spec: Any, main: str | None) -> tuple[str, ...]:
    """Returns the metrics that judge answers: those which the run spec names, and the main one."""
    named = [str(name) for metric_spec in run_spec.metric_specs for name in metric_spec.args.get("names", ())]
    return tuple(dict.fromkeys([*([main] if main else []), *named]))


def main_metric(run_spec: Any, metrics: dict[str, float]) -> tuple[str | None, str | None]:
    """Returns the name and split of the metric by which the scenario is usually judged.

    HELM's classic schema says so for its scenarios; else the scenario itself may; else it is the first metric that
    the run spec names. (None, None) where HELM computed none of these.
    """
    for name, split in _candidates(run_spec):
        for candidate_split in (split, "test", "valid"):
            if f"{name},split={candidate_split}" in metrics:
                return name, candidate_split
    return None, None


def _candidates(run_spec: Any) -> Iterator[tuple[str, str | None]]:
    groups = default_schema().name_to_run_group
    for group in reversed(run_spec.groups):
        environment = groups[group].environment if group in groups else {}
        if environment.get("main_name"):
            yield str(environment["main_name"]), environment.get("main_split")
    metadata = _scenario_metadata(run_spec)
    if metadata is not None:
        yield str(metadata.main_metric), metadata.main_split
    for metric_spec in run_spec.metric_specs:
        yield from ((str(name), None) for name in metric_spec.args.get("names", ()))


def _scenario_metadata(run_spec: Any) -> Any:
    from helm.benchmark.scenarios.scenario import create_scenario

    try:
        return create_scenario(run_spec.scenario_spec).get_metadata()
    except NotImplementedError:
        return None
