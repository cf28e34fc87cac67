"""A tokenizer in a repository of the Hugging Face hub."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from cajajejo.errors import BadInputError, WeightsError
from cajajejo.redact import Redactor, without_userinfo
from cajajejo.weights.fetch.remote import RemoteFile

__all__ = ["HubTokenizer"]

_VOCABULARY: Final = ("tokenizer.json", "vocab.*", "merges.txt", "*.model", "tekken.json", "*.tiktoken")
_BESIDE_IT: Final = (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template*",
    "config.json",
)
"""Of no use without a vocabulary; config.json tells transformers which tokenizer it is, where nothing else does."""
_ENVIRONMENT: Final = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    # Xet needs a host of its own, which no mirror stands in for, and writes to the home folder.
    "HF_HUB_DISABLE_XET": "1",
}
_HUB: Final = "https://huggingface.co"
_KEY: Final = "model_config.mlflow_artifact.tokenizer_hf_repo"
_LOGIN: Final = (
    f"check {_KEY} (the hub says the same of what does not exist); for a private or gated repository accept its "
    "licence, and set HF_TOKEN through kubernetes_config.env from a Secret"
)


class HubTokenizer:
    """The tokenizer's files of a repository, all of one commit. Implements `Source`."""

    def __init__(self, repository: str, *, timeout_s: float = 30.0) -> None:
        """Names the repository; nothing is asked yet.

        Args:
            repository: `organisation/name`, or `name`.
            timeout_s: How long the hub may take to answer what the repository holds.
        """
        self.uri = f"hf://{repository}"
        self._repository = repository
        self._timeout_s = timeout_s
        self._endpoint = os.environ.get("HF_ENDPOINT", "").rstrip("/") or _HUB
        self._client: Any = None
        self._commit: str | None = None

    def files(self) -> Sequence[RemoteFile]:
        """See `Source.files`. What is no part of a tokenizer is left out."""
        with self._translated(self.uri):
            told = self._opened().model_info(self._repository, files_metadata=True, timeout=self._timeout_s)
            self._commit = told.sha
            files = [RemoteFile(file.rfilename, file.size) for file in told.siblings or ()]
        if not any(_is_among(file.name, _VOCABULARY) for file in files):
            raise WeightsError(
                f"cannot fetch {self.uri} (status 404): the repository holds no tokenizer",
                source=self.uri,
                status=404,
                remedy=f"set {_KEY} to a repository with tokenizer.json, or with vocab.json and merges.txt",
            )
        return [file for file in files if _is_among(file.name, (*_VOCABULARY, *_BESIDE_IT))]

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        """See `Source.fetch`."""
        for file in files:
            with self._translated(f"{self.uri}/{file.name}"):
                self._opened().hf_hub_download(
                    self._repository, file.name, revision=self._commit, local_dir=str(folder)
                )
        shutil.rmtree(folder / ".cache", ignore_errors=True)  # what the hub's client remembers of its downloads
        return folder

    def _opened(self) -> Any:
        if self._client is None:
            os.environ.update(_ENVIRONMENT)  # read when it is imported
            logging.getLogger("huggingface_hub").setLevel(logging.CRITICAL)
            from huggingface_hub import HfApi

            self._client = HfApi(endpoint=self._endpoint)
        return self._client

    @contextmanager
    def _translated(self, uri: str) -> Iterator[None]:
        os.environ.update(_ENVIRONMENT)
        try:
            from huggingface_hub.errors import HTTPError, OfflineModeIsEnabled
        except ImportError as error:
            remedy = "install it: pip install 'cajajejo[evaluation]'"
            raise BadInputError(f"tokenizers of the hub need huggingface_hub: {error}", remedy=remedy) from error
        try:
            yield
        except OfflineModeIsEnabled as error:
            remedy = "unset HF_HUB_OFFLINE and TRANSFORMERS_OFFLINE where the weights are fetched"
            raise BadInputError(f"cannot fetch {uri}: the hub's client is set to be offline", remedy=remedy) from error
        except HTTPError as error:
            raise self._error(uri, error) from error
        except OSError as error:
            if error.errno is not None:  # of the disk
                raise
            raise self._error(uri, error.__cause__ or error) from error
        except (ValueError, KeyError, TypeError) as error:  # an answer, but of no hub
            raise self._error(uri, error) from error

    def _error(self, uri: str, error: BaseException) -> WeightsError:
        status = _status(error)
        hub = without_userinfo(self._endpoint)
        said = Redactor({**os.environ, "URI": self._endpoint}).redact(" ".join(str(error).split()))[:500]
        told = f"cannot fetch {uri} from {hub} ({f'status {status}' if status else 'no answer'}): {said}"
        unreachable = f"check that the pod may reach {hub}; HF_ENDPOINT in kubernetes_config.env names a mirror"
        remedies = {None: unreachable, 401: _LOGIN, 403: _LOGIN, 404: f"check {_KEY}"}
        at = None if uri == self.uri else uri
        return WeightsError(told, source=self.uri, status=status, object_uri=at, remedy=remedies.get(status))


def _is_among(name: str, patterns: Sequence[str]) -> bool:
    return "/" not in name and any(fnmatchcase(name, pattern) for pattern in patterns)


def _status(error: BaseException | None) -> int | None:
    """The HTTP status of an error of the hub's client; None where no server answered."""
    while error is not None:
        response = getattr(error, "response", None)
        if response is not None:
            return int(response.status_code)
        error = error.__cause__
    return None
