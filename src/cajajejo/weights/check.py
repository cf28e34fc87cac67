"""Checks a model folder in milliseconds, before anything heavy is imported."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import ModelError
from cajajejo.weights.reading import DOWNLOAD_AGAIN, as_model_error, read_json_object
from cajajejo.weights.tokenizer_files import check_tokenizer
from cajajejo.weights.weight_files import WeightFile, check_weights, unfinished_downloads

__all__ = ["ModelFolder", "WeightFile", "check_model_folder"]

_POSITION_KEYS = (
    "max_position_embeddings",
    "n_positions",
    "max_sequence_length",
    "max_seq_len",
    "seq_length",
    "n_ctx",
)


@dataclass(frozen=True)
class ModelFolder:
    """A model folder that has passed the check.

    Attributes:
        path: The folder, absolute.
        tokenizer: The folder of the tokenizer, absolute; often the same.
        weights: The files that transformers would load.
        model_type: As config.json states it, such as `gpt2`.
        architecture: The first architecture in config.json, such as `GPT2LMHeadModel`, or None.
        dtype: The data type that config.json states, such as `bfloat16`, or None.
        max_position: The longest sequence that config.json states, in tokens, or None.
        model_max_length: The longest sequence that the tokenizer states, in tokens; None where it is absent
            or one of the huge numbers that stand for "unknown".
        has_chat_template: Whether the tokenizer brings a chat template.
    """

    path: Path
    tokenizer: Path
    weights: tuple[WeightFile, ...]
    model_type: str
    architecture: str | None
    dtype: str | None
    max_position: int | None
    model_max_length: int | None
    has_chat_template: bool

    @property
    def total_bytes(self) -> int:
        """The size of all weight files together."""
        return sum(file.size for file in self.weights)


def check_model_folder(folder: Path, *, tokenizer: Path | None = None) -> ModelFolder:
    """Checks that a model can be loaded from a folder, as far as its files tell without reading the tensors.

    Args:
        folder: A folder in the Hugging Face layout.
        tokenizer: The folder of the tokenizer, where it is another one.

    Returns:
        What the folder holds.

    Raises:
        ModelError: Something is missing, cut off or damaged: which file, and what to do.
    """
    folder = _require_folder(folder)
    tokenizer = _require_folder(tokenizer) if tokenizer else folder
    at_fault = folder
    try:
        config, model_type = _read_config(folder)
        weights = check_weights(folder)
        at_fault = tokenizer
        facts = check_tokenizer(tokenizer)
    except ModelError as error:
        unfinished = unfinished_downloads(at_fault)
        if not unfinished:
            raise
        message = f"{error} (unfinished downloads are there: {', '.join(unfinished[:3])})"
        raise ModelError(message, path=error.path, remedy=error.remedy) from error
    architectures = config.get("architectures")
    return ModelFolder(
        path=folder,
        tokenizer=tokenizer,
        weights=weights,
        model_type=model_type,
        architecture=_text(architectures[0]) if isinstance(architectures, list) and architectures else None,
        dtype=_text(_stated(config, ("dtype", "torch_dtype"))),
        max_position=_positive(_stated(config, _POSITION_KEYS)),
        model_max_length=facts.model_max_length,
        has_chat_template=facts.has_chat_template,
    )


def _require_folder(folder: Path) -> Path:
    folder = folder.absolute()
    with as_model_error(folder):
        if not folder.exists():
            raise _no_such_folder(folder)
        if not folder.is_dir():
            raise ModelError(f"{folder} is not a folder", path=folder, remedy="give the folder that holds config.json")
        if not os.access(folder, os.R_OK | os.X_OK):
            raise PermissionError
    return folder


def _no_such_folder(folder: Path) -> ModelError:
    if folder.is_symlink():
        message = f"{folder} is a symbolic link to {folder.readlink()}, which is not there"
        return ModelError(message, path=folder, remedy="mount or copy what it points to")
    missing = folder
    while not missing.parent.exists():
        missing = missing.parent
    siblings = [path.name for path in missing.parent.iterdir() if path.is_dir()]
    nearest = difflib.get_close_matches(missing.name, siblings, n=1, cutoff=0.5)
    hint = (
        f"did you mean {missing.parent / nearest[0]}?" if nearest else "check the path, and that the volume is mounted"
    )
    because = "" if missing == folder else f" ({missing} is not there)"
    return ModelError(f"the folder {folder} does not exist{because}", path=folder, remedy=hint)


def _read_config(folder: Path) -> tuple[Mapping[str, object], str]:
    path = folder / "config.json"
    if not os.path.lexists(path):
        nested = _nearest([*folder.glob("*/config.json"), *folder.glob("snapshots/*/config.json")])
        remedy = (
            f"did you mean {nested.parent}?"
            if nested
            else f"{DOWNLOAD_AGAIN}, or convert it to the Hugging Face layout"
        )
        raise ModelError(f"{folder} has no config.json", path=path, remedy=remedy)
    config = read_json_object(path)
    model_type = config.get("model_type")
    if not isinstance(model_type, str) or not model_type:
        raise ModelError(
            f'{path} has no "model_type"', path=path, remedy="use the config.json that belongs to the model"
        )
    return config, model_type


def _nearest(found: Iterable[Path]) -> Path | None:
    return min(found, default=None)


def _stated(config: Mapping[str, object], keys: tuple[str, ...]) -> object:
    """The first of the keys that is there; models of several modes keep them in `text_config`."""
    nested = config.get("text_config")
    for level in (config, nested if isinstance(nested, dict) else {}):
        for key in keys:
            if level.get(key) is not None:
                return level[key]
    return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _positive(value: object) -> int | None:
    return value if type(value) is int and value > 0 else None
