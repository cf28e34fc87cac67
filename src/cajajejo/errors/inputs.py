"""What the user gave cannot work."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cajajejo.errors.root import BadInputError

if TYPE_CHECKING:
    from cajajejo.config.source import Problem

__all__ = ["ConfigError", "DeviceError", "ModelError"]


class ConfigError(BadInputError):
    """One or more problems in config files, sorted by position.

    Attributes:
        problems: The problems, each with file, line, column, key path and remedy.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        if not problems:
            raise ValueError("a ConfigError needs at least one problem")
        super().__init__("\n".join(problem.headline() for problem in problems))
        self.problems = tuple(problems)


class ModelError(BadInputError):
    """The model folder is missing, incomplete or cannot be loaded.

    Attributes:
        path: The folder or file at fault.
    """

    def __init__(self, message: str, *, path: Path, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.path = path


class DeviceError(BadInputError):
    """An accelerator was asked for, but the machine learning library cannot use one."""
