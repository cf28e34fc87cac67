"""Weights in a bucket of Google Cloud Storage."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.fetch.remote import RemoteFile

__all__ = ["BucketFolder"]

FORBIDDEN = "give the pod's service account the role Storage Object Viewer on the bucket"


class BucketFolder:
    """A folder in a bucket. Implements `Source`."""

    def __init__(self, uri: str) -> None:
        """Names the folder; nothing is asked yet.

        Args:
            uri: `gs://bucket/path`.
        """
        self.uri = uri.rstrip("/")
        self._bucket, _, path = self.uri.removeprefix("gs://").partition("/")
        self._prefix = f"{path}/"
        self._client: Any = None

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`."""
        with self._translated(self.uri):
            blobs = list(self._opened().list_blobs(self._bucket, prefix=self._prefix))
        named = ((blob.name.removeprefix(self._prefix), blob.size) for blob in blobs)
        return [RemoteFile(name, size) for name, size in named if name and not name.endswith("/")]

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        """See `Source.fetch`. What arrives is held against the checksum that the bucket keeps."""
        bucket = self._opened().bucket(self._bucket)
        for file in files:
            target = folder / file.name
            target.parent.mkdir(parents=True, exist_ok=True)
            with self._translated(f"{self.uri}/{file.name}"):
                bucket.blob(self._prefix + file.name).download_to_filename(str(target))
        return folder

    def _opened(self) -> Any:
        if self._client is None:
            try:
                from google.cloud import storage
            except ImportError as error:
                remedy = "install it: pip install 'cajajejo[evaluation]'"
                raise BadInputError(f"buckets need google-cloud-storage: {error}", remedy=remedy) from error
            # Else a thread of the client asks for the bucket itself, for telemetry: another right, and retries.
            os.environ.setdefault("DISABLE_GCS_PYTHON_CLIENT_OTEL_BUCKET_METADATA", "true")
            with self._translated(self.uri):
                self._client = storage.Client(project=None)
        return self._client

    @contextmanager
    def _translated(self, uri: str) -> Iterator[None]:
        from google.api_core.exceptions import GoogleAPIError
        from google.auth.exceptions import GoogleAuthError, InvalidOperation
        from requests import RequestException

        try:
            yield
        except GoogleAPIError as error:
            raise self._error(uri, error, getattr(error, "code", None)) from error
        except InvalidOperation as error:  # who has no login gets this in the place of status 401
            raise self._error(uri, error, 401) from error
        except (GoogleAuthError, RequestException, _data_corruption()) as error:
            raise self._error(uri, error, None) from error

    def _error(self, uri: str, error: Exception, status: object) -> WeightsError:
        number = int(status) if isinstance(status, int) else None
        said = " ".join(str(error).split())[:500]
        told = f"cannot fetch {uri} ({f'status {number}' if number else 'no answer'}): {said}"
        remedy = {401: FORBIDDEN, 403: FORBIDDEN, 404: "check model_config.gs_uri"}.get(number or 0)
        at = None if uri == self.uri else uri
        return WeightsError(told, source=self.uri, status=number, object_uri=at, remedy=remedy)


def _data_corruption() -> type[Exception]:
    """What the client raises where a checksum does not match; it has moved between the client's versions."""
    try:
        from google.cloud.storage.exceptions import DataCorruption
    except ImportError:
        from google.resumable_media.common import DataCorruption
    return DataCorruption  # type: ignore[no-any-return]
