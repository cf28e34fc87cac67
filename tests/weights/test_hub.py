"""The stand-in of the hub: the hub's own client and ours fetch the same from it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.errors import WeightsError
from cajajejo.weights.fetch.pull import fetch_folder
from cajajejo.weights.fetch.remote import ChecksumKind
from cajajejo.weights.fetch.sources.hub import HubModel
from memory_source import Told
from weights_model import assert_fetched
from weights_servers import HubServer, Server, copied

CLIENT = """
import sys
from huggingface_hub import snapshot_download
print(snapshot_download("org/llama", local_dir=sys.argv[1], ignore_patterns=["optimizer.pt", "*.bin"]))
"""


@pytest.fixture
def hub(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    folder = tmp_path / "hub"
    folder.mkdir()
    copied(model, folder / "data/org/llama")
    with HubServer(folder) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.uri)
        for name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
        yield server


def test_the_hubs_own_client_fetches_from_it(hub: Server, tmp_path: Path, model: Path) -> None:
    pytest.importorskip("huggingface_hub")
    subprocess.run([sys.executable, "-c", CLIENT, tmp_path / "theirs"], check=True, capture_output=True, timeout=120)
    for name in ("config.json", "model-00002-of-00002.safetensors"):
        assert (tmp_path / "theirs" / name).read_bytes() == (model / name).read_bytes()


def test_ours_fetches_the_same(hub: Server, tmp_path: Path, model: Path) -> None:
    source = HubModel("org/llama", "main")
    kinds = {file.name: file.checksum.kind for file in source.files() if file.checksum is not None}
    assert kinds["model-00001-of-00002.safetensors"] is ChecksumKind.SHA256
    assert kinds["config.json"] is ChecksumKind.GIT_SHA1
    fetch_folder(source, tmp_path / "ours", tmp_path, Told())
    assert_fetched(tmp_path / "ours", model)


def test_what_it_does_not_have_is_told(hub: Server) -> None:
    with pytest.raises(
        WeightsError, match=r"hf://org/llama@v2 from http.* \(status 404\): Invalid rev id: v2"
    ) as caught:
        HubModel("org/llama", "v2").files()
    assert caught.value.exit_code == 2
    with pytest.raises(WeightsError, match=r"\(status 401\)"):
        HubModel("org/other").files()
