"""One evaluation, in order: read, check, claim, evaluate, summarize, record."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from cajajejo.config import EvaluationInput, load_evaluation
from cajajejo.errors import CajajejoError, ExitCode, StoreError, SupersededError, TrackerError
from cajajejo.evaluation.closing import artifacts, params, summarize, write_run_file
from cajajejo.evaluation.identity import request_hash
from cajajejo.evaluation.interrupts import Interrupts
from cajajejo.evaluation.model import prepare_endpoint
from cajajejo.evaluation.observer import Observer, SilentObserver
from cajajejo.evaluation.options import EvaluationOptions
from cajajejo.evaluation.plan import HARNESS, Plan, make_plan, require_room, tracking_uri_of
from cajajejo.evaluation.recording import Recorder, open_recorder
from cajajejo.evaluation.results import write_results
from cajajejo.evaluation.work import Work
from cajajejo.harness.contract import FolderEndpoint
from cajajejo.harness.process import HarnessProcess
from cajajejo.harness.programs import HARNESSES
from cajajejo.redact import Redactor
from cajajejo.results.summary import EvaluationSummary
from cajajejo.store.attempts import claim_attempt
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.base import RunHandle
from cajajejo.tracking.probe import probe

__all__ = ["EvaluationResult", "evaluate"]

FLUSH_WITHIN_S = 20.0
"""After a signal, how long recording may take: a cluster kills a pod 30 s after it has asked it to end."""


@dataclass(frozen=True)
class EvaluationResult:
    """What came out.

    Attributes:
        summary: The scores.
        folder: Where everything is.
        inputs: The configs.
        tracking_uri: Where it was recorded, or None.
        tracker_run: The tracker's run, or None.
        unrecorded: Why the tracker does not have everything yet, or None.
    """

    summary: EvaluationSummary
    folder: RunFolder
    inputs: EvaluationInput
    tracking_uri: str | None
    tracker_run: RunHandle | None
    unrecorded: CajajejoError | None

    @property
    def exit_code(self) -> ExitCode:
        """0, 1 where an entry failed, or 3 where the tracker does not have everything."""
        if self.unrecorded is not None:
            return self.unrecorded.exit_code
        succeeded = self.summary.status == "finished" and not self.summary.failed
        return ExitCode.OK if succeeded else ExitCode.WORK_FAILED


def evaluate(options: EvaluationOptions, observer: Observer | None = None) -> EvaluationResult:
    """Evaluates a model and records what came out.

    Running again into the same folder continues: finished entries are skipped and answered requests are not asked
    again, as long as configs, arguments and weights are the same for them.

    Args:
        options: What is asked.
        observer: Who watches.

    Raises:
        ConfigError: A config cannot be used.
        ModelError: The model is missing, incomplete, or cannot be loaded.
        DeviceError: An accelerator was asked for and cannot be used.
        TrackerError: The tracker cannot be reached, or refuses, before the evaluation starts.
        StoreError: The folder cannot be written, or another evaluation works in it.
        HarnessCrashError: The harness died.
        InterruptedRunError: A signal arrived. What was done by then is recorded.
    """
    observer = observer or SilentObserver()
    with Interrupts() as interrupts:
        inputs, folder, endpoint = _prepare(options, observer)
        interrupts.hold()
        attempt = claim_attempt(folder)
        plan = make_plan(options, inputs, folder, attempt, endpoint)
        return _carry_out(plan, observer, interrupts)


def _prepare(options: EvaluationOptions, observer: Observer) -> tuple[EvaluationInput, RunFolder, FolderEndpoint]:
    """Everything that can be found wrong before the folder is claimed."""
    observer.step("reading the configs")
    inputs = load_evaluation(options.config_path, options.helm_config_path)
    for problem in inputs.warnings:
        observer.warn(problem.render())
    if options.harness_command is None:
        HARNESSES[HARNESS].require_installed()
    folder = RunFolder(options.run_folder.absolute())
    require_room(folder.root)
    observer.step("checking the model")
    endpoint = prepare_endpoint(inputs.job, folder)
    tracking_uri = tracking_uri_of(options, inputs, folder)
    if tracking_uri is not None:
        observer.step("asking the tracker")
        probe(tracking_uri)
    return inputs, folder, endpoint


def _carry_out(plan: Plan, observer: Observer, interrupts: Interrupts) -> EvaluationResult:
    """Evaluates, summarizes and records, whatever comes in between."""
    mask = Redactor(os.environ).redact
    write_run_file(plan, status="running")
    recorder = open_recorder(plan)
    work = Work(plan, observer, mask=mask)
    error: CajajejoError | None = None
    try:
        ended = _work(plan, work, recorder, observer, mask=mask, stop=interrupts.came)
        if not ended:
            error = interrupts.as_error()
    except SupersededError:
        if recorder is not None:
            recorder.abandon()
        raise
    except CajajejoError as caught:
        error = caught
    except Exception as defect:
        _close(plan, work, recorder, defect, observer, interrupts, mask)
        raise
    summary, unrecorded = _close(plan, work, recorder, error, observer, interrupts, mask)
    if error is None and unrecorded is not None and interrupts.came():
        error = interrupts.as_error(remedy=f"cajajejo tracking sync {plan.folder.root}")
    if error is not None:
        raise error
    handle = recorder.drainer.run if recorder is not None else None
    return EvaluationResult(summary, plan.folder, plan.inputs, plan.tracking_uri, handle, unrecorded)


def _close(
    plan: Plan,
    work: Work,
    recorder: Recorder | None,
    error: Exception | None,
    observer: Observer,
    interrupts: Interrupts,
    mask: Callable[[str], str],
) -> tuple[EvaluationSummary, CajajejoError | None]:
    """Writes and records what came out. A disk that cannot be written does not keep the tracker's run open.

    Returns:
        The summary, and why the tracker does not have everything, or None.

    Raises:
        SupersededError: A newer attempt has claimed the run; nothing is touched.
        StoreError: Something could not be written.
    """
    try:
        plan.attempt.require_current()
    except SupersededError:
        if recorder is not None:
            recorder.abandon()
        raise
    summary = summarize(plan, work, error, mask=mask)
    unwritten = _write(plan, work, summary)
    if unwritten is not None and error is None:
        summary = summarize(plan, work, unwritten, mask=mask)
    unrecorded = None
    if recorder is not None:
        observer.step("recording")
        unrecorded = _record(plan, recorder, summary, interrupts)
    if unwritten is not None:
        raise unwritten
    plan.attempt.end(summary.status)
    return summary, unrecorded


def _write(plan: Plan, work: Work, summary: EvaluationSummary) -> StoreError | None:
    try:
        write_results(plan.folder, summary, work.done.values())
        write_run_file(plan, status=summary.status)
    except StoreError as error:
        return error
    return None


def _work(
    plan: Plan,
    work: Work,
    recorder: Recorder | None,
    observer: Observer,
    *,
    mask: Callable[[str], str],
    stop: Callable[[], bool],
) -> bool:
    """Evaluates; returns False where `stop` came first."""

    def before_go() -> None:
        if recorder is not None and not stop():
            try:
                recorder.wait_open(give_up=stop)
            except TrackerError:
                if not stop():
                    raise

    mark = plan.folder.complete_mark(request_hash(plan.request))
    if work.reuse_all(plan.folder.store.read(mark)):
        before_go()
        return True
    observer.step(f"starting {HARNESSES[plan.request.harness].name}")
    process = HarnessProcess(
        plan.options.harness_command or HARNESSES[plan.request.harness].command,
        plan.attempt.files.request,
        log_path=plan.attempt.files.log,
        environment=_harness_environment(),
        mask=mask,
        echo=sys.stderr if plan.options.trace else None,
    )
    ended = work.follow(process, before_go=before_go, stop=stop)
    if ended:
        plan.folder.store.replace(mark, json.dumps(work.resolved).encode())
    return ended


def _record(plan: Plan, recorder: Recorder, summary: EvaluationSummary, interrupts: Interrupts) -> CajajejoError | None:
    recorder.record(summary, params(plan, summary), artifacts(plan))
    retry_for_s = plan.inputs.job.value.mlflow_config.retry_for_s
    if interrupts.came():
        retry_for_s = min(retry_for_s, FLUSH_WITHIN_S / 2)
    return recorder.finish(retry_for_s, give_up=lambda: interrupts.came(FLUSH_WITHIN_S)).error


def _harness_environment() -> dict[str, str]:
    """This process's environment without the tracker's credentials, which a harness has no use for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING_")}
