"""Checks a safetensors file by its header, without reading a tensor.

The format: 8 bytes with the header's length (little-endian), the header as JSON, the tensors without holes.
Source: https://huggingface.co/docs/safetensors (format) and its validation in `safetensors/src/tensor.rs`.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

from cajajejo.errors import ModelError
from cajajejo.weights.reading import DOWNLOAD_AGAIN, as_model_error, require_file

__all__ = ["check_safetensors"]

_LENGTH_BYTES = 8
_MOST_HEADER_BYTES = 100_000_000
_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8, "F8_E5M2FNUZ": 8,
    "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
    "U16": 16, "I16": 16, "F16": 16, "BF16": 16,
    "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64,
}  # fmt: skip


def check_safetensors(path: Path) -> frozenset[str]:
    """Checks that a safetensors file is whole and that its header agrees with itself and the file's length.

    Args:
        path: The file.

    Returns:
        The names of its tensors.

    Raises:
        ModelError: It is missing, cut off or damaged, and how.
    """
    size = require_file(path)
    header, data_start = _read_header(path, size)
    spans: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        if name == "__metadata__":
            if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
                raise _damaged(path, "the metadata in its header is not a map from text to text")
        else:
            spans.append((*_span(path, name, entry), name))
    if not spans:
        raise _damaged(path, "its header names no tensor")
    end = 0
    for start, stop, name in sorted(spans):
        if start != end:
            raise _damaged(path, f"tensor {name} starts at byte {start} of the data, not {end}")
        end = stop
    _check_length(path, size, data_start + end)
    return frozenset(name for _, _, name in spans)


def _read_header(path: Path, size: int) -> tuple[dict[str, object], int]:
    if size < _LENGTH_BYTES:
        raise _cut_off(path, f"has {size} bytes, fewer than any safetensors file")
    with as_model_error(path), path.open("rb") as file:
        length = int.from_bytes(file.read(_LENGTH_BYTES), "little")
        if length > _MOST_HEADER_BYTES or length < len("{}"):
            raise _damaged(path, f"it states a header of {length} bytes")
        if _LENGTH_BYTES + length > size:
            missing = _LENGTH_BYTES + length - size
            raise _cut_off(path, f"ends inside its header: at least {missing} bytes are missing")
        encoded = file.read(length)
    try:
        header = json.loads(encoded.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _damaged(path, f"its header is not valid JSON: {error}") from error
    if not isinstance(header, dict):
        raise _damaged(path, "its header is not a JSON object")
    return header, _LENGTH_BYTES + length


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name occurs twice")
    return content


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON number")


def _span(path: Path, name: str, entry: object) -> tuple[int, int]:
    """The data offsets of one tensor, checked against its type and shape."""
    if not isinstance(entry, dict) or entry.keys() != {"dtype", "shape", "data_offsets"}:
        raise _damaged(path, f"tensor {name} lacks a dtype, shape and data_offsets, or has more")
    dtype, shape, offsets = entry["dtype"], _sizes(entry["shape"]), _sizes(entry["data_offsets"])
    if not isinstance(dtype, str) or dtype not in _BITS:
        raise _damaged(path, f"tensor {name} has the unknown dtype {dtype!r}")
    if shape is None or offsets is None or len(offsets) != 2:
        raise _damaged(path, f"the shape and data_offsets of tensor {name} are no lists of sizes")
    start, stop = offsets
    bits = math.prod(shape) * _BITS[dtype]
    if bits != (stop - start) * 8:
        needed = f"{dtype} {shape} needs {-(-bits // 8)} bytes"
        raise _damaged(path, f"tensor {name} does not fit: {needed}, but its offsets span {stop - start}")
    return start, stop


def _sizes(value: object) -> list[int] | None:
    """A list of integers that are not negative, or None where it is something else."""
    if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
        return value
    return None


def _check_length(path: Path, size: int, expected: int) -> None:
    if size < expected:
        raise _cut_off(path, f"is cut off: {expected - size} of {expected} bytes are missing")
    if size > expected:
        raise _damaged(path, f"it has {size - expected} bytes more than its header tells")


def _cut_off(path: Path, problem: str) -> ModelError:
    return ModelError(f"{path} {problem}", path=path, remedy=f"finish the download, or {DOWNLOAD_AGAIN}")


def _damaged(path: Path, problem: str) -> ModelError:
    return ModelError(f"{path} is not a sound safetensors file: {problem}", path=path, remedy=DOWNLOAD_AGAIN)
