"""Tracker and bucket, as far as this machine can tell."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cajajejo.cluster.doctor.check import Outcome
from cajajejo.config import load_job_config
from cajajejo.errors import BadInputError, CajajejoError, TrackerError, WeightsError
from cajajejo.report.doctor_outside import examine_outside, tracker_check, weights_check
from cajajejo.testing import write_job_config
from cajajejo.weights.fetch.remote import RemoteFile
from fake_hub import FakeHub

GIB = 2**30
URI = "https://mlflow.example.com"


def failing(status: int | None) -> object:
    def ask(uri: str, timeout_s: float) -> None:
        raise TrackerError(f"status {status}", uri=uri, status=status, remedy="look")

    return ask


def test_a_tracker_that_answers_is_ok() -> None:
    assert tracker_check(URI, lambda *_: None).outcome is Outcome.OK


@pytest.mark.parametrize("status", [None, 401, 403])
def test_what_only_this_machine_may_lack_is_a_warning(status: int | None) -> None:
    check = tracker_check(URI, failing(status))  # type: ignore[arg-type]
    assert (check.outcome, check.remedy) == (Outcome.WARNING, "look")


@pytest.mark.parametrize("status", [404, 500])
def test_a_server_that_is_no_tracker_is_a_failure(status: int) -> None:
    assert tracker_check(URI, failing(status)).outcome is Outcome.FAILED  # type: ignore[arg-type]


@pytest.mark.parametrize("host", ["localhost:5000", "127.0.0.1", "[::1]:5000", "x.localhost"])
def test_an_address_that_is_the_pod_itself_is_a_failure(host: str) -> None:
    def never(uri: str, timeout_s: float) -> None:
        raise AssertionError("it was asked")

    assert tracker_check(f"http://{host}", never).outcome is Outcome.FAILED


@pytest.mark.parametrize("uri", ["sqlite:////tmp/runs.db", "/runs/mlruns", "file:///runs"])
def test_a_folder_inside_the_pod_is_a_warning(uri: str) -> None:
    assert tracker_check(uri, lambda *_: None).outcome is Outcome.WARNING


def test_no_password_is_shown() -> None:
    check = tracker_check("https://anna:hunter2@mlflow.example.com", lambda *_: None)
    assert "hunter2" not in repr(check)


@dataclass
class Weights:
    """Weights somewhere."""

    found: Sequence[RemoteFile] = (RemoteFile("a", 13 * GIB), RemoteFile("b", None))
    error: CajajejoError | None = None
    uri: str = field(default="gs://models/llama")

    def files(self) -> Sequence[RemoteFile]:
        if self.error is not None:
            raise self.error
        return self.found

    def fetch(self, files: Sequence[RemoteFile], folder: Path) -> Path:
        raise AssertionError("nothing is to be fetched")


def test_weights_that_fit_on_the_disk_are_ok() -> None:
    check = weights_check(Weights(), 50 * GIB)
    assert (check.outcome, "2 files, 13Gi" in check.text) == (Outcome.OK, True)


def test_weights_that_do_not_fit_are_a_failure() -> None:
    check = weights_check(Weights(), 10 * GIB)
    assert check.outcome is Outcome.FAILED
    assert "kubernetes_config.storage.size" in str(check.remedy)


def test_nothing_at_all_is_a_failure() -> None:
    assert weights_check(Weights(found=()), 50 * GIB).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(None, Outcome.WARNING), (401, Outcome.WARNING), (403, Outcome.WARNING), (404, Outcome.FAILED)],
)
def test_weights_that_only_this_machine_may_not_reach_are_a_warning(status: int | None, outcome: Outcome) -> None:
    error = WeightsError("no", source="gs://models/llama", status=status)
    assert weights_check(Weights(error=error), 50 * GIB).outcome is outcome


def test_without_the_client_nothing_can_be_said() -> None:
    assert weights_check(Weights(error=BadInputError("not installed")), 50 * GIB).outcome is Outcome.SKIPPED


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("{builtin: tiny}", ["MLflow"]),
        ("{mlflow_artifact: {run_id: 3969f731d3f74fd19cfed62a9aa26d69, artifact_path: model}}", ["MLflow", "weights"]),
    ],
)
def test_weights_are_looked_at_where_the_job_fetches_some(tmp_path: Path, model: str, names: list[str]) -> None:
    config = load_job_config(write_job_config(tmp_path / "job.yml", tracking_uri="/runs", model=model)).value
    checks = list(examine_outside(config))
    assert [check.name for check in checks] == names
    assert {check.outcome for check in checks[1:]} <= {Outcome.SKIPPED}


def test_a_tokenizer_of_the_hub_is_looked_at_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    model = f"{{mlflow_artifact: {{run_id: {'a' * 32}, artifact_path: m, tokenizer_hf_repo: a/b}}}}"
    config = load_job_config(write_job_config(tmp_path / "job.yml", tracking_uri="/runs", model=model)).value
    outcomes = []
    with FakeHub({"a/b/tokenizer.json": b"{}"}) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        outcomes.append(list(examine_outside(config))[-1])
    with FakeHub({}) as address:
        monkeypatch.setenv("HF_ENDPOINT", address)
        outcomes.append(list(examine_outside(config))[-1])
    assert [(check.name, check.outcome) for check in outcomes] == [
        ("tokenizer", Outcome.OK),
        ("tokenizer", Outcome.FAILED),
    ]
