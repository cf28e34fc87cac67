"""The parts of the official `kubernetes` package that are used, without the cost of the others.

`import kubernetes` reads some seven hundred modules of typed models, which takes half a second; kubeconfig and login
need a dozen. So these are imported below packages of the same name whose `__init__` was not run, and taken out of
`sys.modules` again: whoever imports `kubernetes` later gets the real thing. Where anything is not as expected, the
ordinary import does.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["OfficialClient", "load_client", "load_transport"]

_PACKAGE = "kubernetes"
_STAND_INS = {"oauthlib": "", "oauthlib.oauth2": "", "requests_oauthlib": "OAuth2Session"}
"""What only a login by `auth-provider` uses, and the name that is imported from it."""
_BLOCKED = "google.auth"
"""Likewise, for a login that Kubernetes dropped in 1.26; its reader knows how to do without."""


@dataclass(frozen=True)
class OfficialClient:
    """What is used of the package.

    Attributes:
        kube_config: The module `kubernetes.config.kube_config`.
        load_incluster_config: Reads the login of a pod.
        configuration: The class of what a login sets.
        config_exception: What is raised for a kubeconfig that is wrong.
    """

    kube_config: Any
    load_incluster_config: Any
    configuration: Any
    config_exception: type[Exception]


@functools.lru_cache(maxsize=2)
def load_client(*, whole: bool = False) -> OfficialClient:
    """Imports the parts.

    Args:
        whole: Import the package as usual; the logins by `auth-provider` (OpenID Connect, old GKE) need it.
    """
    if not whole and _PACKAGE not in sys.modules:
        with contextlib.suppress(ImportError, AttributeError, TypeError), _without_package_code():
            return _parts()
    return _parts()


def _parts() -> OfficialClient:
    configuration = importlib.import_module(f"{_PACKAGE}.client.configuration").Configuration
    kube_config = importlib.import_module(f"{_PACKAGE}.config.kube_config")
    return OfficialClient(
        kube_config=kube_config,
        load_incluster_config=importlib.import_module(f"{_PACKAGE}.config.incluster_config").load_incluster_config,
        configuration=configuration,
        config_exception=kube_config.ConfigException,
    )


@contextlib.contextmanager
def _without_package_code() -> Iterator[None]:
    """Inside, the package and its two subpackages are empty, but their modules can be imported."""
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"there is no package {_PACKAGE}")
    folders = [Path(folder) for folder in spec.submodule_search_locations]
    before = {name: sys.modules[name] for name in (*_STAND_INS, _BLOCKED) if name in sys.modules}
    try:
        for name in ("", "client", "config"):
            package = types.ModuleType(f"{_PACKAGE}.{name}".rstrip("."))
            package.__path__ = [str(folder / name) for folder in folders]
            sys.modules[package.__name__] = package
        client: Any = sys.modules[f"{_PACKAGE}.client"]
        client.Configuration = importlib.import_module(f"{_PACKAGE}.client.configuration").Configuration
        client.ApiClient = None
        for name, used in _STAND_INS.items():
            sys.modules[name] = types.ModuleType(name)
            setattr(sys.modules[name], used or "__doc__", None)
        sys.modules[_BLOCKED] = None  # type: ignore[assignment]
        yield
    finally:
        ours = (*_STAND_INS, _BLOCKED, *(name for name in sys.modules if f"{name}.".startswith(f"{_PACKAGE}.")))
        for name in ours:
            sys.modules.pop(name, None)
        sys.modules.update(before)


def load_transport() -> Any:
    """Returns the official client's own class of connections, which knows proxies and who is to be reached without."""
    if _PACKAGE not in sys.modules:
        with contextlib.suppress(ImportError, AttributeError, TypeError), _without_package_code():
            return importlib.import_module(f"{_PACKAGE}.client.rest").RESTClientObject
    return importlib.import_module(f"{_PACKAGE}.client.rest").RESTClientObject
