"""Model weights on this machine: an early check, a content fingerprint, the tiny model.

Nothing here imports more than the standard library, so it may run beside or before a harness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cajajejo.weights.check import ModelFolder, WeightFile, check_model_folder
from cajajejo.weights.fingerprint import fingerprint_folder

if TYPE_CHECKING:
    from cajajejo.weights.tiny import make_tiny_model

__all__ = ["ModelFolder", "WeightFile", "check_model_folder", "fingerprint_folder", "make_tiny_model"]


def __getattr__(name: str) -> object:
    """Imports the tiny model's module on first use, so that it can also be run as a script."""
    if name == "make_tiny_model":
        from cajajejo.weights.tiny import make_tiny_model

        return make_tiny_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
