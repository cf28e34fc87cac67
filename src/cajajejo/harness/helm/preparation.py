"""What is set up before HELM is imported: faster imports and registries, and no download that nobody needs."""

from __future__ import annotations

import gc
import os
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["Downloads", "prepare", "settle_memory"]

GC_THRESHOLDS = (50_000, 20, 50)
"""Python's default of 700 scans millions of HELM's and torch's objects over and over: a tenth of a short run."""


class Downloads:
    """Holds back NLTK's downloads until something has been seen to need them.

    HELM calls `nltk.download` while it imports some metrics, whether or not an entry uses what it would fetch. An
    evaluation of a model on disk should not ask the network for that.
    """

    def __init__(self, nltk: Any) -> None:
        self._nltk = nltk
        self._download: Callable[..., bool] = nltk.download
        self.wanted: list[str] = []
        nltk.download = self.hold

    def hold(self, name: str, *_args: object, **_kwargs: object) -> bool:
        """Stands in for `nltk.download`: remembers the name and fetches nothing."""
        if name not in self.wanted:
            self.wanted.append(name)
        return True

    def let_go(self) -> None:
        """Gives NLTK its own function back, for scenarios that fetch their data with it."""
        self._nltk.download = self._download

    def fetch(self) -> None:
        """Fetches what was held back, where it can be had; whether that helped is for the caller to see."""
        for name in self.wanted:
            self._download(name, quiet=True, raise_on_error=False)


def prepare(*, trace: bool = False) -> Downloads:
    """Sets up this process. Must run before anything of HELM is imported.

    Args:
        trace: Whether HELM logs everything.
    """
    gc.disable()
    if trace:
        os.environ["HELM_LOG_LEVEL"] = "DEBUG"
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "warning")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    warnings.filterwarnings("ignore")
    _read_yaml_with_libyaml()
    import nltk

    return Downloads(nltk)


def settle_memory() -> None:
    """Ends the garbage collector's rest during imports; what they have made stays, and is not looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
    gc.enable()


def _read_yaml_with_libyaml() -> None:
    """Lets `yaml.safe_load` use the C parser: HELM reads 580 kB of registries, which takes the pure one over a second.

    Both parsers build the same objects; PyYAML has the C one wherever a wheel was installed.
    """
    import yaml

    if not yaml.__with_libyaml__:
        return

    def safe_load(stream: Any) -> Any:
        return yaml.load(stream, yaml.CSafeLoader)

    yaml.safe_load = safe_load
