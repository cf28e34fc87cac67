"""Weights that are an artifact of an MLflow run."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.redact import Redactor, without_userinfo
from cajajejo.weights.fetch.remote import RemoteFile

__all__ = ["RunArtifact"]

_ENVIRONMENT: Final = {
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_RETRIES: Final = "5"
_REMEDIES: Final[Mapping[int, str]] = {
    401: "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    403: "give this login the right to read the run",
    404: "check run_id and artifact_path of model_config.mlflow_artifact",
}


class RunArtifact:
    """A folder among the artifacts of an MLflow run. Implements `Source`."""

    def __init__(self, tracking_uri: str, run_id: str, path: str) -> None:
        """Names the artifact; nothing is asked yet.

        Args:
            tracking_uri: The server.
            run_id: The run.
            path: The folder among its artifacts.
        """
        self.uri = f"runs:/{run_id}/{path}"
        self._tracking_uri = tracking_uri
        self._run_id = run_id
        self._path = path.strip("/")
        self._client: Any = None

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`."""
        with self._translated():
            return sorted(self._below(self._path), key=lambda file: file.name)

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        """See `Source.fetch`. MLflow fetches several files at once."""
        del files
        with self._translated():
            return Path(self._opened().download_artifacts(self._run_id, self._path, str(folder)))

    def _below(self, path: str) -> Iterator[RemoteFile]:
        for item in self._opened().list_artifacts(self._run_id, path):
            if item.is_dir:
                yield from self._below(item.path)
            else:
                name = PurePosixPath(item.path).relative_to(self._path).as_posix()
                yield RemoteFile(name, item.file_size)

    def _opened(self) -> Any:
        if self._client is None:
            os.environ.update(_ENVIRONMENT)
            os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _RETRIES)
            logging.getLogger("mlflow").setLevel(logging.CRITICAL)
            from mlflow import MlflowClient, set_tracking_uri

            set_tracking_uri(self._tracking_uri)  # proxied artifacts come from the process-wide one
            self._client = MlflowClient(self._tracking_uri)
        return self._client

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            from mlflow.exceptions import MlflowException
            from requests import RequestException
        except ImportError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"artifacts need MLflow: {error}", remedy=remedy) from error
        try:
            yield
        except MlflowException as error:
            raise self._error(error, _status(error)) from error
        except RequestException as error:
            raise self._error(error, _status(error)) from error

    def _error(self, error: Exception, status: int | None) -> WeightsError:
        server = without_userinfo(self._tracking_uri)
        said = Redactor({**os.environ, "URI": self._tracking_uri}).redact(" ".join(str(error).split()))[:500]
        told = f"cannot fetch {self.uri} from {server} ({f'status {status}' if status else 'no answer'}): {said}"
        return WeightsError(told, source=self.uri, status=status, remedy=_REMEDIES.get(status or 0))


def _status(error: BaseException | None) -> int | None:
    """The HTTP status of an error of MLflow or requests; None where no server answered."""
    step = error
    while step is not None:
        response = getattr(step, "response", None)
        if response is not None:
            return int(response.status_code)
        if type(step).__name__ in ("ConnectionError", "ConnectTimeout", "ReadTimeout", "MaxRetryError"):
            return None
        step = step.__cause__ or step.__context__
    ask = getattr(error, "get_http_status_code", None)
    return None if ask is None else int(ask())
