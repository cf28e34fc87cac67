"""Artifacts that only MLflow's own client can fetch: in S3, Azure and such, or behind a tracker without a server."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from cajajejo.errors import BadInputError, CajajejoError, WeightsError
from cajajejo.redact import Redactor, without_userinfo
from cajajejo.weights.fetch.remote import Body, RemoteFile
from cajajejo.weights.fetch.sources.mounted import FileBody

__all__ = ["ClientFolder"]

_ENVIRONMENT: Final = {
    "MLFLOW_CONFIGURE_LOGGING": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
_RETRIES: Final = "5"
_REMEDIES: Final[Mapping[int, str]] = {
    401: "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN",
    403: "give this login the right to read it",
    404: "check what model_config names: run or model, and the path of the artifact",
}


class ClientFolder:
    """A folder of artifacts, by its URI. Implements `Source`; a file that is cut off begins anew."""

    kind = "mlflow"
    splits = False
    question = None
    pinned = None

    def __init__(self, tracking_uri: str, artifact_uri: str) -> None:
        """Names the folder; nothing is asked yet.

        Args:
            tracking_uri: The tracker.
            artifact_uri: `runs:/…`, `models:/…`, `s3://…`: whatever MLflow knows.
        """
        self.uri = artifact_uri.rstrip("/")
        self.key = self.uri
        self.revision: str | None = None
        self._tracking_uri = tracking_uri

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`."""
        with self._translated(self.uri):
            found = list(self._below(self._repository(), ""))
        return sorted(found, key=lambda file: file.name)

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`. The client can only fetch a file as a whole, into another one."""
        del stop
        with self._translated(f"{self.uri}/{file.name}"):
            folder = Path(tempfile.mkdtemp(prefix="cajajejo-artifact-"))
            try:
                fetched = Path(self._repository().download_artifacts(file.name, str(folder)))
                return _TemporaryBody(fetched, folder, start, lambda error: self._error(self.uri, error, None))
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise

    def _below(self, repository: Any, path: str) -> Iterator[RemoteFile]:
        for item in repository.list_artifacts(path or None):
            if item.is_dir:
                yield from self._below(repository, item.path)
            else:
                yield RemoteFile(PurePosixPath(item.path).as_posix(), item.file_size)

    def _repository(self) -> Any:
        os.environ.update(_ENVIRONMENT)
        os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", _RETRIES)
        logging.getLogger("mlflow").setLevel(logging.CRITICAL)
        from mlflow import set_tracking_uri
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        set_tracking_uri(self._tracking_uri)  # proxied artifacts come from the process-wide one
        return get_artifact_repository(self.uri)

    @contextmanager
    def _translated(self, uri: str) -> Iterator[None]:
        try:
            from mlflow.exceptions import MlflowException
            from requests import RequestException
        except ImportError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"artifacts need MLflow: {error}", remedy=remedy) from error
        try:
            yield
        except (MlflowException, RequestException) as error:
            raise self._error(uri, error, _status(error)) from error
        except (CajajejoError, OSError):
            raise
        except Exception as error:  # MLflow lets those of boto3, Azure and such through as they are
            raise self._error(uri, error, _status(error)) from error

    def _error(self, uri: str, error: Exception, status: int | None) -> WeightsError:
        tracker = without_userinfo(self._tracking_uri)
        said = Redactor({**os.environ, "URI": self._tracking_uri}).redact(" ".join(str(error).split()))[:500]
        told = f"cannot fetch {uri} from {tracker} ({f'status {status}' if status else 'no answer'}): {said}"
        at = None if uri == self.uri else uri
        remedy = _REMEDIES.get(status or 0)
        return WeightsError(told, source=self.uri, status=status, object_uri=at, remedy=remedy)


class _TemporaryBody(FileBody):
    """A file that goes when it has been read."""

    def __init__(self, path: Path, folder: Path, start: int, translated: Callable[[OSError], WeightsError]) -> None:
        super().__init__(path.open("rb", buffering=0), start, translated)
        self._folder = folder

    def close(self) -> None:
        super().close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _status(error: BaseException | None) -> int | None:
    """The HTTP status of an error of MLflow or requests; None where no server answered."""
    step = error
    while step is not None:
        response = getattr(step, "response", None)
        if isinstance(response, dict):  # of botocore
            response = response.get("ResponseMetadata", {})
            status = response.get("HTTPStatusCode") if isinstance(response, dict) else None
            return status if isinstance(status, int) else None
        if response is not None:
            return int(response.status_code)
        if type(step).__name__ in ("ConnectionError", "ConnectTimeout", "ReadTimeout", "MaxRetryError"):
            return None
        step = step.__cause__ or step.__context__
    ask = getattr(error, "get_http_status_code", None)
    return None if ask is None else int(ask())
