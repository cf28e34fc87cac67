"""Which cluster, as whom: kubeconfig, in-cluster login, and the transport of the official client."""

from __future__ import annotations

import contextlib
import logging
import re
import shlex
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from cajajejo.errors import UnauthorizedError

if TYPE_CHECKING:
    import urllib3

__all__ = ["ClusterOptions", "Connection", "Login", "captured_complaints", "connect"]

_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_COMPLAINERS = ("kube_config", "exec_provider")


@dataclass(frozen=True)
class ClusterOptions:
    """Which cluster the user means; None leaves it to the environment.

    Attributes:
        kubeconfig: Path of a kubeconfig file; by default KUBECONFIG, ~/.kube/config, the pod's own login.
        context: A context of it.
        namespace: The namespace; by default the context's, else `default`.
    """

    kubeconfig: Path | None = None
    context: str | None = None
    namespace: str | None = None


class _Settings(Protocol):
    """The part of `kubernetes.client.Configuration` that is used."""

    host: str

    def auth_settings(self) -> Mapping[str, Mapping[str, Any]]: ...


@dataclass(frozen=True)
class Login:
    """Where the API server is and who asks: what a kubeconfig, or a pod's own login, comes to.

    Attributes:
        settings: The official client's settings.
        pool: Connections made with them.
        namespace: The namespace of the context.
        context: Name of the kubeconfig's context, or None in a cluster.
        user: How an error calls the login, such as `user admin of ~/.kube/config`.
    """

    settings: _Settings
    pool: urllib3.PoolManager
    namespace: str
    context: str | None
    user: str


class Connection:
    """A way to an API server: where it is, how to log in, and a pool of connections. Any thread may use it.

    Attributes:
        server: Address of the API server, without a slash at its end.
        namespace: The namespace that is meant where nothing else is said.
        usual_namespace: The namespace of the context, whatever was chosen.
        context: Name of the kubeconfig's context, or None in a cluster.
        renewable_after_s: A login that was read later than that and is refused is wrong, not old.
    """

    def __init__(self, read_login: Callable[[], Login], *, chosen: ClusterOptions | None = None) -> None:
        """Logs in as far as that needs no server.

        Args:
            read_login: Reads the login; called again when the server refuses it, which may be because it is old.
            chosen: What the user has chosen instead of what the environment says.
        """
        self._read_login = read_login
        self._login = read_login()
        self._read_at_s = time.monotonic()
        self._lock = threading.Lock()
        self.server = self._login.settings.host.rstrip("/")
        self.usual_namespace = self._login.namespace
        self._chosen = chosen or ClusterOptions()
        self.namespace = self._chosen.namespace or self._login.namespace
        self.context = self._login.context
        self.renewable_after_s = 10.0

    def options_for(self, namespace: str) -> str:
        """Returns the options that a printed command needs to mean this cluster; begins with a space, or is "".

        Args:
            namespace: The namespace that the command shall mean.
        """
        words = ["--namespace", namespace] if namespace and namespace != self.usual_namespace else []
        words += ["--context", self._chosen.context] if self._chosen.context is not None else []
        words += ["--kubeconfig", str(self._chosen.kubeconfig)] if self._chosen.kubeconfig is not None else []
        return f" {shlex.join(words)}" if words else ""

    @property
    def login(self) -> Login:
        """The login as it was read last; whoever is refused says which one it was, see `renew()`."""
        return self._login

    def headers(self, login: Login | None = None) -> dict[str, str]:
        """Returns the headers of a login, renewed where it runs out.

        Args:
            login: Which one; by default the one that was read last.

        Raises:
            UnauthorizedError: It ran out, and the login command failed, or the token's file cannot be read.
        """
        login = login or self._login
        try:
            with self._lock, captured_complaints() as complaints:
                settings = login.settings.auth_settings().values()
        except OSError as exc:
            raise _not_renewed(login, f"{exc.filename or 'its token'}: {exc.strerror or exc}") from exc
        if complaints:
            raise _not_renewed(login, complaints[0])
        # A token out of a file often has a line end.
        found = {
            str(setting["key"]): str(setting["value"]).strip()
            for setting in settings
            if setting.get("in") == "header" and setting.get("value")
        }
        if not all(_HEADER_VALUE.fullmatch(value) for value in found.values()):
            raise UnauthorizedError(
                f"the login of {login.user} holds a token with characters that no token can have",
                remedy="log in to the cluster again",
            )
        return found

    def renew(self, refused: Login) -> bool:
        """Reads the login anew, after the server has refused it; returns whether it is worth another try.

        Args:
            refused: The login that was refused: another thread may have read a new one since.

        Raises:
            BadInputError: The kubeconfig has become unusable.
            UnauthorizedError: The login command failed.
        """
        with self._lock:
            if self._login is not refused:
                return True
            if time.monotonic() - self._read_at_s < self.renewable_after_s:
                return False
            self._login = self._read_login()
            self._read_at_s = time.monotonic()
            return True

    def close(self) -> None:
        """Closes the connections that nobody uses."""
        self._login.pool.clear()


def _not_renewed(login: Login, why: str) -> UnauthorizedError:
    words = f"the login of {login.user} cannot be renewed: {why}"
    return UnauthorizedError(words, remedy="log in to the cluster again")


def connect(options: ClusterOptions, *, tell: Callable[[str], None] = lambda _: None) -> Connection:
    """Reads the kubeconfig, or the pod's own login; asks nothing of the server yet.

    Args:
        options: Which cluster.
        tell: Told when a login command takes long.

    Raises:
        BadInputError: There is no usable kubeconfig, or no such context.
        UnauthorizedError: The kubeconfig's login command failed.
    """
    from cajajejo.cluster.client.logins import read_login

    return Connection(lambda: read_login(options.kubeconfig, options.context, tell), chosen=options)


@contextlib.contextmanager
def captured_complaints() -> Iterator[list[str]]:
    """Collects what the official client logs as an error, where it should have raised one.

    It logs with the root logger, and so straight onto the user's terminal.
    """
    complaints: list[str] = []

    class _Collector(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            if record.levelno < logging.ERROR or record.module not in _COMPLAINERS:
                return True
            complaints.append(record.getMessage())
            return False

    root, collector = logging.getLogger(), _Collector()
    # With a handler there is no `basicConfig`, which would show the logs of all packages from then on.
    handler = logging.NullHandler()
    root.addHandler(handler)
    root.addFilter(collector)
    try:
        yield complaints
    finally:
        root.removeFilter(collector)
        root.removeHandler(handler)
