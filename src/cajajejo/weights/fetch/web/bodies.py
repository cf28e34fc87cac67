"""What a server sends: whether it can be what was asked for, and its bytes as they arrive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import urllib3

    from cajajejo.weights.fetch.web.requests import Web

__all__ = ["PART", "WebBody", "fault_of_answer", "give_up"]

PART: Final = 206
"""The status of an answer that is a part of a file."""
_COMPRESSIONS: Final = frozenset({"gzip", "x-gzip", "deflate", "compress", "br", "zstd"})


class WebBody:
    """What a server sends. Implements `Body`."""

    def __init__(
        self, web: Web, response: urllib3.BaseHTTPResponse, object_uri: str | None, *, skip: int, at_most: int | None
    ) -> None:
        """Begins to read an answer.

        Args:
            web: Whose answer it is.
            response: The answer.
            object_uri: What it is about.
            skip: How many of its bytes come before those that are wanted.
            at_most: How many are wanted, or None for all.
        """
        self._web = web
        self._response = response
        self._object_uri = object_uri
        self._skip = skip
        self._left = at_most
        self._is_read = False

    def read(self, count: int) -> bytes:
        """See `Body.read`."""
        while self._skip:
            skipped = self._some(min(self._skip, 2**20))
            if not skipped:
                return b""
            self._skip -= len(skipped)
        part = self._some(count if self._left is None else min(count, self._left))
        if self._left is not None:
            self._left -= len(part)
        return part

    def close(self) -> None:
        """See `Body.close`. A connection whose answer is read to its end can serve the next question."""
        if self._is_read:
            self._response.release_conn()
        else:
            give_up(self._response)

    def _some(self, count: int) -> bytes:
        import urllib3

        if not count:
            return b""
        try:
            part: bytes = self._response.read(count, decode_content=False)
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise self._web.broken(error, self._object_uri) from error
        if not part:
            self._is_read = True
        return part


def give_up(response: urllib3.BaseHTTPResponse) -> None:
    """Ends a connection whose answer is not read to its end."""
    response.close()
    response.release_conn()


def fault_of_answer(response: urllib3.BaseHTTPResponse, start: int) -> str | None:
    """Returns why the bytes of an answer cannot be those that were asked for, or None.

    Args:
        response: The answer.
        start: The first byte that was asked for.
    """
    encodings = {name.strip().lower() for name in response.headers.get("Content-Encoding", "").split(",")}
    if encodings & _COMPRESSIONS:
        return "sends it compressed, which was not asked for"
    told = re.match(r"\s*bytes\s+([0-9]{1,20})-", response.headers.get("Content-Range", ""))
    if response.status == PART and told is not None and int(told[1]) != start:
        return f"sends the bytes from {told[1]} on, and was asked for those from {start} on"
    return None
