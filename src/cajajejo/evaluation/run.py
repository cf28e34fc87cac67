"""One evaluation, in order: read, check, claim, evaluate, summarize, record."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable

from cajajejo.config import EvaluationInput, load_evaluation
from cajajejo.errors import CajajejoError, InfrastructureError, StoreError, SupersededError, TrackerError
from cajajejo.evaluation.closing import artifacts, params, summarize, write_run_file
from cajajejo.evaluation.identity import request_hash
from cajajejo.evaluation.interrupts import Interrupts
from cajajejo.evaluation.model import prepare_endpoint
from cajajejo.evaluation.observer import RECORDING, Observer, RunAnnouncer, SilentObserver
from cajajejo.evaluation.options import EvaluationOptions
from cajajejo.evaluation.outcome import EvaluationResult
from cajajejo.evaluation.plan import HARNESS, Plan, make_plan, require_room, tracking_uri_of
from cajajejo.evaluation.recording import Recorder, open_recorder
from cajajejo.evaluation.results import write_results
from cajajejo.evaluation.work import Work
from cajajejo.harness.contract import FolderEndpoint
from cajajejo.harness.process import HarnessProcess
from cajajejo.harness.programs import HARNESSES
from cajajejo.redact import Redactor
from cajajejo.results.summary import EvaluationSummary
from cajajejo.store.attempts import claim_attempt, lost_attempts
from cajajejo.store.layout import RunFolder
from cajajejo.tracking.probe import probe

__all__ = ["EvaluationResult", "evaluate"]

FLUSH_WITHIN_S = 20.0
"""After a signal, how long recording may take: a cluster kills a pod 30 s after it has asked it to end."""


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
        DisruptionBudgetError: The job was disrupted too often.
        InterruptedRunError: A signal arrived. What was done by then is recorded.
    """
    observer = observer or SilentObserver()
    with Interrupts() as interrupts:
        try:
            plan = _settle(options, observer, interrupts)
        except InfrastructureError as error:
            # What a retry may mend is not worth one, where there are to be no more of them.
            excess = options.disruptions.excess()
            if excess is None:
                raise
            raise excess from error
        return _carry_out(plan, observer, interrupts)


def _settle(options: EvaluationOptions, observer: Observer, interrupts: Interrupts) -> Plan:
    """Checks everything, claims the folder and settles what is to be done."""
    inputs, folder, endpoint = _prepare(options, observer)
    interrupts.hold()
    lost = lost_attempts(folder, options.job)
    attempt = claim_attempt(folder, job=options.job)
    return make_plan(options, inputs, folder, attempt, endpoint, lost_attempts=len(lost))


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
    endpoint = prepare_endpoint(inputs.job, folder, weights_folder=options.weights_folder)
    tracking_uri = tracking_uri_of(options, inputs, folder)
    if tracking_uri is not None:
        observer.step("asking the tracker")
        probe(tracking_uri)
    return inputs, folder, endpoint


def _carry_out(plan: Plan, observer: Observer, interrupts: Interrupts) -> EvaluationResult:
    """Evaluates, summarizes and records, whatever comes in between."""
    mask = Redactor(os.environ).redact
    write_run_file(plan, status="running")
    work = Work(plan, mask=mask)
    is_complete = work.reuse_all(plan.folder.store.read(_mark(plan)))
    recorder = open_recorder(plan, is_complete=is_complete)
    if recorder is not None:
        observer = RunAnnouncer(observer, str(plan.tracking_uri), lambda: recorder.run)
    error: CajajejoError | None = None
    try:
        ended = _work(plan, work, recorder, observer, mask=mask, stop=interrupts.came, is_complete=is_complete)
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
    handle = recorder.run if recorder is not None else None
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
        observer.step(RECORDING)
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
    is_complete: bool,
) -> bool:
    """Evaluates, unless all of it is done; returns False where `stop` came first."""

    def before_go() -> None:
        if recorder is not None and not recorder.is_recorded and not stop():
            try:
                recorder.wait_open(give_up=stop)
            except TrackerError:
                if not stop():
                    raise

    if is_complete:
        before_go()
        return True
    excess = plan.options.disruptions.excess(plan.lost_attempts)
    if excess is not None:
        raise excess
    observer.step(f"starting {HARNESSES[plan.request.harness].name}")
    process = HarnessProcess(
        plan.options.harness_command or HARNESSES[plan.request.harness].command,
        plan.attempt.files.request,
        log_path=plan.attempt.files.log,
        environment=_harness_environment(),
        mask=mask,
        echo=sys.stderr if plan.options.trace else None,
    )
    ended = work.follow(process, observer, before_go=before_go, stop=stop)
    if ended:
        plan.folder.store.replace(_mark(plan), json.dumps(work.resolved).encode())
    return ended


def _mark(plan: Plan) -> str:
    return plan.folder.complete_mark(request_hash(plan.request))


def _record(plan: Plan, recorder: Recorder, summary: EvaluationSummary, interrupts: Interrupts) -> CajajejoError | None:
    recorder.record(summary, params(plan, summary), artifacts(plan))
    retry_for_s = plan.inputs.job.value.mlflow_config.retry_for_s
    if interrupts.came():
        retry_for_s = min(retry_for_s, FLUSH_WITHIN_S / 2)
    return recorder.finish(retry_for_s, give_up=lambda: interrupts.came(FLUSH_WITHIN_S)).error


def _harness_environment() -> dict[str, str]:
    """This process's environment without the tracker's credentials, which a harness has no use for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_TRACKING_")}
