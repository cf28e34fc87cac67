"""One request for a log: its bytes as they come, and how it ended."""

from __future__ import annotations

import http.client
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cajajejo.cluster.client.patience import TooLateError
from cajajejo.cluster.logs.stamps import first_stamp
from cajajejo.errors import UnreachableError

if TYPE_CHECKING:
    import urllib3

    from cajajejo.cluster.client.api import Api

__all__ = ["Answer", "WordsApart", "read_answer"]

_CHUNK = 256 * 1024
_LONGEST_WORDS = 4096


@dataclass(frozen=True)
class Answer:
    """How the answer to a request ended.

    Attributes:
        whole: Whether it ended as an answer should, rather than by a connection that broke.
        silent: Whether it was given up because nothing came for a while.
        words: What the kubelet says instead of a log, or "". It does so with status 200, at the end.
        size: How many bytes of the log came.
    """

    whole: bool
    silent: bool = False
    words: str = ""
    size: int = 0


class WordsApart:
    """Tells the log from what the kubelet says instead of it: an unfinished last line without a time. Pure."""

    def __init__(self) -> None:
        self._held = b""
        self._inside = False

    def take(self, data: bytes) -> bytes:
        """Takes more of an answer and returns what of it is surely the log."""
        data, self._held = self._held + data, b""
        cut = data.rfind(b"\n") + 1
        is_begin = cut > 0 or not self._inside
        if is_begin and first_stamp(data[cut : cut + 64]) is None and len(data) - cut < _LONGEST_WORDS:
            data, self._held = data[:cut], data[cut:]
        if data:
            self._inside = not data.endswith(b"\n")
        return data

    def end(self) -> str:
        """Returns the kubelet's words at the end of the answer, or ""."""
        words, self._held = self._held.decode(errors="replace").strip(), b""
        return words


def read_answer(
    api: Api, path: str, query: Mapping[str, str], take: Callable[[bytes], None], *, silence_s: float
) -> Answer:
    """Asks for a log with times, hands over its bytes as they come, and returns how that ended.

    Args:
        api: The cluster.
        path: The path of the log.
        query: What to ask for.
        take: Is given the bytes.
        silence_s: Give up when nothing comes for so long.

    Raises:
        ClusterError: There was no answer, or the server refuses.
    """
    apart, size = WordsApart(), 0
    try:
        with api.stream(path, query, silence_s=silence_s, retry=False) as response:
            for chunk in _chunks(response):
                data = apart.take(chunk)
                size += len(data)
                if data:
                    take(data)
    except _BrokeError as broke:
        return Answer(whole=False, silent=broke.silent, size=size)
    except UnreachableError as error:
        if _is_silence(error.__cause__):
            # Some kubelets answer only when there is a line.
            return Answer(whole=False, silent=True)
        raise
    return Answer(whole=True, words=apart.end(), size=size)


class _BrokeError(Exception):
    """The connection broke while the answer was read."""

    def __init__(self, *, silent: bool) -> None:
        super().__init__()
        self.silent = silent


def _chunks(response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    import urllib3

    try:
        yield from response.stream(_CHUNK, decode_content=False)
    except (urllib3.exceptions.HTTPError, http.client.HTTPException, OSError, ValueError) as exc:
        raise _BrokeError(silent=_is_silence(exc)) from exc


def _is_silence(error: BaseException | None) -> bool:
    import urllib3

    return isinstance(error, urllib3.exceptions.ReadTimeoutError | TimeoutError | TooLateError)
