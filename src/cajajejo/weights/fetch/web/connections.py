"""Connections to servers: which certificates are trusted, and which proxy stands between."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import urllib3

__all__ = ["Connections", "Tls"]


@dataclass(frozen=True)
class Tls:
    """How a server's certificate is checked.

    Attributes:
        bundle: File or folder of the authorities to trust, or None for the usual ones.
        client_certificate: A file with our own certificate and key, or None.
        is_checked: False to trust whoever answers.
    """

    bundle: str | None = None
    client_certificate: str | None = None
    is_checked: bool = True


class Connections:
    """Keeps connections open for the next question. May be used from several threads."""

    def __init__(self, tls: Tls) -> None:
        """Connects to nobody yet.

        Args:
            tls: How certificates are checked.
        """
        self._tls = tls
        self._pools: dict[str | None, urllib3.PoolManager] = {}

    def to(self, url: str) -> urllib3.PoolManager:
        """Returns what asks for a URL."""
        proxy = _proxy(url)
        if proxy not in self._pools:
            self._pools[proxy] = _new_pool(proxy, self._tls)
        return self._pools[proxy]


def _new_pool(proxy: str | None, tls: Tls) -> urllib3.PoolManager:
    import urllib3

    bundle = tls.bundle or _usual_bundle()
    is_folder = bundle is not None and os.path.isdir(bundle)  # noqa: PTH112 - a text that may be no path
    options: dict[str, Any] = {
        "maxsize": 32,
        "cert_reqs": "CERT_REQUIRED" if tls.is_checked else "CERT_NONE",
        "ca_certs": None if is_folder else bundle,
        "ca_cert_dir": bundle if is_folder else None,
        "cert_file": tls.client_certificate,
    }
    if not tls.is_checked:
        options["assert_hostname"] = False
    return urllib3.PoolManager(**options) if proxy is None else urllib3.ProxyManager(proxy, **options)


def _usual_bundle() -> str | None:
    named = next((os.environ[name] for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE") if os.environ.get(name)), None)
    if named is not None:
        return named
    try:
        import certifi
    except ImportError:
        return None
    return str(certifi.where())


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for a URL, as `curl` and `requests` do."""
    from urllib.request import getproxies, proxy_bypass

    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")
