"""Code outside the harness that decides results: plugins and this package. A changed one must be noticed."""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Iterator, Sequence
from importlib.metadata import entry_points
from pathlib import Path

from cajajejo import __version__

__all__ = ["absolute_paths", "code_hash"]

PLUGINS_FLAG = "--plugins"
PLUGINS_GROUP = "helm"


def code_hash(args: Sequence[str]) -> str:
    """Returns the hash of the plugins that `helm.args` name, of installed ones, and of this package's version."""
    whole = hashlib.sha256(__version__.encode())
    for point in sorted(entry_points(group=PLUGINS_GROUP), key=lambda item: item.name):
        whole.update(f"{point.value} {point.dist.version if point.dist else ''}\n".encode())
    for plugin in _plugins(args):
        for path in _files(plugin):
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def absolute_paths(args: Sequence[str]) -> tuple[str, ...]:
    """Returns the arguments with paths of existing files made absolute, as the harness works in another folder."""
    return tuple(str(Path(arg).absolute()) if _is_path(arg) and Path(arg).exists() else arg for arg in args)


def _is_path(arg: str) -> bool:
    return not arg.startswith("-") and ("/" in arg or arg.endswith(".py"))


def _plugins(args: Sequence[str]) -> Iterator[str]:
    inside = False
    for arg in args:
        flag, _, value = arg.partition("=")
        if arg.startswith("-"):
            inside = flag == PLUGINS_FLAG
            if inside and value:
                yield value
        elif inside:
            yield arg


def _files(plugin: str) -> list[Path]:
    """The Python files of a plugin, given by path or by module name; none where it cannot be found."""
    path = Path(plugin)
    if not path.exists():
        try:
            spec = importlib.util.find_spec(plugin)
        except (ImportError, ValueError):
            return []
        if spec is None or spec.origin is None:
            return []
        path = Path(spec.origin).parent if spec.submodule_search_locations else Path(spec.origin)
    return sorted(path.rglob("*.py")) if path.is_dir() else [path]
