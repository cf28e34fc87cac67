"""Finds the weights that transformers would load from a folder, and checks that they are whole."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cajajejo.errors import ModelError
from cajajejo.weights.reading import DOWNLOAD_AGAIN, as_model_error, read_json_object, require_file
from cajajejo.weights.safetensors import check_safetensors

__all__ = ["WeightFile", "check_weights", "unfinished_downloads"]

_UNFINISHED = ("*.incomplete", "*.part", "*.crdownload", "*.aria2")
_OTHER_FORMATS = ("*.gguf", "*.ggml", "*.h5", "*.msgpack", "*.onnx", "*.pth", "*.pt", "*.ckpt")
_LEGACY_TORCH = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
"""How files begin that torch wrote before 1.6; transformers still reads them."""

_Check = Callable[[Path], "frozenset[str] | None"]


@dataclass(frozen=True)
class WeightFile:
    """One file with weights.

    Attributes:
        path: The file.
        size: Its size in bytes.
    """

    path: Path
    size: int


def check_weights(folder: Path) -> tuple[WeightFile, ...]:
    """Checks the weights that transformers would load: safetensors before torch, one file before shards.

    Args:
        folder: The model folder.

    Returns:
        The files, at least one.

    Raises:
        ModelError: There are none, one is missing, cut off or damaged, or an index names what is not there.
    """
    for name, check in (("model.safetensors", check_safetensors), ("pytorch_model.bin", check_torch_file)):
        whole, index = folder / name, folder / f"{name}.index.json"
        if os.path.lexists(whole):
            check(whole)
            return (WeightFile(whole, require_file(whole)),)
        if os.path.lexists(index):
            return tuple(WeightFile(shard, require_file(shard)) for shard in _check_index(index, check))
    raise ModelError(
        f"{folder} holds no weights that can be loaded{_what_is_there(folder)}",
        path=folder,
        remedy=f"{DOWNLOAD_AGAIN}: model.safetensors or pytorch_model.bin, or their index with every shard",
    )


def unfinished_downloads(folder: Path) -> list[str]:
    """Names the files that a download left half done, also where huggingface_hub keeps them.

    Args:
        folder: The model folder.

    Returns:
        Their paths relative to the folder, sorted.
    """
    places = [folder, folder / ".cache" / "huggingface" / "download"]
    found = {path for place in places for pattern in _UNFINISHED for path in place.glob(pattern)}
    return sorted(path.relative_to(folder).as_posix() for path in found)


def _what_is_there(folder: Path) -> str:
    if (folder / "adapter_config.json").exists():
        return ": it is an adapter, to be merged into its base model first"
    shards = sorted(path.name for pattern in ("*.safetensors", "*.bin") for path in folder.glob(pattern))
    if shards:
        return f": there is {_some(shards)}, but no index that names them"
    others = sorted(path.name for pattern in _OTHER_FORMATS for path in folder.glob(pattern))
    return f": {_some(others)} is another format" if others else ""


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _check_index(index: Path, check: _Check) -> list[Path]:
    """Checks every shard that an index names, and that each tensor is where the index says."""
    weight_map = read_json_object(index).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise ModelError(f"{index} has no weight_map", path=index, remedy=DOWNLOAD_AGAIN)
    shards: dict[str, list[str]] = {}
    for tensor, shard in weight_map.items():
        if not isinstance(shard, str) or Path(shard).name != shard or shard in {"", ".."}:
            problem = f"{index} puts tensor {tensor} into {shard!r}, which is no file name"
            raise ModelError(problem, path=index, remedy=DOWNLOAD_AGAIN)
        shards.setdefault(shard, []).append(tensor)
    folder = index.parent
    missing = [name for name in sorted(shards) if not os.path.lexists(folder / name)]
    if missing:
        problem = f"{folder} lacks {_some(missing)} of the {len(shards)} weight files that {index.name} names"
        raise ModelError(problem, path=folder / missing[0], remedy=f"finish the download, or {DOWNLOAD_AGAIN}")
    for name, tensors in sorted(shards.items()):
        present = check(folder / name)
        absent = sorted(set(tensors) - present) if present is not None else []
        if absent:
            problem = f"{folder / name} has no tensor {_some(absent)}, though {index.name} puts it there"
            raise ModelError(problem, path=folder / name, remedy=DOWNLOAD_AGAIN)
    return [folder / name for name in sorted(shards)]


def check_torch_file(path: Path) -> None:
    """Checks that a file that torch wrote is whole, as far as its table of contents tells.

    Args:
        path: The file: a zip archive, or a pickle of torch before 1.6, of which only the start is checked.

    Raises:
        ModelError: It is missing, cut off, or something else.
    """
    require_file(path)
    with as_model_error(path), path.open("rb") as file:
        if file.read(len(_LEGACY_TORCH)) == _LEGACY_TORCH:
            return
        file.seek(0)
        is_zip = file.read(2) == b"PK"
        try:
            with zipfile.ZipFile(file) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            problem = (
                "is cut off: its table of contents, at the end, is missing" if is_zip else "is no file that torch wrote"
            )
            raise ModelError(f"{path} {problem}", path=path, remedy=DOWNLOAD_AGAIN) from error
    if not any(name.endswith("data.pkl") for name in names):
        raise ModelError(f"{path} is a zip archive, but none that torch wrote", path=path, remedy=DOWNLOAD_AGAIN)
