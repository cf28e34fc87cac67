"""Records into MLflow: a server, or a SQLite file with a folder `artifacts` beside it."""

from __future__ import annotations

import getpass
import math
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from cajajejo.redact import without_userinfo
from cajajejo.store.base import RunStore
from cajajejo.tracking.base import Change, RecordRefusedError, RunHandle
from cajajejo.tracking.limits import MAX_PARAM_LENGTH, MAX_TAG_LENGTH, batches, clean_key, fitting
from cajajejo.tracking.mlflow_backend import load_mlflow, open_artifacts, open_store
from cajajejo.tracking.mlflow_errors import translated
from cajajejo.tracking.records import LogArtifact, LogMetrics, LogParams, OpenRun, SetTags

if TYPE_CHECKING:
    from mlflow.entities import Run

__all__ = ["IDENTITY_TAG", "MlflowTracker"]

IDENTITY_TAG: Final = "cajajejo.identity"

_BATCH: Final = 100
"""MLflow takes 1000 metrics at once, but when 100 or more keys of a batch are replayed it fails (3.5.1)."""

_RECENT_S: Final = 5.0


class MlflowTracker:
    """Implements `Tracker` with MLflow, so that everything may be replayed.

    - A run is found by its tag `cajajejo.identity` before one is made.
    - A metric point of equal key, step, time and value exists once. One that is not finite becomes the tag
      `cajajejo.not_finite.<key>`: MLflow would store infinity as 1.8e308, and could not replay NaN.
    - A parameter keeps its first value, as MLflow demands; a later attempt's other value becomes the tag
      `cajajejo.param.<name>`.
    - Keys are cleaned and long values are cut with a mark, so that no record fails for its form.
    - Artifacts are overwritten.
    """

    def __init__(self, tracking_uri: str, *, store: RunStore, timeout_s: float = 30) -> None:
        """Imports MLflow (about 0.7 s) and makes a SQLite file ready; a server is first asked by `open`.

        Args:
            tracking_uri: `http(s)://…`, `sqlite:///…` or a folder.
            store: Where artifacts are found by their names.
            timeout_s: How long one request may take, unless MLFLOW_HTTP_REQUEST_TIMEOUT says otherwise.

        Raises:
            TrackerError: The database cannot be opened, or the URI is of an unknown kind.
            BadInputError: MLflow is not installed.
        """
        self.uri = without_userinfo(tracking_uri)
        self._uri = tracking_uri
        self._files = store
        self._is_folder = urlsplit(tracking_uri).scheme in ("", "file")
        self._artifact_uris: dict[str, str] = {}
        load_mlflow(timeout_s)
        with translated(tracking_uri):
            self._store = open_store(tracking_uri)

    def open(self, record: OpenRun) -> RunHandle:
        """See `Tracker.open`."""
        with translated(self._uri):
            experiment_id = self._experiment(record.experiment)
            run = self._find(experiment_id, record.identity)
            if run is None:
                run = self._create(experiment_id, record)
            else:
                self._set_running(run.info.run_id, record.run_name)
            handle = self._handle(run)
            description = {} if record.description is None else {"mlflow.note.content": record.description}
            self._set_tags(handle.run_id, {**record.tags, **description})
            return handle

    def attach(self, record: OpenRun) -> RunHandle | None:
        """See `Tracker.attach`."""
        with translated(self._uri):
            experiment = self._store.get_experiment_by_name(record.experiment)
            run = None if experiment is None else self._find(experiment.experiment_id, record.identity)
            return None if run is None else self._handle(run)

    def apply(self, run: RunHandle, record: Change) -> None:
        """See `Tracker.apply`."""
        with translated(self._uri):
            if isinstance(record, SetTags):
                self._set_tags(run.run_id, record.tags)
            elif isinstance(record, LogParams):
                self._log_params(run.run_id, record.params)
            elif isinstance(record, LogMetrics):
                self._log_metrics(run.run_id, record)
            elif isinstance(record, LogArtifact):
                self._upload(run.run_id, record)
            else:
                self._set_ended(run.run_id, record.status.value, record.end_time_ms)

    def close(self) -> None:
        """See `Tracker.close`."""
        engine = getattr(self._store, "engine", None)
        if engine is not None:
            engine.dispose()

    def _experiment(self, name: str) -> str:
        from mlflow.exceptions import MlflowException

        found = self._store.get_experiment_by_name(name)
        if found is None:
            try:
                return str(self._store.create_experiment(name, None, []))
            except MlflowException as error:
                if error.error_code != "RESOURCE_ALREADY_EXISTS":
                    raise
                found = self._store.get_experiment_by_name(name)
        if found is None or found.lifecycle_stage != "active":
            number = "ID" if found is None else found.experiment_id
            remedy = f"restore it with `mlflow experiments restore --experiment-id {number}`, or use another name"
            raise RecordRefusedError(
                f"the experiment {name!r} of {self.uri} has been deleted", uri=self.uri, remedy=remedy
            )
        return str(found.experiment_id)

    def _find(self, experiment_id: str, identity: str) -> Run | None:
        from mlflow.entities import ViewType

        runs = self._store.search_runs(
            [experiment_id],
            f"tags.`{IDENTITY_TAG}` = '{identity}'",
            ViewType.ACTIVE_ONLY,
            max_results=1,
            order_by=["attributes.start_time ASC"],
        )
        return runs[0] if runs else None

    def _create(self, experiment_id: str, record: OpenRun) -> Run:
        from mlflow.entities import RunTag

        user = _user()
        own = {
            IDENTITY_TAG: record.identity,
            "mlflow.user": user,
            "mlflow.source.name": "cajajejo",
            "mlflow.source.type": "JOB",
        }
        tags = [RunTag(key, value) for key, value in own.items()]
        return self._store.create_run(experiment_id, user, record.start_time_ms, tags, record.run_name)

    def _handle(self, run: Run) -> RunHandle:
        self._artifact_uris[run.info.run_id] = run.info.artifact_uri
        experiment_id, run_id = run.info.experiment_id, run.info.run_id
        url = f"{self.uri.rstrip('/')}/#/experiments/{experiment_id}/runs/{run_id}"
        return RunHandle(run_id, experiment_id, url if self.uri.startswith("http") else None)

    def _set_running(self, run_id: str, run_name: str | None) -> None:
        from mlflow.entities import RunStatus

        self._store.update_run_info(run_id, RunStatus.RUNNING, None, run_name)

    def _set_ended(self, run_id: str, status: str, end_time_ms: int) -> None:
        from mlflow.entities import RunStatus

        self._store.update_run_info(run_id, RunStatus.from_string(status), end_time_ms, None)

    def _set_tags(self, run_id: str, tags: Mapping[str, str]) -> None:
        from mlflow.entities import RunTag

        for batch in batches(fitting(tags, MAX_TAG_LENGTH).items(), _BATCH):
            self._store.log_batch(run_id, metrics=[], params=[], tags=[RunTag(*item) for item in batch])

    def _log_params(self, run_id: str, params: Mapping[str, str]) -> None:
        from mlflow.entities import Param
        from mlflow.exceptions import MlflowException

        wanted = fitting(params, MAX_PARAM_LENGTH)
        try:
            for batch in batches(wanted.items(), _BATCH):
                self._store.log_batch(run_id, metrics=[], params=[Param(*item) for item in batch], tags=[])
        except MlflowException as error:
            if error.error_code != "INVALID_PARAMETER_VALUE" and not self._is_folder:
                raise
            known = self._store.get_run(run_id).data.params
            other = {key: value for key, value in wanted.items() if known.get(key, value) != value}
            if not other:
                raise
            self._set_tags(run_id, {f"cajajejo.param.{key}": value for key, value in other.items()})
            self._log_params(run_id, {key: value for key, value in wanted.items() if key not in other})

    def _log_metrics(self, run_id: str, record: LogMetrics) -> None:
        from mlflow.entities import Metric

        finite = {key: value for key, value in record.metrics.items() if math.isfinite(value)}
        for batch in batches(self._new_points(run_id, finite, record), _BATCH):
            metrics = [Metric(key, value, record.time_ms, record.step) for key, value in batch]
            self._store.log_batch(run_id, metrics=metrics, params=[], tags=[])
        rest = {key: value for key, value in record.metrics.items() if key not in finite}
        self._set_tags(run_id, {f"cajajejo.not_finite.{clean_key(key)}": str(value) for key, value in rest.items()})

    def _new_points(self, run_id: str, finite: Mapping[str, float], record: LogMetrics) -> list[tuple[str, float]]:
        """The points to send: MLflow's databases know a point that they have, its folders do not."""
        if not self._is_folder:
            return list(finite.items())
        known = {
            (point.key, point.step, point.timestamp)
            for key in finite
            for point in self._store.get_metric_history(run_id, key)
        }
        return [item for item in finite.items() if (item[0], record.step, record.time_ms) not in known]

    def _upload(self, run_id: str, record: LogArtifact) -> None:
        path = self._files.local_path(record.name)
        files = _files_of(path)
        if files is None:
            raise RecordRefusedError(f"there is no file {path} to upload to {self.uri}", uri=self.uri)
        repository = open_artifacts(self._artifact_uris[run_id], self._uri)
        for file in files:
            parts = [record.artifact_path or "", file.relative_to(path.parent).parent.as_posix()]
            folder = "/".join(part for part in parts if part not in ("", "."))
            with _at_rest(file) if self.uri.startswith("http") else nullcontext(file) as settled:
                repository.log_artifact(str(settled), folder or None)


def _files_of(path: Path) -> Sequence[Path] | None:
    if path.is_dir():
        return sorted(file for file in path.rglob("*") if file.is_file() and not _is_temporary(file))
    return [path] if path.is_file() else None


def _is_temporary(file: Path) -> bool:
    return file.name.startswith(".tmp-") or file.parent.name.startswith(".tmp-")


@contextmanager
def _at_rest(file: Path) -> Iterator[Path]:
    """Gives a copy of a file that has just been written: an upload breaks when its file (a log) grows meanwhile."""
    try:
        age_s = time.time() - file.stat().st_mtime
    except FileNotFoundError:
        age_s = math.inf
    if age_s > _RECENT_S:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix=".tmp-", dir=file.parent) as folder:
        yield Path(shutil.copy2(file, folder))


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
