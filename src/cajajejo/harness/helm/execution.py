"""One run spec from instances to scores, by HELM's runner, with progress told along the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helm.benchmark.adaptation.scenario_state import ScenarioState
from helm.benchmark.executor import ExecutionSpec, Executor
from helm.benchmark.runner import Runner
from helm.common.authentication import Authentication
from helm.common.cache_backend_config import SqliteCacheBackendConfig

from cajajejo.harness.contract import HarnessRequest, Phase

__all__ = ["EntryRunner", "InferredError", "Progress"]

REPORT_EVERY_S = 0.25


class InferredError(Exception):
    """All requests of an entry are answered, and scoring was not asked for."""


class AllFailedError(Exception):
    """Not one request of an entry was answered."""


class Progress:
    """Counts the requests of one entry and reports now and then. Used from HELM's worker threads."""

    def __init__(self, report: Callable[[int, int], None], planned: Callable[[int], None]) -> None:
        self._report = report
        self._planned = planned
        self._lock = threading.Lock()
        self._reported_at = 0.0
        self.requests = 0
        self.reused = 0

    def plan(self, requests: int) -> None:
        """Tells how many requests there will be."""
        self._planned(requests)

    def answered(self, *, reused: bool) -> None:
        """Counts one answer."""
        with self._lock:
            self.requests += 1
            self.reused += reused
            due = time.monotonic() - self._reported_at >= REPORT_EVERY_S
            if due:
                self._reported_at = time.monotonic()
                self._report(self.requests, self.reused)

    def flush(self) -> None:
        """Reports the last count."""
        with self._lock:
            self._report(self.requests, self.reused)


class ReportingExecutor(Executor):  # type: ignore[misc]
    """HELM's executor, which tells about each answer and keeps the states for the sample records."""

    def __init__(self, inner: Executor, *, score: bool) -> None:
        self.execution_spec = inner.execution_spec
        self.context = inner.context
        self.progress: Progress | None = None
        self.states: list[Any] = []
        self._score = score

    def execute(self, scenario_state: ScenarioState) -> ScenarioState:
        """Asks the model for everything in the state."""
        assert self.progress is not None
        self.progress.plan(len(scenario_state.request_states))
        executed = super().execute(scenario_state)
        self.progress.flush()
        self.states = list(executed.request_states)
        errors = [state.result.error for state in self.states if not state.result.success]
        if errors and len(errors) == len(self.states):
            raise AllFailedError(f"every request failed, the first with: {errors[0]}")
        if not self._score:
            raise InferredError
        return executed

    def process(self, state: Any) -> Any:
        """Asks the model for one answer."""
        answered = super().process(state)
        assert self.progress is not None
        self.progress.answered(reused=bool(answered.result.cached))
        return answered


class EntryRunner(Runner):  # type: ignore[misc]
    """HELM's runner with a reporting executor."""

    def __init__(self, request: HarnessRequest, *, local_path: Path, arguments: Any) -> None:
        spec = ExecutionSpec(
            url=None,
            auth=Authentication(""),
            local_path=str(local_path),
            parallelism=arguments.num_threads,
            sqlite_cache_backend_config=SqliteCacheBackendConfig(request.folders.answers),
        )
        super().__init__(
            spec,
            output_path=request.folders.output,
            suite=request.suite,
            skip_instances=False,
            cache_instances=arguments.cache_instances,
            cache_instances_only=False,
            skip_completed_runs=False,
            exit_on_error=False,
        )
        inner: Any = vars(self)["executor"]
        self.executor: ReportingExecutor = ReportingExecutor(inner, score=Phase.SCORE in request.phases)

    def run(self, run_spec: Any, progress: Progress) -> None:
        """Runs one run spec.

        Raises:
            InferredError: Everything is answered, and the request does not ask for scores.
            Exception: Whatever the scenario, the model or a metric raises.
        """
        self.executor.progress = progress
        self.executor.states = []
        self.run_one(run_spec)

    @property
    def states(self) -> list[Any]:
        """The request states of the entry that ran last."""
        return list(self.executor.states)

    def folder_of(self, run_spec: Any) -> Path:
        """Where HELM puts the files of a run spec."""
        return Path(self._get_run_path(run_spec))
