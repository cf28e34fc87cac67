import sys
from pathlib import Path

import pytest

from cajajejo.errors import DeviceError
from cajajejo.runners.gpus import ask_nvidia_smi, ask_nvml, find_gpus


def test_what_the_environment_allows_is_taken() -> None:
    assert find_gpus({"CUDA_VISIBLE_DEVICES": "2, 5"}, ask=()) == ("2", "5")
    assert find_gpus({"HIP_VISIBLE_DEVICES": "1"}, "HIP_VISIBLE_DEVICES", ask=()) == ("1",)


@pytest.mark.parametrize("value", ["", "-1", " "])
def test_an_environment_that_allows_none_is_told(value: str) -> None:
    with pytest.raises(DeviceError, match="which allows none"):
        find_gpus({"CUDA_VISIBLE_DEVICES": value}, ask=(lambda: 8,))


def test_all_of_the_machine() -> None:
    assert find_gpus({}, ask=(lambda: 3,)) == ("0", "1", "2")
    assert find_gpus({}, ask=(lambda: "not here", lambda: 2)) == ("0", "1")


def test_none_is_told_with_every_cause() -> None:
    with pytest.raises(DeviceError, match="there is no nvidia-smi; there are none") as caught:
        find_gpus({}, ask=(lambda: "there is no nvidia-smi", lambda: 0))
    assert caught.value.exit_code == 2
    assert "resource: [0, 1]" in (caught.value.remedy or "")


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("echo 0; echo 1", 2),
        ("true", 0),
        ("echo No devices were found", "nvidia-smi says (exit code 0): No devices were found"),
        ("echo driver >&2; exit 9", "nvidia-smi says (exit code 9): driver"),
    ],
)
def test_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, answer: int | str) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert ask_nvidia_smi() == answer


def test_no_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ask_nvidia_smi() == "there is no nvidia-smi"


@pytest.mark.skipif(sys.platform != "linux", reason="the library is Linux's")
def test_nvml_answers_in_any_case() -> None:
    answer = ask_nvml()
    assert isinstance(answer, int) or "NVML" in answer or "libnvidia-ml" in answer
