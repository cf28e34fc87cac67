"""Weights in MLflow: artifacts of a run, or a model of its registry. Where it keeps them decides how they come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cajajejo.errors import WeightsError
from cajajejo.redact import without_userinfo
from cajajejo.weights.fetch.patience import Patience
from cajajejo.weights.fetch.remote import Body, RemoteFile, Source
from cajajejo.weights.fetch.sources.bucket import BucketFolder
from cajajejo.weights.fetch.sources.mlflow_client import ClientFolder
from cajajejo.weights.fetch.sources.mlflow_server import MlflowServer, ServedFolder, is_server, stored_at
from cajajejo.weights.fetch.sources.mounted import MountedFolder

__all__ = ["RegistryModel", "RunArtifact"]

_SERVED = ("mlflow-artifacts", "http", "https")
"""Schemes of artifacts that the server fetches for us from wherever they are."""
_LOCAL = ("", "file")
_LONGEST_TIME = 20
"""So many digits at most have milliseconds since the epoch."""


class _Resolved:
    """A source that is known by another one, once it has been asked where it is."""

    kind = "mlflow"
    uri: str
    key: str
    revision: str | None = None
    question: str | None = None

    def __init__(self) -> None:
        self._inner: Source | None = None
        self._state: str | None = None

    @property
    def pinned(self) -> str | None:
        """See `Source.pinned`. Artifacts may be added to a run, and replaced, whenever somebody likes."""
        return None

    @property
    def splits(self) -> bool:
        """See `Source.splits`."""
        return self._found().splits

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`.

        MLflow tells names and sizes, which a model has that was trained again and put in the place of the first; so
        the state of what it belongs to counts as its version.
        """
        found = self._found()
        files = found.files()
        return files if found.kind != self.kind else [replace(file, version=self._state) for file in files]

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`."""
        return self._found().open(file, start, stop)

    def _found(self) -> Source:
        if self._inner is None:
            self._inner = self._resolve()
        return self._inner

    def _resolve(self) -> Source:
        raise NotImplementedError


class RunArtifact(_Resolved):
    """A folder among the artifacts of an MLflow run. Implements `Source`."""

    def __init__(self, tracking_uri: str, run_id: str, path: str, *, patience: Patience | None = None) -> None:
        """Names the artifact; nothing is asked yet.

        Args:
            tracking_uri: The tracker.
            run_id: The run.
            path: The folder among its artifacts.
            patience: How long to keep trying.
        """
        super().__init__()
        self._path = path.strip("/")
        self.uri = f"runs:/{run_id}/{self._path}"
        self.key = f"{run_id}/{self._path}"
        self.question = self.uri  # no other server has a run of that id
        self._tracking_uri = tracking_uri
        self._run_id = run_id
        self._patience = patience

    def _resolve(self) -> Source:
        if not is_server(self._tracking_uri):
            return ClientFolder(self._tracking_uri, self.uri)
        missing = "check run_id and artifact_path of model_config.mlflow_artifact"
        server = MlflowServer(self._tracking_uri, self.uri, missing, self._patience)
        told = server.ask("/runs/get", run_id=self._run_id)
        root = _text(told, "run", "info", "artifact_uri")
        if root is None:
            raise server.web.error("the server does not say where the run's artifacts are")
        self._state = _state_of_run(told)
        served = ServedFolder(server, self.uri, "get-artifact", {"run_id": self._run_id}, self._path)
        return _place(root, self._path, served, ClientFolder(self._tracking_uri, self.uri))


class RegistryModel(_Resolved):
    """A version of a model in MLflow's registry. Implements `Source`."""

    def __init__(self, tracking_uri: str, uri: str, *, patience: Patience | None = None) -> None:
        """Names the model; nothing is asked yet.

        Args:
            tracking_uri: The tracker.
            uri: `models:/name/version` or `models:/name@alias`.
            patience: How long to keep trying.
        """
        super().__init__()
        self.uri = uri
        self._tracking_uri = tracking_uri
        self._patience = patience
        rest = uri.removeprefix("models:/")
        self._name, _, self._alias = rest.partition("@")
        if not self._alias:
            self._name, _, self.revision = rest.rpartition("/")
        # The same name means another model on another server.
        self.key = f"{urlsplit(without_userinfo(tracking_uri)).netloc or 'local'}/{self._name}"
        # A version is of one folder as long as its model and its server exist, which nobody knows without asking.
        self.question = f"{without_userinfo(tracking_uri).rstrip('/')} {uri}" if is_server(tracking_uri) else None

    def _resolve(self) -> Source:
        if not is_server(self._tracking_uri):
            return ClientFolder(self._tracking_uri, self.uri)
        missing = f"check model_config.mlflow_model: which models and versions there are shows {self._tracking_uri}"
        server = MlflowServer(self._tracking_uri, self.uri, without_userinfo(missing), self._patience)
        if self._alias:
            told = server.ask("/registered-models/alias", name=self._name, alias=self._alias)
            self.revision = _text(told, "model_version", "version")
        named = {"name": self._name, "version": self.revision or ""}
        root = _text(server.ask("/model-versions/get-download-uri", **named), "artifact_uri")
        if root is None:
            raise server.web.error("the server does not say where the model is")
        return self._at(root, server, named)

    def _at(self, root: str, server: MlflowServer, named: dict[str, str]) -> Source:
        if root.startswith("runs:/"):
            run_id, _, path = root.removeprefix("runs:/").partition("/")
            return RunArtifact(self._tracking_uri, run_id, path, patience=self._patience)
        if root.startswith("models:/"):
            told = server.ask(f"/logged-models/{root.removeprefix('models:/')}")
            root = _text(told, "model", "info", "artifact_uri") or root
            self._state = _joined(_within(told, "model", "info"), "status", "last_updated_timestamp_ms")
        served = ServedFolder(server, self.uri, "model-versions/get-artifact", named, "")
        if urlsplit(root).scheme in _SERVED:
            served.listed_below(stored_at(root))
        elif urlsplit(root).scheme in _LOCAL and not _local(root).is_dir():
            words = f"the model is at {root}, which is no folder of this machine"
            raise WeightsError(
                f"cannot fetch {self.uri} (status 404): {words}",
                source=self.uri,
                status=404,
                remedy="mount that folder, or start the MLflow server with --artifacts-destination",
            )
        return _place(root, "", served, ClientFolder(self._tracking_uri, self.uri))


def _place(root: str, path: str, served: ServedFolder, client: ClientFolder) -> Source:
    """The source for artifacts that are at a root; MLflow's client would go there itself, too."""
    scheme = urlsplit(root).scheme
    if scheme == "gs":
        return BucketFolder("/".join(part for part in (root.rstrip("/"), path) if part))
    if scheme in _LOCAL and _local(root).is_dir():
        return MountedFolder(_local(root) / path)
    return served if scheme in (*_SERVED, *_LOCAL) else client


def _local(root: str) -> Path:
    return Path(unquote(urlsplit(root).path) if root.startswith("file:") else root)


def _state_of_run(told: object) -> str | None:
    """Whether a run has ended, and when; and, while it goes on, when it last told of itself."""
    metrics = _within(told, "run", "data").get("metrics")
    times = [one.get("timestamp") for one in metrics if isinstance(one, dict)] if isinstance(metrics, list) else []
    latest = max((str(time).zfill(_LONGEST_TIME) for time in times), default="")
    ended = _joined(_within(told, "run", "info"), "status", "end_time")
    return f"{ended} {latest}".strip() or None


def _joined(told: Mapping[str, object], *keys: str) -> str:
    return " ".join(str(told[key]) for key in keys if key in told)


def _within(told: object, *keys: str) -> Mapping[str, object]:
    for key in keys:
        told = told.get(key) if isinstance(told, dict) else None
    return told if isinstance(told, dict) else {}


def _text(told: object, *keys: str) -> str | None:
    *path, last = keys
    found = _within(told, *path).get(last)
    return found if isinstance(found, str) and found else None
