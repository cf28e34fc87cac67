"""How fast do 2 GB come from a bucket, against `gcloud storage cp -r` (target: 1.0) and parallel `curl` (1.43)?

And the memory of that (target: 200 MB), and how much longer than nothing at all a model takes that is in the cache
(target: 1 s). The bucket is a fake-gcs-server of this machine (`scripts/fake-gcs-server build`). Without gcloud that
question is left out. Each side writes into a new folder, which is removed unmeasured.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from _pairs import (
    BIN,
    ROOT,
    Measurement,
    compare,
    compile_packages,
    measure,
    medians,
    parse_pairs,
    record,
    run_in_turn,
    scratch_folder,
)

SHARDS = 4
SHARD_BYTES = 500_000_000
STREAMS = 8
MEMORY_MIB = 200.0
WITHIN_S = 120.0


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(5, __doc__)
    compile_packages()
    with scratch_folder() as folder:
        make_model(folder / "data/models/llama")
        with bucket_server(folder) as address:
            figures = measured(folder, address, pairs)
    record("weights", pairs, figures)


def measured(folder: Path, address: str, pairs: int) -> dict[str, object]:
    """Returns the figures of all questions."""
    os.environ["STORAGE_EMULATOR_HOST"] = address
    sides = {"pull": partial(into_folder, folder, pull), "curl": partial(into_folder, folder, partial(curl, address))}
    if shutil.which("gcloud"):
        os.environ.update(gcloud_settings(folder, address))
        sides["gcloud"] = partial(into_folder, folder, gcloud)
    else:
        print("gcloud is not installed: not compared", file=sys.stderr)
    results = run_in_turn(sides, pairs)
    figures: dict[str, object] = {name: medians(results[name]) for name in sides}
    for other, target in (("gcloud", 1.0), ("curl", 1 / 0.7)):
        if other in results:
            question = f"2 GB from a bucket against {other}"
            figures[question] = compare(question, results["pull"], results[other], "wall_s", target)
    largest = max(item.largest_mib for item in results["pull"])
    figures["memory"] = {"largest_mib": round(largest), "target": MEMORY_MIB, "met": largest <= MEMORY_MIB}
    print(
        f"memory of a pull: {largest:.0f} MiB (target {MEMORY_MIB:.0f}: {'met' if largest <= MEMORY_MIB else 'MISSED'})"
    )
    return {**figures, "cached": cached(folder, pairs)}


def cached(folder: Path, pairs: int) -> dict[str, object]:
    """How much longer than a command that does nothing a pull of a model takes that is in the cache."""
    command = [BIN / "cajajejo", "weights", "pull", "gs://models/llama", "--cache", folder / "cache"]
    measure(command, cwd=folder)
    sides = {
        "cached": lambda: measure(command, cwd=folder),
        "nothing": lambda: measure([BIN / "cajajejo", "--version"], cwd=folder),
    }
    results = run_in_turn(sides, pairs)
    more_s = medians(results["cached"])["wall_s"] - medians(results["nothing"])["wall_s"]
    print(f"a model in the cache: {more_s:.2f} s more than nothing (target 1.00: {'met' if more_s <= 1 else 'MISSED'})")
    return {"more_s": round(more_s, 3), "target": 1.0, "met": more_s <= 1.0}


def into_folder(folder: Path, fetch: Callable[[Path], Measurement]) -> Measurement:
    """Measures a fetch into a new folder, and holds what it fetched against what there is."""
    target = folder / "fetched"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    result = fetch(target)
    sizes = {path.name: path.stat().st_size for path in target.rglob("*") if path.is_file()}
    expected = {path.name: path.stat().st_size for path in (folder / "data/models/llama").iterdir()}
    if sizes != expected:
        raise RuntimeError(f"fetched {sizes} in the place of {expected}")
    shutil.rmtree(target)
    return result


def pull(target: Path) -> Measurement:
    """Ours."""
    return measure([BIN / "cajajejo", "weights", "pull", "gs://models/llama", "--to", target / "llama"], cwd=target)


def gcloud(target: Path) -> Measurement:
    """Google's."""
    return measure(["gcloud", "storage", "cp", "-r", "gs://models/llama", target], cwd=target)


def curl(address: str, target: Path) -> Measurement:
    """As many streams of curl as ours, one a file: it knows no parts of files, and checks nothing."""
    names = sorted(path.name for path in (target.parent / "data/models/llama").iterdir())
    url = f"{address}/download/storage/v1/b/models/o/llama%2F{{}}?alt=media"
    script = f"printf '%s\\n' {' '.join(names)} | xargs -P {STREAMS} -I{{}} curl -sSf -o {{}} '{url}'"
    return measure(["sh", "-c", script], cwd=target)


def gcloud_settings(folder: Path, address: str) -> dict[str, str]:
    """What makes gcloud ask the local server, without a login and without a word to Google."""
    return {
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_STORAGE": f"{address}/storage/v1/",
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        "CLOUDSDK_CORE_PROJECT": "bench",
    }


def make_model(folder: Path) -> None:
    """Writes four shards of random bytes that are sound safetensors, their index and a config."""
    folder.mkdir(parents=True)
    names = [f"model-{number:05d}-of-{SHARDS:05d}.safetensors" for number in range(1, SHARDS + 1)]
    block = os.urandom(2**20)
    for number, name in enumerate(names):
        tensor = {"dtype": "U8", "shape": [SHARD_BYTES], "data_offsets": [0, SHARD_BYTES]}
        header = json.dumps({f"t{number}": tensor}).encode()
        with (folder / name).open("wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            for start in range(0, SHARD_BYTES, len(block)):
                file.write(block[: SHARD_BYTES - start])
    weight_map = {f"t{number}": name for number, name in enumerate(names)}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    (folder / "config.json").write_text('{"model_type": "gpt2"}')


@contextmanager
def bucket_server(folder: Path) -> Iterator[str]:
    """Runs fake-gcs-server with what is in `data`, and gives its address."""
    built = subprocess.run([ROOT / "scripts/fake-gcs-server", "build"], capture_output=True, text=True, check=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = ["-backend", "filesystem", "-filesystem-root", folder / "root", "-data", folder / "data"]
    address = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-log-level", "error"]
    server = subprocess.Popen([built.stdout.strip(), *options, *address], stdin=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/storage/v1/b/models/o?prefix=llama/")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def wait_for(url: str) -> None:
    """Waits until a server answers."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.1)
    raise TimeoutError(url)


if __name__ == "__main__":
    main()
