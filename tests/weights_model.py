"""A folder like that of a model, for fetching it from somewhere."""

import json
import os
import struct
from pathlib import Path

MEGABYTE = 10**6
NEEDED = (
    "config.json",
    "empty.txt",
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
    "tokenizer.json",
)


def write_safetensors(path: Path, size: int) -> None:
    """A sound file of random bytes."""
    header = json.dumps({"t": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + os.urandom(size))


def write_model(folder: Path) -> None:
    """64 MB like a model, with what a model does not need."""
    folder.mkdir()
    write_safetensors(folder / "model-00001-of-00002.safetensors", 40 * MEGABYTE)
    write_safetensors(folder / "model-00002-of-00002.safetensors", 24 * MEGABYTE)
    shards = {"t": "model-00001-of-00002.safetensors", "u": "model-00002-of-00002.safetensors"}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": shards}))
    (folder / "config.json").write_text('{"model_type": "gpt2"}')
    (folder / "tokenizer.json").write_text('{"model": {}}')
    (folder / "optimizer.pt").write_bytes(os.urandom(1000))
    (folder / "pytorch_model.bin").write_bytes(os.urandom(1000))
    (folder / "empty.txt").touch()


def assert_fetched(folder: Path, model: Path) -> None:
    """All that is needed is there, byte for byte, and nothing else."""
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == sorted(NEEDED)
    for name in NEEDED:
        assert (folder / name).read_bytes() == (model / name).read_bytes()
