"""`cajajejo jobs doctor`: whether a job could run, before it costs anything."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import ContextOption, KubeconfigOption, NamespaceOption

if TYPE_CHECKING:
    from cajajejo.cluster.doctor.check import Check
    from cajajejo.config import EvaluationInput
    from cajajejo.manifests.spec import JobSpec

__all__ = ["doctor_command"]


def doctor_command(
    config: Annotated[
        Path | None, typer.Argument(metavar="[CONFIG]", help="The job config (YAML). Default: only the cluster.")
    ] = None,
    helm_config: Annotated[
        Path | None, typer.Argument(metavar="[HELM_CONFIG]", help="The HELM run entries (HOCON), to check them too.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the checks as JSON on stdout.")] = False,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Look whether the cluster could run a job, before it costs anything. Nothing is created.

    Each line is ok, a warning or a failure, with what to do. What the login may not see is a warning.

    Exit codes: 0 nothing failed, 2 something must be mended, 3 the cluster cannot be asked.
    """
    import itertools

    from cajajejo.cli.jobs.cluster_options import open_api
    from cajajejo.cli.jobs.evaluation import print_warnings
    from cajajejo.cli.streams import json_text
    from cajajejo.cluster.doctor.examine import examine
    from cajajejo.report.doctor import doctor_data, doctor_exit_code
    from cajajejo.report.doctor_outside import examine_outside

    inputs = None if config is None else _inputs(config, helm_config)
    spec = None if inputs is None else _spec(inputs, namespace)
    api = open_api(context, spec.namespace if spec else namespace, kubeconfig)
    if inputs is None or spec is None:
        checks = examine(api, api.namespace)
    else:
        print_warnings(inputs.warnings)
        objects = {"Job": spec.job, "ConfigMap": spec.config_map}
        if spec.storage_class is not None:
            objects["StorageClass"] = spec.storage_class
        checks = itertools.chain(examine(api, api.namespace, objects), examine_outside(inputs.job.value))
    if json_output:
        found = list(checks)
        sys.stdout.write(json_text(doctor_data(found)))
    else:
        found = _printed(checks)
    raise typer.Exit(int(doctor_exit_code(found)))


def _printed(checks: Iterable[Check]) -> list[Check]:
    """Prints each check as soon as it is known."""
    from cajajejo.cli.screen import print_lines, screen_width
    from cajajejo.report.doctor import check_lines, closing_line, folded

    found: list[Check] = []

    def kept() -> Iterator[Check]:
        for check in checks:
            found.append(check)
            yield check

    for check in folded(kept()):
        print_lines(check_lines(check, screen_width()))
        sys.stdout.flush()
    print_lines([closing_line(found)])
    return found


def _inputs(config: Path, helm_config: Path | None) -> EvaluationInput:
    """Both configs; what the cluster must have does not depend on the run entries, so that any will do."""
    from cajajejo.config import EvaluationInput, Loaded, RunEntries, RunEntry, SourceFile, load_evaluation
    from cajajejo.config.load import load_job_config

    if helm_config is not None:
        return load_evaluation(config, helm_config)
    text = 'entries: [{description: "boolq:model=huggingface/model"}]\n'
    source = SourceFile(Path("run_specs.conf"), text.encode(), text)
    return EvaluationInput(load_job_config(config), Loaded(RunEntries((RunEntry("boolq"),)), source))


def _spec(inputs: EvaluationInput, namespace: str | None) -> JobSpec:
    """The job as it would be submitted."""
    from cajajejo.cli.jobs.manifests import source_of
    from cajajejo.cluster.submission.submit import in_other_namespace
    from cajajejo.manifests.render import render

    spec = render(inputs, source_of(inputs.job.source.path, inputs.entries.source.path, None))
    return in_other_namespace(spec, namespace or spec.namespace)
