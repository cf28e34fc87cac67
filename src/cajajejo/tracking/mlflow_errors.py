"""Turns the errors of MLflow, requests and SQLAlchemy into ours."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from cajajejo.errors import TrackerError
from cajajejo.redact import Redactor, without_userinfo
from cajajejo.tracking.base import RecordRefusedError, TrackerLoginError, TrackerUnavailableError
from cajajejo.tracking.limits import cut

__all__ = ["failure", "translated"]

_WORTH_A_RETRY: Final = (408, 425, 429)
_LONGEST_MESSAGE: Final = 1000
_TOO_MANY = re.compile(r"too many (\d{3}) error responses")


def failure(uri: str, status: int | None, reason: str) -> TrackerError:
    """Returns the error for an answer of a tracker.

    Args:
        uri: The tracking URI; a password in it does not get into the message.
        status: The HTTP status (MLflow gives one for databases too), or None where there was no answer.
        reason: What the tracker or the network said; secrets of the environment are masked.
    """
    shown = without_userinfo(uri)
    said = cut(Redactor({**os.environ, "URI": uri}).redact(" ".join(reason.split())), _LONGEST_MESSAGE)
    if status is None:
        remedy = "check that the server runs and that this machine reaches it"
        return TrackerUnavailableError(f"cannot reach the tracker {shown}: {said}", uri=shown, remedy=remedy)
    if status in (401, 403):
        remedy = "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
        message = f"the tracker {shown} refuses the login ({status}): {said}"
        return TrackerLoginError(message, uri=shown, status=status, remedy=remedy)
    if status >= 500 or status in _WORTH_A_RETRY:
        return TrackerUnavailableError(f"the tracker {shown} failed ({status}): {said}", uri=shown, status=status)
    return RecordRefusedError(f"the tracker {shown} refuses ({status}): {said}", uri=shown, status=status)


@contextmanager
def translated(uri: str) -> Iterator[None]:
    """Raises `TrackerError` for whatever MLflow raises inside.

    Raises:
        TrackerError: One of the subclasses of `cajajejo.tracking.base`.
    """
    from mlflow.exceptions import MlflowException
    from requests import RequestException

    try:
        yield
    except MlflowException as error:
        raise _of_mlflow(uri, error, error.get_http_status_code()) from error
    except RequestException as error:
        raise _of_requests(uri, error) from error
    except OSError as error:
        raise failure(uri, None, str(error)) from error
    except _database_errors() as error:
        raise failure(uri, None, str(error).splitlines()[0]) from error


def _database_errors() -> tuple[type[Exception], ...]:
    """SQLAlchemy's errors, unless it has not been imported: a server does without it."""
    module = sys.modules.get("sqlalchemy.exc")
    return () if module is None else (module.SQLAlchemyError,)


def _of_mlflow(uri: str, error: BaseException, status: int) -> TrackerError:
    from requests import RequestException

    cause = error.__cause__ or error.__context__
    if isinstance(cause, RequestException):
        return _of_requests(uri, cause)
    return failure(uri, status, str(error))


def _of_requests(uri: str, error: BaseException) -> TrackerError:
    response = getattr(error, "response", None)
    if response is not None:
        return failure(uri, response.status_code, str(error))
    too_many = _TOO_MANY.search(str(error))
    if too_many is not None:
        return failure(uri, int(too_many.group(1)), "it answered with an error")
    return failure(uri, None, _root_reason(error))


def _root_reason(error: BaseException) -> str:
    """The innermost reason that the operating system gave, rather than three layers of wrapping."""
    reason: str | None = None
    step: BaseException | None = error
    while step is not None:
        if isinstance(step, OSError) and step.strerror:
            reason = step.strerror
        step = step.__cause__ or step.__context__
    if "timed out" in str(error).lower():
        return "no answer in time"
    return reason or str(error)
