"""A tokenizer from the hub, by the hub's own client and a server that we can spoil."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cajajejo.config.job import ModelConfig
from cajajejo.errors import BadInputError, WeightsError
from cajajejo.weights.cache.fill import fetch_into_cache
from cajajejo.weights.fetch.patience import Patience
from cajajejo.weights.fetch.places import fetched_model
from cajajejo.weights.fetch.pull import fetch_folder, pull_weights
from cajajejo.weights.fetch.remote import RemoteFile
from cajajejo.weights.fetch.sources.hub import HubModel, HubTokenizer
from fake_hub import COMMIT, FakeHub
from memory_source import IMPATIENT, Told

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


AT_ONCE = Patience(0, 0, 0, 0)


@pytest.fixture(autouse=True)
def nobody_is_logged_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "no-token"))
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"):
        monkeypatch.delenv(name, raising=False)


def tokenizer(repository: str = "org/model", *, timeout_s: float = 30.0) -> HubTokenizer:
    return HubTokenizer(repository, timeout_s=timeout_s, patience=AT_ONCE)


def fetch(source: HubModel, target: Path, scratch: Path | None = None) -> None:
    fetch_folder(source, target, scratch or target.parent, Told(), options=IMPATIENT)


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
    source = tokenizer()
    assert ("tokenizer.json", 13_000) in [(file.name, file.size_bytes) for file in source.files()]
    fetch(source, tmp_path / "scratch/t/org--model", tmp_path / "scratch")
    assert names(tmp_path / "scratch") == ["t", "t/org--model", *(f"t/org--model/{name}" for name in TOKENIZER)]
    assert (tmp_path / "scratch/t/org--model/tokenizer.json").read_bytes() == FILES["org/model/tokenizer.json"]
    assert set(hub.reads) == {f"org/model/{name}" for name in TOKENIZER}  # a server that knows no parts sends all
    assert capfd.readouterr() == ("", "")


def test_older_kinds_of_tokenizers_are_found(serve: Serve) -> None:
    serve(FakeHub(FILES))
    found = [file.name for file in tokenizer("org/old").files()]
    assert found == ["merges.txt", "sentencepiece.bpe.model", "vocab.json"]


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, 2, "HF_TOKEN through kubernetes_config.env from a Secret"),
        (403, 2, "accept its licence"),
        (404, 2, "check tokenizer_hf_repo in model_config"),
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
        tokenizer("org/model").files()
    error = caught.value
    assert (error.status, error.source, error.object_uri, error.exit_code) == (status, "hf://org/model", None, code)
    assert "\n" not in str(error)
    assert error.remedy is words if words is None else words in str(error.remedy)


def test_a_repository_that_does_not_exist_is_named(serve: Serve) -> None:
    serve(FakeHub(FILES))
    with pytest.raises(WeightsError, match="hf://org/modle") as caught:
        tokenizer("org/modle").files()
    assert (caught.value.status, caught.value.exit_code) == (404, 2)


def test_a_repository_without_a_tokenizer_is_refused(serve: Serve) -> None:
    serve(FakeHub(FILES))
    with pytest.raises(WeightsError, match="holds no tokenizer") as caught:
        tokenizer("org/empty").files()
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_file_that_may_not_be_read_is_named(serve: Serve, tmp_path: Path, status: int) -> None:
    serve(FakeHub(FILES, failures={"org/model/tokenizer.json": status}))
    with pytest.raises(WeightsError, match=rf"hf://org/model/tokenizer.json .*\(status {status}\)") as caught:
        fetch(tokenizer(), tmp_path / "t")
    assert caught.value.object_uri == "hf://org/model/tokenizer.json"
    assert (caught.value.source, caught.value.exit_code) == ("hf://org/model", 2)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_cut_off_is_refused_and_worth_a_retry(serve: Serve, tmp_path: Path) -> None:
    serve(FakeHub(FILES, cut_off={"org/model/tokenizer.json"}))
    with pytest.raises(WeightsError, match=r"tokenizer\.json") as caught:
        fetch(tokenizer(), tmp_path / "t")
    assert caught.value.exit_code == 3
    assert not (tmp_path / "t").exists()


def test_a_login_is_sent_and_never_told(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(FakeHub(FILES, token="hf_verysecret"))
    monkeypatch.setenv("HF_TOKEN", "hf_verysecret")
    assert len(tokenizer("org/model").files()) == len(TOKENIZER)
    monkeypatch.setenv("HF_TOKEN", "hf_another_secret")
    with pytest.raises(WeightsError) as caught:
        tokenizer("org/model").files()
    assert caught.value.status == 401
    assert "secret" not in str(caught.value)


def test_a_hub_that_refuses_connections_is_worth_a_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv("HF_ENDPOINT", address)
        with pytest.raises(WeightsError, match=r"\(no answer\)") as caught:
            tokenizer("org/model").files()
    assert (caught.value.status, caught.value.exit_code) == (None, 3)
    assert f"may reach {address}; HF_ENDPOINT" in str(caught.value.remedy)


def test_a_hub_that_does_not_answer_is_worth_a_retry(serve: Serve) -> None:
    serve(FakeHub(FILES, silent={"org/model"}))
    with pytest.raises(WeightsError, match=r"\(no answer\)") as caught:
        tokenizer(timeout_s=0.1).files()
    assert (caught.value.status, caught.value.exit_code) == (None, 3)


def test_a_client_that_is_set_to_be_offline_is_bad_input(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(FakeHub(FILES))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BadInputError) as caught:
        tokenizer("org/model").files()
    assert "HF_HUB_OFFLINE" in str(caught.value.remedy)


def test_a_token_of_a_login_on_this_machine_is_sent(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    serve(FakeHub(FILES, token="hf_verysecret"))
    (tmp_path / "token").write_text("hf_verysecret\n")
    monkeypatch.setenv("HF_TOKEN_PATH", str(tmp_path / "token"))
    assert len(tokenizer().files()) == len(TOKENIZER)


def test_a_server_that_is_no_hub_is_told(serve: Serve) -> None:
    hub = FakeHub({"org/model/tokenizer.json": b"{}"})
    serve(hub)
    hub.files = {"api/models/x": b""}
    with pytest.raises(WeightsError, match="status 404"):
        HubModel("org/other", patience=AT_ONCE).files()


def test_the_tokenizer_comes_after_the_model_and_once(serve: Serve, tmp_path: Path) -> None:
    hub = serve(FakeHub(FILES))
    artifact = {"run_id": "a" * 32, "artifact_path": "m", "tokenizer_hf_repo": "org/model"}
    model = ModelConfig(mlflow_artifact=artifact)
    (tmp_path / "m").mkdir()
    told = Told()
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


class Elsewhere:
    """A web where every file is at another place."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    def open(self, url: str, *, home: str | None = None, **_: object) -> tuple[None, str]:
        self.asked.append((url, home))
        return None, "https://cdn/x"


def test_a_place_that_a_redirect_led_to_is_not_asked_with_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "https://hub")
    source, web = HubModel("org/model"), Elsewhere()
    source.revision = "c"
    monkeypatch.setattr(source, "_web", web)
    for start in (0, 10):
        source.open(RemoteFile("x", 20), start, start + 10)
    assert web.asked == [("https://hub/org/model/resolve/c/x", "https://hub"), ("https://cdn/x", "https://hub")]


def test_a_commit_is_known_before_the_hub_is_asked_and_a_branch_after(serve: Serve) -> None:
    serve(FakeHub(FILES))
    for named in ("c0ffee", "main", None, COMMIT.upper()):
        assert HubModel("org/model", named).pinned is None
    branch = HubModel("org/model", "main", patience=AT_ONCE)
    branch.files()
    assert branch.pinned == HubModel("org/model", COMMIT).pinned is not None
    assert branch.pinned != HubTokenizer("org/model").pinned


def test_a_mirror_that_tells_of_another_commit_is_refused(serve: Serve) -> None:
    serve(FakeHub(FILES))
    with pytest.raises(WeightsError, match=f"another commit: {COMMIT}") as caught:
        HubModel("org/model", "a" * 40, patience=AT_ONCE).files()
    assert caught.value.exit_code == 3


def test_a_model_in_a_cache_is_used_while_the_hub_is_away(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub = serve(FakeHub(FILES))
    first = fetch_into_cache(HubModel("org/old", "main"), tmp_path, Told(), options=IMPATIENT)
    hub.failures["org/old"] = 503
    reads, told = len(hub.reads), Told()
    for revision in ("main", None, COMMIT):
        source = HubModel("org/old", revision, patience=AT_ONCE)
        assert fetch_into_cache(source, tmp_path, told, options=IMPATIENT).files == first.files
    assert [note.partition(" (status 503)")[0] for note in told.notes] == [
        f"WARNING: cannot fetch hf://org/old{at} from {source._endpoint}" for at in ("@main", "")
    ]
    assert len(hub.reads) == reads
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert fetch_into_cache(HubModel("org/old", "main"), tmp_path, told, options=IMPATIENT).files == first.files
    with pytest.raises(BadInputError):  # its tokenizer alone has never been asked for
        fetch_into_cache(tokenizer("org/old"), tmp_path, told, options=IMPATIENT)
