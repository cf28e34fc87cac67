"""Images in the layout of the Open Container Initiative, written without any daemon.

Source: https://github.com/opencontainers/image-spec/blob/v1.0.2/image-layout.md
"""

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

CHUNK = 1 << 20
MEDIA = "application/vnd.oci.image"
MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True)
class Layer:
    """One uncompressed layer: its tar file, and the hash that names it."""

    path: Path
    digest: str

    @property
    def blob(self) -> dict[str, object]:
        """How a manifest refers to it."""
        return {"mediaType": f"{MEDIA}.layer.v1.tar", "digest": self.digest, "size": self.path.stat().st_size}


def hash_layer(path: Path) -> None:
    """Leaves the hash of a layer in a file beside it."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    path.with_suffix(".digest").write_text(f"sha256:{digest.hexdigest()}")


def layer_at(path: Path) -> Layer:
    """A layer whose hash lies beside it."""
    return Layer(path, path.with_suffix(".digest").read_text())


@dataclass(frozen=True)
class Image:
    """A name, layers from the lowest to the highest, and the `config` of a container."""

    name: str
    layers: Sequence[Layer]
    config: Mapping[str, object]

    def write(self, path: Path, present: frozenset[str] = frozenset()) -> None:
        """Writes the archive that `ctr images import` reads.

        Args:
            path: The tar file.
            present: Digests of layers that the receiver has already; the archive leaves them out.
        """
        config = _json(
            {
                "architecture": MACHINES.get(os.uname().machine, os.uname().machine),
                "os": "linux",
                "config": dict(self.config),
                "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in self.layers]},
            }
        )
        layers = [layer.blob for layer in self.layers]
        manifest = _json({"schemaVersion": 2, "config": _blob("config.v1", config), "layers": layers})
        names = {"io.containerd.image.name": self.name, "org.opencontainers.image.ref.name": self.name.split(":")[-1]}
        index = {"schemaVersion": 2, "manifests": [{**_blob("manifest.v1", manifest), "annotations": names}]}
        with tarfile.open(path, "w") as archive:
            _add(archive, "oci-layout", _json({"imageLayoutVersion": "1.0.0"}))
            _add(archive, "index.json", _json(index))
            for content in (config, manifest):
                _add(archive, _place(_digest(content)), content)
            for layer in self.layers:
                if layer.digest not in present:
                    archive.add(layer.path, _place(layer.digest))


def _json(document: object) -> bytes:
    return json.dumps(document).encode()


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _place(digest: str) -> str:
    return "blobs/" + digest.replace(":", "/")


def _blob(kind: str, content: bytes) -> dict[str, object]:
    return {"mediaType": f"{MEDIA}.{kind}+json", "digest": _digest(content), "size": len(content)}


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    archive.addfile(entry, io.BytesIO(content))
