"""What servers say when they refuse, and what breaks connections, in words for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from cajajejo.errors import BadInputError, CajajejoError, WeightsError

if TYPE_CHECKING:
    import urllib3

__all__ = ["PASSING", "OfflineError", "is_away", "reason_of", "words_of"]

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Statuses after which the same question may soon be answered."""


class OfflineError(BadInputError):
    """The user wants no server to be asked."""


def is_away(error: CajajejoError) -> bool:
    """Returns whether an error says that a source does not answer, and nothing about what was asked for.

    One that is missing or forbidden has answered.
    """
    if isinstance(error, OfflineError):
        return True
    if not isinstance(error, WeightsError):
        return False
    return error.status is None or error.status in PASSING or error.status >= 500


def words_of(response: urllib3.BaseHTTPResponse) -> str:
    """Returns what a server says about a refusal: in a header, as JSON, or as a text. Ends the connection."""
    import urllib3

    try:
        body = response.read(16_384, decode_content=True)
    except (urllib3.exceptions.HTTPError, OSError):
        body = b""
    finally:
        response.close()
        response.release_conn()
    said = response.headers.get("X-Error-Message") or _message(body) or body.decode("utf-8", "replace")
    return " ".join(said.split())[:300] or response.reason or "nothing"


def _message(body: bytes) -> str | None:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return None
    inner = content.get("error", content.get("message")) if isinstance(content, dict) else None
    if isinstance(inner, dict):
        inner = inner.get("message")
    return inner if isinstance(inner, str) else None


def reason_of(error: BaseException) -> str:
    """Returns what broke a connection, without the names of Python's objects."""
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, TimeoutError) or "Timeout" in type(step).__name__:
            return "no answer in time"
        if isinstance(step, OSError) and step.strerror:
            return step.strerror
        step = step.__cause__ or step.__context__ or getattr(step, "reason", None)
        step = step if isinstance(step, BaseException) else None
    return str(error).rpartition(">: ")[2] or type(error).__name__
