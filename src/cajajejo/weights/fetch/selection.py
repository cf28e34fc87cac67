"""Which files of a folder a model needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Final

from cajajejo.weights.fetch.remote import RemoteFile

__all__ = ["LeftOut", "Selection", "select"]

_TRAINING: Final = (
    "optimizer.pt", "optimizer.bin", "optimizer_*.pt", "scheduler.pt", "scaler.pt", "rng_state*.pth",
    "training_args.bin", "trainer_state.json", "*optim_states.pt", "*model_states.pt", "events.out.tfevents.*",
    "zero_to_fp32.py",
)  # fmt: skip
_TRAINING_FOLDERS: Final = ("global_step*", "runs", "checkpoint-*")
_OTHER_FORMATS: Final = (
    "*.gguf", "*.ggml", "*.onnx", "*.onnx_data", "*.h5", "*.msgpack", "*.ot", "*.tflite", "*.mlmodel", "*.mlpackage",
    "*.engine", "*.llamafile", "openvino_model*",
)  # fmt: skip
_OTHER_FOLDERS: Final = ("onnx", "openvino", "coreml", "original", "gguf")
_SAFETENSORS: Final = ("model.safetensors", "model.safetensors.index.json")
_TORCH: Final = ("pytorch_model.bin", "pytorch_model.bin.index.json")
_TORCH_FILES: Final = ("pytorch_model*.bin", "pytorch_model*.bin.index.json")
_TWICE: Final = ("consolidated*.safetensors", "consolidated*.pth", "consolidated*.pt")
"""The same weights in the layout of another library, beside that of transformers."""


@dataclass(frozen=True)
class LeftOut:
    """A file that is not fetched.

    Attributes:
        file: The file.
        reason: Why not, in a few words.
    """

    file: RemoteFile
    reason: str


@dataclass(frozen=True)
class Selection:
    """What is fetched and what is not.

    Attributes:
        files: What is fetched.
        left_out: What is not.
    """

    files: tuple[RemoteFile, ...]
    left_out: tuple[LeftOut, ...] = ()


def select(files: Sequence[RemoteFile], *, all_files: bool = False, leave_out: Iterable[str] = ()) -> Selection:
    """Returns which files are fetched.

    The state of a training is left out; so are other formats of the weights, but only where there are weights that
    transformers loads: safetensors, or else torch's.

    Args:
        files: What there is.
        all_files: Whether to fetch all but what `leave_out` names.
        leave_out: More patterns of what is left out, such as `*.bin` or `extra/*`.
    """
    patterns = tuple(leave_out)
    loadable = _loadable_folders(files)
    kept, left_out = [], []
    for file in files:
        reason = "as asked" if _is_any(file.name, patterns) else None if all_files else _reason(file.name, loadable)
        if reason is None:
            kept.append(file)
        else:
            left_out.append(LeftOut(file, reason))
    return Selection(tuple(kept), tuple(left_out))


def _loadable_folders(files: Sequence[RemoteFile]) -> dict[str, str]:
    """The folders with weights that transformers loads, and which kind of them it prefers there."""
    folders: dict[str, str] = {}
    for file in files:
        path = PurePosixPath(file.name)
        folder = path.parent.as_posix()
        if path.name in _SAFETENSORS:
            folders[folder] = "safetensors"
        elif path.name in _TORCH:
            folders.setdefault(folder, "torch")
    return folders


def _reason(name: str, loadable: dict[str, str]) -> str | None:
    path = PurePosixPath(name)
    base, above = path.name, path.parts[:-1]
    if not loadable:
        return None  # whoever wants it knows what it is
    if _is_any(base, _TRAINING) or any(_is_any(part, _TRAINING_FOLDERS) for part in _outside(path, loadable)):
        return "state of a training"
    if _is_any(base, _OTHER_FORMATS) or any(_is_any(part, _OTHER_FOLDERS) for part in _outside(path, loadable)):
        return "another format"
    kind = loadable.get("/".join(above) or ".")
    if kind == "safetensors" and _is_any(base, _TORCH_FILES):
        return "the same weights are there as safetensors"
    if kind is not None and _is_any(base, _TWICE):
        return "the same weights in the layout of another library"
    return None


def _outside(path: PurePosixPath, loadable: dict[str, str]) -> tuple[str, ...]:
    """The folders that a file is in, where none of them, nor one below, holds weights to load."""
    parts = path.parts[:-1]
    inside = any(folder == path.parent.as_posix() or f"{folder}/".startswith(f"{path.parent}/") for folder in loadable)
    return () if inside else parts


def _is_any(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
