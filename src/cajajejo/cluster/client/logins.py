"""Kubeconfigs and the logins of pods, read with the official client; what is wrong with them, in plain words."""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from cajajejo.cluster.client.connection import Login, captured_complaints
from cajajejo.cluster.client.login_commands import command_error, of_a_provider, told_when_slow
from cajajejo.cluster.client.official_client import OfficialClient, load_client, load_transport
from cajajejo.errors import BadInputError

if TYPE_CHECKING:
    import urllib3

__all__ = ["read_login"]

_TOKEN_FOLDER = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_CONNECTIONS = 16
_REMEDY = "mend the kubeconfig; `kubectl config view` shows it"


def read_login(kubeconfig: Path | None, context: str | None, tell: Callable[[str], None] = lambda _: None) -> Login:
    """Reads a kubeconfig, or else the pod's own login.

    Args:
        kubeconfig: The file; by default those that KUBECONFIG names, ~/.kube/config, the pod's own login.
        context: A context of it; by default the current one.
        tell: Told when a login command takes long.

    Raises:
        BadInputError: There is no usable kubeconfig, or no such context.
        UnauthorizedError: The kubeconfig's login command failed.
    """
    files = _kubeconfig(kubeconfig)
    return _pod_login() if files is None else _user_login(files, context, tell)


def _kubeconfig(given: Path | None) -> str | None:
    """The kubeconfig to read (several, joined by `:`, as kubectl has it), or None for the pod's own login."""
    if given is not None:
        if not given.is_file():
            raise BadInputError(f"there is no kubeconfig at {given}", remedy="give another --kubeconfig")
        return str(given)
    if named := os.environ.get("KUBECONFIG"):
        if not any(Path(name).expanduser().is_file() for name in named.split(os.pathsep) if name):
            raise BadInputError(
                f"there is no kubeconfig at {named}, which KUBECONFIG names",
                remedy="unset KUBECONFIG, or log in to the cluster",
            )
        return named
    usual = Path.home() / ".kube" / "config"
    if usual.is_file():
        return str(usual)
    if (_TOKEN_FOLDER / "token").is_file():
        return None
    raise BadInputError(
        "no cluster is configured: there is no KUBECONFIG, no ~/.kube/config, and this is not a pod",
        remedy="log in to the cluster (for GKE: gcloud container clusters get-credentials …), or give --kubeconfig",
    )


def _pod_login() -> Login:
    client = load_client()
    settings = client.configuration()
    try:
        client.load_incluster_config(client_configuration=settings)
    except client.config_exception as exc:
        raise BadInputError(f"the pod's own login is incomplete: {exc}", remedy="give --kubeconfig") from exc
    namespace = "default"
    with contextlib.suppress(OSError):
        namespace = (_TOKEN_FOLDER / "namespace").read_text().strip() or namespace
    return Login(settings, _pool(client, settings), namespace, None, "the pod's service account")


def _user_login(files: str, context: str | None, tell: Callable[[str], None]) -> Login:
    client = load_client()
    with _plain_words(files, client):
        merged = client.kube_config.KubeConfigMerger(files).config
        if merged is None:
            _fail(f"{files} holds nothing")
        parts = _Parts(files, merged, context)
        parts.check()
        if "auth-provider" in parts.user:
            client = load_client(whole=True)
        settings = client.configuration()
        with captured_complaints() as complaints, told_when_slow(files, parts.user, tell), of_a_provider(files):
            loader = client.kube_config.KubeConfigLoader(
                config_dict=merged, active_context=parts.context_name, config_base_path=None
            )
            loader.load_and_set(settings)
        if complaints:
            raise command_error(files, parts.user, complaints[0])
        if parts.cluster.get("proxy-url"):
            # Where the official client overlooks it.
            settings.proxy = str(parts.cluster["proxy-url"])
        pool = _pool(client, settings)
    user = f"user {parts.context.get('user')} of {files}"
    return Login(settings, pool, str(parts.context.get("namespace") or "default"), parts.context_name, user)


class _Parts:
    """The entries of a kubeconfig that one context is made of."""

    def __init__(self, files: str, merged: Any, context: str | None) -> None:
        self._files = files
        self._lists = {kind: _by_name(merged.value.get(kind)) for kind in ("contexts", "clusters", "users")}
        self.context_name = str(context or merged.value.get("current-context") or "")
        self.context = self._part("contexts", self.context_name, "context")
        self.cluster = self._part("clusters", str(self.context.get("cluster") or ""), "cluster")
        self.user = self._part("users", str(self.context.get("user") or ""), "user")

    def _part(self, kind: str, name: str, key: str) -> Mapping[str, Any]:
        part = (self._lists[kind].get(name) or {}).get(key)
        return part if isinstance(part, dict) else {}

    def check(self) -> None:
        """Finds what the official client would find late, or never."""
        contexts = self._lists["contexts"]
        names = ", ".join(contexts) or "it has none"
        if not self.context_name:
            _fail(f"{self._files} has no current context", f"give --context, one of: {names}")
        if self.context_name not in contexts:
            # The package `config` takes a tenth of a second.
            from cajajejo.config.suggest import nearest

            guess = nearest(self.context_name, contexts)
            remedy = f"did you mean {guess}? It has: {names}" if guess else f"give --context, one of: {names}"
            _fail(f"{self._files} has no context {self.context_name}", remedy)
        for kind, key in (("clusters", "cluster"), ("users", "user")):
            name = self.context.get(key)
            if (name or key == "cluster") and name not in self._lists[kind]:
                _fail(f"{self._files}: context {self.context_name} names {key} {name}, which is not there")
        self._check_server()

    def _check_server(self) -> None:
        from urllib3.exceptions import LocationParseError
        from urllib3.util import parse_url

        server = str(self.cluster.get("server") or "")
        try:
            is_address = server.startswith(("https://", "http://")) and bool(parse_url(server).host)
        except LocationParseError:
            is_address = False
        if not is_address:
            what = f"the address {server!r}, which is no URL" if server else "no address"
            _fail(f"{self._files}: cluster {self.context.get('cluster')} has {what}")
        for key in ("proxy-url", "tls-server-name"):
            if not isinstance(self.cluster.get(key, ""), str):
                _fail(f"{self._files}: {key} of cluster {self.context.get('cluster')} is no text")


def _by_name(entries: Any) -> dict[str, Any]:
    found = (getattr(entry, "value", entry) for entry in entries or ())
    return {str(entry["name"]): entry for entry in found if "name" in entry}


@contextlib.contextmanager
def _plain_words(files: str, client: OfficialClient) -> Iterator[None]:
    """Says what is wrong with a kubeconfig; the official client raises whatever happens to break."""
    import yaml

    try:
        yield
    except client.config_exception as exc:
        _fail(f"{files}: {str(exc).removeprefix('Invalid kube-config. ').removeprefix('Invalid kube-config file. ')}")
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f"{mark.name}:{mark.line + 1}" if mark else files
        _fail(f"{place}: not valid YAML: {getattr(exc, 'problem', None) or exc}")
    except ssl.SSLError as exc:
        _fail(f"{files}: a certificate or key in it cannot be read: {exc}", "log in to the cluster again")
    except OSError as exc:
        _fail(f"{exc.filename or files} cannot be read: {exc.strerror or exc}")
    except (AttributeError, TypeError, KeyError, ValueError) as exc:
        _fail(f"{files} is not a kubeconfig, or is damaged ({type(exc).__name__}: {exc})")


def _fail(message: str, remedy: str = _REMEDY) -> NoReturn:
    raise BadInputError(message, remedy=remedy)


def _pool(client: OfficialClient, settings: Any) -> urllib3.PoolManager:
    """Makes the connections as the official client does, with one TLS context for all of them."""
    import urllib3

    if not settings.verify_ssl:
        # The kubeconfig says so; a warning at each request would tell nobody anything new.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    pool: urllib3.PoolManager
    if settings.proxy:
        pool = load_transport()(settings, maxsize=_CONNECTIONS).pool_manager
        for file in ("ca_certs", "cert_file", "key_file", "cert_reqs"):
            pool.connection_pool_kw.pop(file, None)
    else:
        pool = urllib3.PoolManager(maxsize=_CONNECTIONS)
        if settings.tls_server_name:
            pool.connection_pool_kw["server_hostname"] = settings.tls_server_name
    if settings.host.startswith("https"):
        pool.connection_pool_kw["ssl_context"] = _tls(settings)
    # Keys out of the kubeconfig need not lie on the disk any longer, where a killed process would leave them.
    getattr(client.kube_config, "_cleanup_temp_files", lambda: None)()
    return pool


def _tls(settings: Any) -> ssl.SSLContext:
    from urllib3.util.ssl_ import create_urllib3_context

    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED if settings.verify_ssl else ssl.CERT_NONE)
    if settings.ssl_ca_cert:
        context.load_verify_locations(settings.ssl_ca_cert)
    elif settings.verify_ssl:
        context.load_default_certs()
    if settings.cert_file:
        # A password that is asked for on the terminal would look like a hang.
        context.load_cert_chain(settings.cert_file, settings.key_file, password="")
    return context
