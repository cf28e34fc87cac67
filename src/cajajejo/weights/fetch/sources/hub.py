"""A model, or a tokenizer, in a repository of the Hugging Face hub, or of a mirror of it.

By the hub's routes, as its own client uses them: https://huggingface.co/docs/hub/api for what a repository holds, and
`/{repository}/resolve/{commit}/{file}`, which redirects to where large files are.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from cajajejo.errors import WeightsError
from cajajejo.redact import without_userinfo
from cajajejo.weights.fetch.patience import Patience, Persistence, persist
from cajajejo.weights.fetch.remote import Body, Checksum, ChecksumKind, RemoteFile
from cajajejo.weights.fetch.web.bodies import WebBody
from cajajejo.weights.fetch.web.refusals import OfflineError
from cajajejo.weights.fetch.web.requests import Web

__all__ = ["HubModel", "HubTokenizer"]

_VOCABULARY: Final = ("tokenizer.json", "vocab.*", "merges.txt", "*.model", "tekken.json", "*.tiktoken")
_BESIDE_IT: Final = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "config.json",
)
"""Of no use without a vocabulary; config.json tells transformers which tokenizer it is, where nothing else does."""
_HUB: Final = "https://huggingface.co"
_BRANCH: Final = "main"
_COMMIT: Final = re.compile("[0-9a-f]{40}")
_MODEL_KEY: Final = "model_config.hf_model"
_TOKENIZER_KEY: Final = "tokenizer_hf_repo in model_config"
_OFFLINE: Final = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
_MOVED: Final = (401, 403, 404, 410)
"""What a place of files says when the address that it was given out with has expired."""


class HubModel:
    """All files of a repository, of one commit. Implements `Source`."""

    kind = "hf"
    splits = True
    _part = ""

    def __init__(
        self,
        repository: str,
        revision: str | None = None,
        *,
        timeout_s: float = 30.0,
        patience: Patience | None = None,
        config_key: str = _MODEL_KEY,
    ) -> None:
        """Names the repository; nothing is asked yet.

        Args:
            repository: `organisation/name`, or `name`.
            revision: A branch, tag or commit; None: the main branch.
            timeout_s: How long the hub may be silent.
            patience: How long to keep trying.
            config_key: Where the config names it.
        """
        self.uri = f"hf://{repository}" + (f"@{revision}" if revision else "")
        self.key = repository
        self.revision = revision if revision is not None and _COMMIT.fullmatch(revision) else None
        self._repository = repository
        self._wanted = revision
        self._patience = patience or Patience()
        self._config_key = config_key
        self._endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or _HUB
        self.question = f"{without_userinfo(self._endpoint)} {repository}@{revision or _BRANCH}{self._part}"
        self._web = Web(self.uri, self._remedies(), server=self._endpoint, login=_HubLogin(), read_timeout_s=timeout_s)
        self._lock = threading.Lock()
        self._places: dict[str, str] = {}

    @property
    def pinned(self) -> str | None:
        """See `Source.pinned`. A commit is named by what it holds, so it is the same from every mirror."""
        return None if self.revision is None else f"hf {self._repository}@{self.revision}{self._part}"

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`."""
        if any(os.environ.get(name, "").upper() in ("1", "ON", "YES", "TRUE") for name in _OFFLINE):
            remedy = f"unset {' and '.join(_OFFLINE)} where the weights are fetched"
            raise OfflineError(f"cannot fetch {self.uri}: the hub's client is set to be offline", remedy=remedy)
        at = "" if self._wanted is None else f"/revision/{quote(self._wanted, safe='')}"
        url = f"{self._endpoint}/api/models/{self._repository}{at}?blobs=true"
        told = persist(Persistence(self._patience), lambda: self._web.json(url))
        try:
            self.revision = str(told["sha"])
            files = [_file(item) for item in told["siblings"]]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            words = f"{without_userinfo(self._endpoint)} answers, but not as a hub does"
            raise self._web.error(words) from error
        if self._wanted is not None and _COMMIT.fullmatch(self._wanted) and self.revision != self._wanted:
            raise self._web.error(f"{without_userinfo(self._endpoint)} answers with another commit: {self.revision}")
        return sorted(self._chosen(files), key=lambda file: file.name)

    def open(self, file: RemoteFile, start: int, stop: int | None) -> Body:
        """See `Source.open`. Where a file's redirect led to is asked again, until that address has expired."""
        known = self._places.get(file.name)
        if known is not None:
            try:
                return self._asked(known, file, start, stop)
            except WeightsError as error:
                if error.status not in _MOVED:
                    raise
        return self._asked(self._address(file), file, start, stop)

    def _asked(self, url: str, file: RemoteFile, start: int, stop: int | None) -> WebBody:
        at = f"{self.uri}/{file.name}"
        # A place that is asked without a redirect is still another one: it is not shown the login.
        body, place = self._web.open(url, start=start, stop=stop, object_uri=at, home=self._endpoint)
        if place != self._address(file):
            with self._lock:
                self._places[file.name] = place
        return body

    def _address(self, file: RemoteFile) -> str:
        return f"{self._endpoint}/{self._repository}/resolve/{self.revision}/{quote(file.name)}"

    def _chosen(self, files: Sequence[RemoteFile]) -> Sequence[RemoteFile]:
        return [file for file in files if not file.name.startswith(".git")]

    def _remedies(self) -> Mapping[int | None, str]:
        key, hub = self._config_key, without_userinfo(self._endpoint)
        login = (
            f"check {key} (the hub says the same of what does not exist); for a private or gated repository accept its "
            "licence, and set HF_TOKEN through kubernetes_config.env from a Secret"
        )
        unreachable = f"check that the pod may reach {hub}; HF_ENDPOINT in kubernetes_config.env names a mirror"
        return {None: unreachable, 401: login, 403: login, 404: f"check {key}"}


class HubTokenizer(HubModel):
    """The tokenizer's files of a repository, all of one commit. Implements `Source`."""

    _part = " (tokenizer)"

    def __init__(self, repository: str, *, timeout_s: float = 30.0, patience: Patience | None = None) -> None:
        """Names the repository; nothing is asked yet. The arguments are those of `HubModel`."""
        super().__init__(repository, timeout_s=timeout_s, patience=patience, config_key=_TOKENIZER_KEY)

    def _chosen(self, files: Sequence[RemoteFile]) -> Sequence[RemoteFile]:
        """What is no part of a tokenizer is left out."""
        if not any(_is_among(file.name, _VOCABULARY) for file in files):
            raise WeightsError(
                f"cannot fetch {self.uri} (status 404): the repository holds no tokenizer",
                source=self.uri,
                status=404,
                remedy=f"set {_TOKENIZER_KEY} to a repository with tokenizer.json, or with vocab.json and merges.txt",
            )
        return [file for file in files if _is_among(file.name, (*_VOCABULARY, *_BESIDE_IT))]


class _HubLogin:
    """The hub's token, from where its own client takes it. Implements `Login`."""

    def headers(self) -> Mapping[str, str]:
        token = _token()
        return {} if token is None else {"Authorization": f"Bearer {token}"}

    def renew(self) -> bool:
        return False


def _token() -> str | None:
    """See `get_token` of huggingface_hub: `HF_TOKEN`, else what `hf auth login` has left."""
    given = os.environ.get("HF_TOKEN") or os.environ.get("HUGGING_FACE_HUB_TOKEN") or ""
    if not given.strip():
        try:
            given = _token_file().read_text()
        except (OSError, ValueError, RuntimeError):
            return None
    return given.replace("\r", "").replace("\n", "").strip() or None


def _token_file() -> Path:
    named = os.environ.get("HF_TOKEN_PATH")
    if named:
        return Path(named)
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("HF_HOME") or Path(cache) / "huggingface") / "token"


def _file(item: Mapping[str, Any]) -> RemoteFile:
    """One of the siblings that the hub tells of; large files have a SHA-256, the others git's name of their content."""
    name, size, large, blob = str(item["rfilename"]), item.get("size"), item.get("lfs"), item.get("blobId")
    checksum = None
    if isinstance(large, dict) and large.get("sha256"):
        checksum = Checksum(ChecksumKind.SHA256, str(large["sha256"]))
    elif isinstance(blob, str):
        checksum = Checksum(ChecksumKind.GIT_SHA1, blob)
    return RemoteFile(name, size if isinstance(size, int) else None, checksum)


def _is_among(name: str, patterns: Sequence[str]) -> bool:
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in patterns)
