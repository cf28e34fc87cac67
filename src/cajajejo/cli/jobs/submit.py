"""`cajajejo jobs evaluation submit-job`: specs or configs to Jobs on the cluster."""

from __future__ import annotations

import functools
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cajajejo.cli.jobs.cluster_options import (
    ContextOption,
    KubeconfigOption,
    NamespaceOption,
    open_api,
)
from cajajejo.cli.jobs.time_limit import TimeLimit

if TYPE_CHECKING:
    from cajajejo.cli.jobs.job_sources import JobSource
    from cajajejo.cluster.client.api import Api
    from cajajejo.cluster.submission.attempts import Memory
    from cajajejo.cluster.submission.dry_run import Outlook
    from cajajejo.cluster.submission.submit import Submitted
    from cajajejo.cluster.submission.submit_many import Outcome
    from cajajejo.manifests.spec import JobSpec

__all__ = ["submit_job_command"]

_GO_ON = "what was submitted goes on: `cajajejo jobs list`; the same command again attaches to it"


def submit_job_command(
    job_spec_path: Annotated[
        list[Path] | None,
        typer.Option(help="A file that parse-job wrote; - is stdin. May be given several times."),
    ] = None,
    path_to_config: Annotated[
        list[Path] | None, typer.Option(help="A job config (YAML). May be given several times.")
    ] = None,
    path_to_helm_config: Annotated[
        list[Path] | None, typer.Option(help="The HELM run entries (HOCON): one for all configs, or one for each.")
    ] = None,
    config_version: Annotated[
        str | None, typer.Option(help="Recorded as config_git_sha. Default: the git commit of the config.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Let the API server check it, show what would change, and change nothing.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for the end; the exit code is the job's.")] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait, and print the logs meanwhile.")] = False,
    timeout: Annotated[
        str | None, typer.Option("--timeout", metavar="T", help="Wait so long at most: 90s, 30m, 2h, 1d.")
    ] = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    namespace: NamespaceOption = None,
    context: ContextOption = None,
    kubeconfig: KubeconfigOption = None,
) -> None:
    """Submit evaluation jobs to a Kubernetes cluster.

    The same content again attaches to the job while it runs; after its end it starts a new attempt.

    Exit codes: 0 ok, 2 bad input, 3 the cluster failed (worth a retry); with --wait or --follow also 1 the evaluation
    failed, 124 timed out, 130 interrupted (the job goes on).
    """
    from cajajejo.cli.jobs.job_sources import job_sources

    limit = TimeLimit.parse(timeout)
    sources = job_sources(job_spec_path or [], path_to_config or [], path_to_helm_config or [], config_version)
    if follow and len(sources) > 1:
        raise typer.BadParameter("--follow prints the logs of one job; --wait waits for all")
    if wait and json_output and len(sources) > 1:
        raise typer.BadParameter("--wait with --json tells how one job ended; with several, wait for each")
    if dry_run and (wait or follow):
        raise typer.BadParameter("--dry-run starts nothing that could be waited for")
    if timeout is not None and not (wait or follow):
        raise typer.BadParameter("--timeout needs --wait or --follow")
    first = sources[0].read() if len(sources) == 1 else None
    shell = _Shell(open_api(context, namespace, kubeconfig), namespace)
    if dry_run:
        from cajajejo.cli.jobs.submit_dry_run import print_outlooks

        raise typer.Exit(print_outlooks(sources, lambda one: first or one.read(), shell.outlook, as_json=json_output))
    with limit.enforced("it is not known how the job is" if first else "not all jobs have ended", _GO_ON):
        code = _submit(shell, sources, first, limit if wait or follow else None, follow=follow, as_json=json_output)
    raise typer.Exit(code)


def _submit(
    shell: _Shell,
    sources: list[JobSource],
    first: JobSpec | None,
    limit: TimeLimit | None,
    *,
    follow: bool,
    as_json: bool,
) -> int:
    """Submits, and waits as long as `limit` says where there is one; returns the exit code."""
    outcomes = _submit_one(shell, first) if first is not None else _submit_many(shell, sources)
    code = _show(shell, sources, outcomes, as_json=as_json, quiet=limit is not None and as_json)
    # Of equal contents there is one job.
    jobs = list({one.submitted.uid: one.submitted for one in outcomes if one.submitted is not None}.values())
    if limit is None or not jobs:
        return code
    from cajajejo.cli.jobs.wait import wait_for_submitted

    return max(code, wait_for_submitted(shell.api, jobs, limit=limit, follow=follow, as_json=as_json))


class _Shell:
    """The cluster, and the namespace that the user named."""

    def __init__(self, api: Api, namespace: str | None) -> None:
        self.api = api
        self._namespace = namespace

    @functools.cached_property
    def memory(self) -> Memory:
        """What was submitted from here before."""
        from cajajejo.cluster.submission.attempts import Memory
        from cajajejo.cluster.submission.submissions import recent

        return Memory(recent(), self.api.connection.server)

    def outlook(self, spec: JobSpec) -> Outlook:
        """What submitting would change."""
        from cajajejo.cluster.submission.dry_run import dry_run

        return dry_run(self.api, self.placed(spec), self.memory)

    def placed(self, spec: JobSpec) -> JobSpec:
        from cajajejo.cluster.submission.submit import in_other_namespace

        return in_other_namespace(spec, self._namespace or spec.namespace)

    def commands(self, submitted: Submitted) -> list[str]:
        """The three next commands."""
        options = self.api.connection.options_for(submitted.namespace)
        words = ("status", "logs -f", "cancel")
        return [f"cajajejo jobs {word} {submitted.name}{options}" for word in words]


def _submit_one(shell: _Shell, spec: JobSpec) -> list[Outcome]:
    from cajajejo.cluster.submission.submit import submit
    from cajajejo.cluster.submission.submit_many import Outcome

    spec = shell.placed(spec)
    submitted = submit(shell.api, spec, shell.memory)
    _remember(shell.api, spec, submitted)
    return [Outcome(0, spec, submitted)]


def _submit_many(shell: _Shell, sources: list[JobSource]) -> list[Outcome]:
    from cajajejo.cli.errors import print_error
    from cajajejo.cli.streams import visible, write_error
    from cajajejo.cluster.submission.submit_many import submit_all

    done = failed = 0
    told_at_s = began_s = time.monotonic()

    def tell(outcome: Outcome) -> None:
        nonlocal done, failed, told_at_s
        done += 1
        if outcome.error is not None:
            failed += 1
            write_error(f"{visible(sources[outcome.index].label)}:\n")
            print_error(outcome.error)
        elif outcome.spec is not None and outcome.submitted is not None:
            _remember(shell.api, outcome.spec, outcome.submitted)
        now_s = time.monotonic()
        if now_s - told_at_s >= 1.0 or done == len(sources):
            told_at_s = now_s
            rate = done / max(now_s - began_s, 0.001)
            but = f", {failed} failed" if failed else ""
            write_error(f"submitted {done - failed} of {len(sources)}{but} ({rate:.0f}/s)\n")

    def prepare(source: JobSource) -> JobSpec:
        return shell.placed(source.read())

    try:
        prepared = [functools.partial(prepare, source) for source in sources]
        return submit_all(shell.api, prepared, on_outcome=tell, memory=shell.memory)
    except KeyboardInterrupt:
        write_error(
            f"{done - failed} of {len(sources)} were submitted; the same command again goes on with the others\n"
        )
        raise


def _remember(api: Api, spec: JobSpec, submitted: Submitted) -> None:
    from cajajejo.cluster.submission.submissions import Submission, remember
    from cajajejo.manifests import labels
    from cajajejo.redact import without_userinfo

    notes = spec.job["metadata"].get("annotations") or {}
    remember(
        Submission(
            name=submitted.name,
            namespace=submitted.namespace,
            context=api.connection.context,
            server=api.connection.server,
            tracking_uri=without_userinfo(str(notes.get(labels.TRACKING_URI_ANNOTATION, ""))),
            experiment_name=str(notes.get(labels.EXPERIMENT_ANNOTATION, "")),
            config_path=str(notes.get(labels.CONFIG_PATH_ANNOTATION, "")),
            helm_config_path=str(notes.get(labels.HELM_CONFIG_PATH_ANNOTATION, "")),
            submitted_at_s=time.time(),
        )
    )


def _show(shell: _Shell, sources: list[JobSource], outcomes: list[Outcome], *, as_json: bool, quiet: bool) -> int:
    """Prints what came out; returns the exit code."""
    from cajajejo.cli.jobs.submitted import outcome_data, outcome_line, submitted_text
    from cajajejo.cli.streams import json_text, printed, visible, write_error

    lines = [outcome_line(outcome, sources[outcome.index].label) for outcome in outcomes]
    if quiet:
        write_error("".join(f"{visible(line)}\n" for line in lines))
    elif as_json:
        data = [outcome_data(outcome, sources[outcome.index].label, shell.commands) for outcome in outcomes]
        text = json_text({"ok": all(item["ok"] for item in data), "jobs": data})
        printed(lambda: sys.stdout.write(text))
    elif len(outcomes) == 1 and (submitted := outcomes[0].submitted) is not None:
        text = submitted_text(submitted, shell.api.now_s(), shell.commands(submitted))
        printed(lambda: sys.stdout.write(visible(text)))
    else:
        printed(lambda: sys.stdout.write("".join(f"{visible(line)}\n" for line in lines)))
    _warn(outcomes)
    return max((int(outcome.error.exit_code) for outcome in outcomes if outcome.error is not None), default=0)


def _warn(outcomes: list[Outcome]) -> None:
    """Says each warning once, however many jobs it is about."""
    from cajajejo.cli.streams import visible, write_error

    warnings = [text for outcome in outcomes if outcome.submitted for text in outcome.submitted.warnings]
    for text in dict.fromkeys(warnings):
        count = warnings.count(text)
        write_error(f"warning: {visible(text)}{f' ({count} jobs)' if count > 1 else ''}\n")
