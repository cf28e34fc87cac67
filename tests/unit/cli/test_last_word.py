"""How a container ended, as its last word."""

import errno
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from cajajejo.cli.last_word import last_word_of_error, last_word_of_result, leave_last_word
from cajajejo.config import load_evaluation
from cajajejo.errors import (
    BadInputError,
    ConfigError,
    DeviceError,
    DisruptionBudgetError,
    HarnessCrashError,
    InterruptedRunError,
    ModelError,
    StoreError,
    SupersededError,
    TrackerError,
    WeightsError,
)
from cajajejo.evaluation import EvaluationResult
from cajajejo.harness.contract import EntryStatus
from cajajejo.pod_protocol import LastWord
from cajajejo.results.scores import Shares
from cajajejo.results.summary import EntrySummary, EvaluationSummary
from cajajejo.store.layout import RunFolder
from cajajejo.testing import write_job_config, write_run_entries
from cajajejo.tracking.base import RunHandle

HERE = Path("run")
OUT_OF_MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has 14.7 GiB"


def full_disk() -> StoreError:
    error = StoreError("cannot write run/outbox/1.json: no room", path=HERE)
    error.__cause__ = OSError(errno.ENOSPC, "No space left on device")
    return error


def crash(*tail: str) -> HarnessCrashError:
    return HarnessCrashError("the harness crashed with exit code 70", return_code=70, log_tail=tail, remedy="see")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (BadInputError("the environment lacks JOB_NAME"), "bad_input"),
        (ModelError("config.json is missing", path=HERE), "model"),
        (ModelError(f"the model cannot be loaded: {OUT_OF_MEMORY}", path=HERE), "cuda_out_of_memory"),
        (DeviceError("torch finds none"), "device"),
        (TrackerError("away", uri="http://t"), "tracker"),
        (StoreError("cannot read run: stale file handle", path=HERE), "store"),
        (StoreError("/runs has 3 MiB of room left, and an evaluation needs 256 MiB", path=HERE), "disk_full"),
        (StoreError("the harness could not write below run: OSError: No space left on device", path=HERE), "disk_full"),
        (full_disk(), "disk_full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (SupersededError("attempt 2 has taken over", path=HERE), "superseded"),
        (WeightsError("no such bucket", source="gs://b/m", status=404), "weights"),
        (DisruptionBudgetError("6 times", disruptions=6, budget=5), "disruption_budget"),
        (crash("Segmentation fault"), "harness_crash"),
        (crash("loading", OUT_OF_MEMORY, "the end"), "cuda_out_of_memory"),
        (InterruptedRunError("stopped by SIGTERM", signal_number=signal.SIGTERM), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
        (ZeroDivisionError("division by zero"), "defect"),
    ],
)
def test_each_error_has_a_code(error: BaseException, code: str) -> None:
    word = last_word_of_error(error, 7)
    assert (word.exit_code, word.code) == (7, code)
    assert word.cause
    assert LastWord.parse(word.to_message()) is not None


def test_a_usage_error_is_bad_input_by_its_exit_code() -> None:
    assert last_word_of_error(ValueError("No such option"), 2).code == "bad_input"


def test_a_crash_tells_its_last_line() -> None:
    assert "its last line: Segmentation fault" in last_word_of_error(crash("a", " Segmentation fault "), 70).cause


def test_details_are_data() -> None:
    weights = WeightsError("no", source="gs://b/m", status=403)
    assert last_word_of_error(weights, 2).details == {"source": "gs://b/m", "http_status": 403}
    weights = WeightsError("no", source="gs://b/m", status=None, object_uri="gs://b/m/x")
    assert last_word_of_error(weights, 3).details == {"source": "gs://b/m", "http_status": None, "object": "gs://b/m/x"}
    budget = DisruptionBudgetError("no", disruptions=6, budget=5)
    assert last_word_of_error(budget, 1).details == {"disruptions": 6, "budget": 5}
    interrupted = InterruptedRunError("no", signal_number=signal.SIGTERM)
    assert last_word_of_error(interrupted, 143).details == {"signal": "SIGTERM"}


def result(tmp_path: Path, *causes: str | None) -> EvaluationResult:
    shares = Shares(n=0, unscorable=0.0, truncated=0.0, unread=0.0, failed=0.0)
    entries = tuple(
        EntrySummary(
            name=f"e{number}",
            description="",
            scenario="",
            fingerprint="",
            status=EntryStatus.FINISHED if cause is None else EntryStatus.FAILED,
            shares=shares,
            cause=cause,
        )
        for number, cause in enumerate(causes)
    )
    status = "failed" if any(causes) else "finished"
    summary = EvaluationSummary(status, entries, attempt=1, weights="", content="", planned=len(entries))
    config = write_job_config(tmp_path / "job.yml")
    inputs = load_evaluation(config, write_run_entries(tmp_path / "entries.conf", ["good"]))
    run = RunHandle("r", "3", "http://t/#/experiments/3/runs/r")
    return EvaluationResult(summary, RunFolder(tmp_path), inputs, "http://t", run, None)


def test_a_success_says_so_and_where_it_is(tmp_path: Path) -> None:
    word = last_word_of_result(result(tmp_path, None, None))
    assert word == LastWord(0, "ok", "2 entries evaluated", None, {"run_url": "http://t/#/experiments/3/runs/r"})


def test_failed_entries_are_named_with_their_causes(tmp_path: Path) -> None:
    word = last_word_of_result(result(tmp_path, None, "ValueError: a prompt is too long"))
    assert (word.exit_code, word.code) == (1, "entry_failed")
    assert word.cause == "1 of 2 entries failed: e1: ValueError: a prompt is too long"
    assert word.details["entries"] == ["e1"]


def test_an_entry_that_ran_out_of_gpu_memory_says_what_to_do(tmp_path: Path) -> None:
    word = last_word_of_result(result(tmp_path, OUT_OF_MEMORY))
    assert (word.exit_code, word.code) == (1, "cuda_out_of_memory")
    assert "dtype" in str(word.remedy)


def test_what_the_tracker_lacks_is_the_cause(tmp_path: Path) -> None:
    ended = replace(result(tmp_path, "ValueError"), unrecorded=TrackerError("away", uri="http://t", remedy="wait"))
    word = last_word_of_result(ended)
    assert (word.exit_code, word.code, word.cause, word.remedy) == (3, "tracker", "away", "wait")
    assert "run_url" in word.details


def test_secrets_are_masked_wherever_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "log"
    environment = {"CAJAJEJO_TERMINATION_LOG": str(path), "HF_TOKEN": "hf_verysecret"}
    word = LastWord(
        2, "weights", "hf_verysecret", "hf_verysecret", {"source": "hf_verysecret", "more": ["hf_verysecret"]}
    )
    leave_last_word(word, environment)
    assert "verysecret" not in path.read_text()
    assert LastWord.parse(path.read_text()) == LastWord(2, "weights", "***", "***", {"source": "***", "more": ["***"]})


def test_the_last_word_is_written_anew_and_fits_whatever_it_says(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("x" * 9000)
    leave_last_word(LastWord(70, "defect", "\ud800 \x00 äöü " * 5000), {"CAJAJEJO_TERMINATION_LOG": str(path)})
    assert len(path.read_bytes()) <= 4096
    assert LastWord.parse(path.read_text()) is not None


@pytest.mark.parametrize("path", ["/nowhere/at/all/log", "/", "\x00"])
def test_a_place_that_cannot_be_written_changes_nothing(path: str) -> None:
    leave_last_word(LastWord(0, "ok", ""), {"CAJAJEJO_TERMINATION_LOG": path})


def test_a_config_error_tells_the_first_problems(tmp_path: Path) -> None:
    path = tmp_path / "job.yml"
    path.write_text("version: [")
    with pytest.raises(ConfigError) as caught:
        load_evaluation(path, path)
    word = last_word_of_error(caught.value, 2)
    assert word.code == "bad_input"
    assert "job.yml" in word.cause
