"""Weights in a bucket of Google Cloud Storage.

By its JSON API (https://cloud.google.com/storage/docs/json_api/v1), not by Google's client: that fetches a file in one
stream, and cannot go on in the middle of one.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from cajajejo.weights.fetch.patience import Patience, Persistence, persist
from cajajejo.weights.fetch.remote import Body, Checksum, ChecksumKind, RemoteFile
from cajajejo.weights.fetch.web.google_login import GoogleLogin
from cajajejo.weights.fetch.web.login import Anonymous, Login
from cajajejo.weights.fetch.web.requests import Web

__all__ = ["BucketFolder"]

FORBIDDEN: Final = "give the pod's service account the role Storage Object Viewer on the bucket"
_REMEDIES: Final[Mapping[int | None, str]] = {
    None: "check that this machine, or the pod, may reach Google Cloud Storage",
    401: f"{FORBIDDEN}; or log in: gcloud auth application-default login",
    403: FORBIDDEN,
    404: "check model_config.gs_uri",
}
_SERVER: Final = "https://storage.googleapis.com"
_FIELDS: Final = "items(name,size,crc32c,md5Hash,generation,contentEncoding),nextPageToken"


class BucketFolder:
    """A folder in a bucket. Implements `Source`."""

    kind = "gs"
    splits = True
    pinned = None
    """Its objects have generations, but which objects a folder holds may always change."""

    def __init__(self, uri: str, *, patience: Patience | None = None) -> None:
        """Names the folder; nothing is asked yet.

        Args:
            uri: `gs://bucket/path`.
            patience: How long to keep trying.
        """
        self.uri = uri.rstrip("/")
        self.key = self.uri.removeprefix("gs://")
        self.revision: str | None = None
        self._bucket, _, path = self.key.partition("/")
        self._prefix = f"{path}/"
        self._patience = patience or Patience()
        emulator = os.environ.get("STORAGE_EMULATOR_HOST", "").rstrip("/")
        self._server = emulator if "://" in emulator else f"http://{emulator}" if emulator else _SERVER
        self.question = f"{emulator} {self.uri}".strip()
        login: Login = Anonymous() if emulator else GoogleLogin(self.uri)
        self._web = Web(self.uri, _REMEDIES, login=login)

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`."""
        return sorted(self._listed(), key=lambda file: file.name)

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`. The generation is part of the question, so that parts are those of one content."""
        query = {"alt": "media"} if file.version is None else {"alt": "media", "generation": file.version}
        name = quote(self._prefix + file.name, safe="")
        url = f"{self._server}/download/storage/v1/b/{self._bucket}/o/{name}?{urlencode(query)}"
        return self._web.open(url, start=start, stop=stop, object_uri=f"{self.uri}/{file.name}")[0]

    def _listed(self) -> Iterator[RemoteFile]:
        query = {"prefix": self._prefix, "fields": _FIELDS}
        persistence = Persistence(self._patience)
        while True:
            url = f"{self._server}/storage/v1/b/{self._bucket}/o?{urlencode(query)}"
            page = persist(persistence, lambda url=url: self._web.json(url))  # type: ignore[misc]
            try:
                found = [self._file(item) for item in page.get("items", ())]
                token = page.get("nextPageToken")
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                raise self._web.error("the answer is none of Google Cloud Storage") from error
            yield from (file for file in found if file.name and not file.name.endswith("/"))
            if not token:
                return
            if token == query.get("pageToken"):
                raise self._web.error("the list of its objects has no end")
            persistence.progressed()
            query["pageToken"] = str(token)

    def _file(self, item: Mapping[str, Any]) -> RemoteFile:
        generation = item.get("generation")
        # Sent unpacked (https://cloud.google.com/storage/docs/transcoding): what is told of it is of the packed bytes.
        is_packed = item.get("contentEncoding") == "gzip"
        return RemoteFile(
            str(item["name"]).removeprefix(self._prefix),
            None if is_packed else int(item["size"]),
            None if is_packed else _checksum(item),
            None if generation is None else str(generation),
        )


def _checksum(item: Mapping[str, Any]) -> Checksum | None:
    """Every object has a CRC-32C; those that were not put together from others have an MD5, too."""
    for name, kind in (("crc32c", ChecksumKind.CRC32C), ("md5Hash", ChecksumKind.MD5)):
        try:
            digits = base64.b64decode(str(item.get(name) or ""), validate=True).hex()
        except (ValueError, binascii.Error):
            continue
        if digits:
            return Checksum(kind, digits)
    return None
