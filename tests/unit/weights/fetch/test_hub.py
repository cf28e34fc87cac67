"""A tokenizer from the hub, by the hub's own client and a server that we can spoil."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.fetch.hub import HubTokenizer
from cajajejo.weights.fetch.places import fetched_model
from cajajejo.weights.fetch.pull import fetch_folder, pull_weights
from cajajejo.weights.fetch.remote import RemoteFile
from fake_hub import FakeHub

FILES = {
    "org/model/.gitattributes": b"*",
    "org/model/README.md": b"a model",
    "org/model/config.json": b"{}",
    "org/model/chat_template.jinja": b"{{ x }}",
    "org/model/model.safetensors": b"x" * 100_000,
    "org/model/onnx/tokenizer.json": b"another",
    "org/model/tokenizer.json": b'{"model": {}}' * 1000,
    "org/model/tokenizer_config.json": b"{}",
    "org/empty/config.json": b"{}",
    "org/old/merges.txt": b"a b",
    "org/old/sentencepiece.bpe.model": b"x",
    "org/old/vocab.json": b"{}",
}
TOKENIZER = ["chat_template.jinja", "config.json", "tokenizer.json", "tokenizer_config.json"]
Serve = Callable[[FakeHub], FakeHub]


class Ignored:
    """Sees nothing."""

    def __init__(self) -> None:
        self.end: list[str] = []

    def started(self, source: str, total_bytes: int | None) -> None:
        pass

    def fetched(self, done_bytes: int) -> None:
        pass

    def finished(self, text: str) -> None:
        self.end.append(text)


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no-cache"))
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    with contextlib.ExitStack() as stack:

        def start(hub: FakeHub) -> FakeHub:
            monkeypatch.setenv("HF_ENDPOINT", stack.enter_context(hub))
            return hub

        yield start


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_the_tokenizer_is_fetched_and_nothing_else(
    serve: Serve, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    hub = serve(FakeHub(FILES))
    source = HubTokenizer("org/model")
    assert RemoteFile("tokenizer.json", 13_000) in source.files()
    fetch_folder(source, tmp_path / "scratch/t/org--model", tmp_path / "scratch", Ignored())
    assert names(tmp_path / "scratch") == ["t", "t/org--model", *(f"t/org--model/{name}" for name in TOKENIZER)]
    assert (tmp_path / "scratch/t/org--model/tokenizer.json").read_bytes() == FILES["org/model/tokenizer.json"]
    assert sorted(hub.reads) == [f"org/model/{name}" for name in TOKENIZER]
    assert capfd.readouterr() == ("", "")


def test_older_kinds_of_tokenizers_are_found(serve: Serve) -> None:
    serve(FakeHub(FILES))
    found = [file.name for file in HubTokenizer("org/old").files()]
    assert found == ["merges.txt", "sentencepiece.bpe.model", "vocab.json"]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 2, "HF_TOKEN through kubernetes_config.env from a Secret"),
        (403, 2, "accept its licence"),
        (404, 2, "check model_config.mlflow_artifact.tokenizer_hf_repo"),
        (429, 3, None),
        (500, 3, None),
        (503, 3, None),
    ],
)
def test_a_repository_that_may_not_be_listed_is_told_with_its_status(
    serve: Serve, status: int, code: int, words: str | None
) -> None:
    serve(FakeHub(FILES, failures={"org/model": status}))
    with pytest.raises(WeightsError, match=rf"cannot fetch hf://org/model from http.* \(status {status}\)") as caught:
        HubTokenizer("org/model").files()
    error = caught.value
    assert (error.status, error.source, error.object_uri, error.exit_code) == (status, "hf://org/model", None, code)
    assert "\n" not in str(error)
    assert error.remedy is words if words is None else words in str(error.remedy)


def test_a_repository_that_does_not_exist_is_named(serve: Serve) -> None:
    serve(FakeHub(FILES))
    with pytest.raises(WeightsError, match="hf://org/modle") as caught:
        HubTokenizer("org/modle").files()
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


def test_a_repository_without_a_tokenizer_is_refused(serve: Serve) -> None:
    serve(FakeHub(FILES))
    with pytest.raises(WeightsError, match="holds no tokenizer") as caught:
        HubTokenizer("org/empty").files()
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_file_that_may_not_be_read_is_named(serve: Serve, tmp_path: Path, status: int) -> None:
    serve(FakeHub(FILES, failures={"org/model/tokenizer.json": status}))
    with pytest.raises(WeightsError, match=rf"hf://org/model/tokenizer.json .*\(status {status}\)") as caught:
        fetch_folder(HubTokenizer("org/model"), tmp_path / "t", tmp_path, Ignored())
    assert caught.value.object_uri == "hf://org/model/tokenizer.json"
    assert (caught.value.source, caught.value.exit_code) == ("hf://org/model", 2)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_cut_off_is_refused_and_worth_a_retry(serve: Serve, tmp_path: Path) -> None:
    serve(FakeHub(FILES, cut_off={"org/model/tokenizer.json"}))
    with pytest.raises(WeightsError, match=r"tokenizer\.json") as caught:
        fetch_folder(HubTokenizer("org/model"), tmp_path / "t", tmp_path, Ignored())
    assert caught.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_login_is_sent_and_never_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(FakeHub(FILES, token="hf_verysecret"))
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    assert len(HubTokenizer("org/model").files()) == len(TOKENIZER)
    monkeypatch.setenv("HF_TOKEN", "hf_another_secret")
    with pytest.raises(WeightsError) as caught:
        HubTokenizer("org/model").files()
    assert caught.value.status == 401
    assert "secret" not in str(caught.value)


def test_a_hub_that_refuses_connections_is_worth_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(WeightsError, match=r"\(no answer\)") as caught:
            HubTokenizer("org/model").files()
    assert (caught.value.status, caught.value.exit_code) == (None, 3)
    assert f"may reach {address}; HF_ENDPOINT" in str(caught.value.remedy)


def test_a_hub_that_does_not_answer_is_worth_a_retry(serve: Serve) -> None:
    serve(FakeHub(FILES, silent={"org/model"}))
    with pytest.raises(WeightsError, match=r"\(no answer\)") as caught:
        HubTokenizer("org/model", timeout_s=0.1).files()
    assert (caught.value.status, caught.value.exit_code) == (None, 3)


def test_a_client_that_is_set_to_be_offline_is_bad_input(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(FakeHub(FILES))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(BadInputError) as caught:
        HubTokenizer("org/model").files()
    assert "HF_HUB_OFFLINE" in str(caught.value.remedy)


def test_a_folder_that_cannot_be_written_is_no_fault_of_the_hub(serve: Serve, tmp_path: Path) -> None:
    serve(FakeHub(FILES))
    source = HubTokenizer("org/model")
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        source.fetch(source.files(), tmp_path / "file")


def test_the_tokenizer_comes_after_the_model_and_once(serve: Serve, tmp_path: Path) -> None:
    hub = serve(FakeHub(FILES))
    artifact = {"run_id": "a" * 32, "artifact_path": "m", "tokenizer_hf_repo": "org/model"}
    model = ModelConfig(mlflow_artifact=artifact)
    (tmp_path / "m").mkdir()
    told = Ignored()
    for _ in range(2):
        pull_weights(model, "http://t", tmp_path, told)
    place = fetched_model(model, tmp_path)
    assert place is not None
    assert place.tokenizer == tmp_path / "tokenizer/org--model"
    assert names(place.tokenizer) == TOKENIZER
    assert len(hub.reads) == len(TOKENIZER)
    at = place.tokenizer
    assert told.end == [
        f"the weights are at {tmp_path}/m already",
        f"4 files of hf://org/model are at {at}",
        f"the weights are at {tmp_path}/m already",
        f"the tokenizer is at {at} already",
    ]
