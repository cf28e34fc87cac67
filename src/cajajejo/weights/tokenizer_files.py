"""Checks that a folder holds a tokenizer, and reads what it states."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import ModelError
from cajajejo.weights.reading import DOWNLOAD_AGAIN, as_model_error, read_json_object, require_file

__all__ = ["TokenizerFacts", "check_tokenizer"]

_KINDS = (
    ("tokenizer.json",),
    ("vocab.json", "merges.txt"),
    ("vocab.txt",),
    ("tokenizer.model",),
    ("spiece.model",),
    ("sentencepiece.bpe.model",),
    ("tekken.json",),
)
"""Each way to store a tokenizer: the files that belong together, the one that transformers prefers first."""
_LONGEST_TOKENS = 1_000_000
_PARSED_BYTES = 2**20
"""Larger JSON files take too long to parse here; their first and last character are looked at."""


@dataclass(frozen=True)
class TokenizerFacts:
    """What a tokenizer states about itself.

    Attributes:
        model_max_length: The longest sequence in tokens, or None.
        has_chat_template: Whether it brings a chat template.
    """

    model_max_length: int | None
    has_chat_template: bool


def check_tokenizer(folder: Path) -> TokenizerFacts:
    """Checks that a folder holds the files of a tokenizer.

    Args:
        folder: The folder; it exists.

    Returns:
        What the tokenizer states.

    Raises:
        ModelError: They are missing, cut off or damaged.
    """
    for name in _vocabulary_files(folder):
        path = folder / name
        size = require_file(path)
        if path.suffix == ".json":
            _check_json(path, size)
    path = folder / "tokenizer_config.json"
    config = read_json_object(path) if os.path.lexists(path) else {}
    return TokenizerFacts(_max_length(config), _has_chat_template(folder, config))


def _vocabulary_files(folder: Path) -> tuple[str, ...]:
    with as_model_error(folder):
        present = {path.name for path in folder.iterdir()}
    for names in _KINDS:
        if present.issuperset(names):
            return names
    tiktoken = sorted(name for name in present if name.endswith(".tiktoken"))
    if tiktoken:
        return (tiktoken[0],)
    half = sorted(present & {"vocab.json", "merges.txt"})
    there = f" ({half[0]} alone is not enough)" if half else ""
    if not half and "tokenizer_config.json" in present:
        there = " (tokenizer_config.json alone is not enough)"
    raise ModelError(
        f"{folder} holds no tokenizer{there}",
        path=folder / "tokenizer.json",
        remedy=f"{DOWNLOAD_AGAIN} with its tokenizer.json (or vocab.json and merges.txt, vocab.txt, "
        "tokenizer.model, spiece.model), or name the folder that holds the tokenizer",
    )


def _check_json(path: Path, size: int) -> None:
    if size <= _PARSED_BYTES:
        read_json_object(path)
        return
    with as_model_error(path), path.open("rb") as file:
        start = file.read(64).lstrip()[:1]
        file.seek(-64, 2)
        end = file.read().rstrip()[-1:]
    if start != b"{" or end != b"}":
        raise ModelError(f"{path} is cut off or damaged: it is no JSON object", path=path, remedy=DOWNLOAD_AGAIN)


def _max_length(config: Mapping[str, object]) -> int | None:
    value = config.get("model_max_length")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 < value <= _LONGEST_TOKENS else None


def _has_chat_template(folder: Path, config: Mapping[str, object]) -> bool:
    files = ("chat_template.jinja", "chat_template.json")
    return bool(config.get("chat_template")) or any((folder / name).is_file() for name in files)
