"""Logins that somebody else's program gives: commands (`exec`) and, in old kubeconfigs, an `auth-provider`."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cajajejo.errors import UnauthorizedError

__all__ = ["command_error", "of_a_provider", "told_when_slow"]

_SLOW_S = 5.0
_PROVIDERS = frozenset({"google", "requests", "oauthlib", "requests_oauthlib", "adal", "jwt"})


def command_error(files: str, user: Mapping[str, Any], complaint: str) -> UnauthorizedError:
    """Returns the error for a login command that failed.

    Args:
        files: The kubeconfig.
        user: The entry of the user in it.
        complaint: What the official client says of it.
    """
    command = user.get("exec")
    name = str(command.get("command")) if isinstance(command, dict) else "of the user"
    hint = " ".join(str(command.get("installHint") or "").split()) if isinstance(command, dict) else ""
    missing = "No such file" in complaint
    why = "is not installed" if missing else f"failed: {complaint.removeprefix('exec: ')}"
    remedy = hint if missing and hint else "log in to the cluster again (for GKE: gcloud auth login)"
    if missing and "gke" in name and not hint:
        remedy = "gcloud components install gke-gcloud-auth-plugin"
    return UnauthorizedError(f"{files}: the login command {name} {why}", remedy=remedy)


@contextlib.contextmanager
def of_a_provider(files: str) -> Iterator[None]:
    """Says what is wrong with a login by `auth-provider`, for which the official client uses other packages."""
    try:
        yield
    except Exception as exc:
        if type(exc).__module__.partition(".")[0] not in _PROVIDERS:
            raise
        raise UnauthorizedError(
            f"{files}: the login by auth-provider failed: {exc}",
            remedy="log in to the cluster again; Kubernetes has dropped auth-provider for login commands (exec)",
        ) from exc


@contextlib.contextmanager
def told_when_slow(
    files: str, user: Mapping[str, Any], tell: Callable[[str], None], *, slow_s: float = _SLOW_S
) -> Iterator[None]:
    """Says what is waited for: a login command may ask the user for something elsewhere, or hang.

    Args:
        files: The kubeconfig.
        user: The entry of the user in it.
        tell: Told once, in another thread.
        slow_s: After how long.
    """
    command = user.get("exec")
    name = command.get("command") if isinstance(command, dict) else None
    timer = threading.Timer(slow_s, tell, (f"waiting for the login command {name} of {files}",))
    timer.daemon = True
    if name:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()
