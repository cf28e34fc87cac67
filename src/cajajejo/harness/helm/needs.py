"""What an entry's metrics need on disk, found before the first request rather than after the last."""

from __future__ import annotations

import sys
from typing import Any

from cajajejo.harness.helm.preparation import Downloads

__all__ = ["missing_needs"]

PROBE = "The answer is 4."


def missing_needs(run_spec: Any, downloads: Downloads) -> str | None:
    """Says why the metrics of a run spec could not score an answer, or None where they could.

    Every metric is made, and those that compare texts are tried on a text. NLTK data that turns out to be needed is
    fetched first, where the network allows it.
    """
    cause = _first_failure(run_spec)
    if cause is not None and downloads.wanted:
        downloads.fetch()
        cause = _first_failure(run_spec)
    return cause


def _first_failure(run_spec: Any) -> str | None:
    from helm.benchmark.metrics.metric import create_metric

    for metric_spec in run_spec.metric_specs:
        short_name = metric_spec.class_name.rsplit(".", 1)[-1]
        try:
            metric = create_metric(metric_spec)
            _try_texts(metric, metric_spec, run_spec)
        except LookupError as error:
            return f"metric {short_name} needs NLTK data that is not on this machine: {_resource(error)}"
        except ImportError as error:
            return f"metric {short_name} needs a package that is not installed: {error}"
    return None


def _try_texts(metric: Any, metric_spec: Any, run_spec: Any) -> None:
    module = sys.modules[type(metric).__module__]
    names = metric_spec.args.get("names") if type(metric).__name__ == "BasicGenerationMetric" else None
    if names:
        _try_reference_metrics([str(name) for name in names], run_spec)
    elif hasattr(module, "word_tokenize") or hasattr(module, "sent_tokenize"):
        from nltk.tokenize import word_tokenize

        word_tokenize(PROBE)


def _try_reference_metrics(names: list[str], run_spec: Any) -> None:
    """Scores a made-up instance. Only what says that data is missing counts: it may not suit a metric otherwise."""
    from helm.benchmark.adaptation.request_state import RequestState
    from helm.benchmark.metrics.evaluate_reference_metrics import compute_reference_metrics
    from helm.benchmark.scenarios.scenario import CORRECT_TAG, Input, Instance, Output, Reference
    from helm.common.request import GeneratedOutput, Request, RequestResult

    instance = Instance(
        Input(text=PROBE), [Reference(Output(text=PROBE), tags=[CORRECT_TAG])], split="test", id="probe"
    )
    result = RequestResult(
        success=True,
        embedding=[],
        cached=False,
        completions=[GeneratedOutput(text=PROBE, logprob=0.0, tokens=[])],
    )
    state = RequestState(
        instance=instance,
        reference_index=None,
        request_mode=None,
        train_trial_index=0,
        output_mapping=None,
        request=Request(prompt=PROBE),
        result=result,
        num_train_instances=0,
        prompt_truncated=False,
    )
    for name in names:
        try:
            compute_reference_metrics([name], run_spec.adapter_spec, state, None)
        except (LookupError, ImportError) as error:
            if isinstance(error, ImportError) or "nltk" in str(error).lower():
                raise
        except Exception:  # noqa: BLE001, S112 - a metric that cannot score this instance may well score real ones
            continue


def _resource(error: LookupError) -> str:
    words = str(error).split()
    for position, word in enumerate(words):
        if word == "Resource" and position + 1 < len(words):
            return f"{words[position + 1]} (python -m nltk.downloader {words[position + 1]})"
    return str(error).strip().splitlines()[0]
