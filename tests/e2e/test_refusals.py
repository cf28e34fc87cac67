"""Bad input is found before the first request, and says where and what to do."""

import json
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from cajajejo.testing import write_run_entries
from cajajejo.weights.tiny import make_tiny_model
from commands import DEBUG_CONFIG, DEBUG_ENTRIES, Command, run_command

pytestmark = [pytest.mark.helm]

ConfigWith = Callable[..., Path]


def events(folder: Path) -> str:
    return (folder / "attempt-1" / "events.jsonl").read_text()


def test_names_that_helm_does_not_know(tmp_path: Path) -> None:
    entries = write_run_entries(
        tmp_path / "e.conf",
        ["booolq:model=huggingface/model", "mmlu:model=huggingface/modle,subject=anatomy", "mmlu:subjekt=anatomy"],
    )
    for command in (
        run_command(tmp_path / "run", "--no-tracking", entries=entries),
        Command(("jobs", "evaluation", "check", "--deep", str(DEBUG_CONFIG), str(entries))),
    ):
        done = command.run()
        assert done.returncode == 2, done.stderr
        assert f"{entries}:2:17: entries[0].description: HELM has no scenario called 'booolq'" in done.stderr
        assert "boolq, " in done.stderr
        assert f"{entries}:3:17" in done.stderr
        assert "huggingface/model" in done.stderr
        assert f"{entries}:4:17" in done.stderr
        assert "subject" in done.stderr
    assert '"entry_started"' not in events(tmp_path / "run")


def test_a_deep_check_of_what_is_in_order() -> None:
    done = Command(("jobs", "evaluation", "check", "--deep", "--json", str(DEBUG_CONFIG), str(DEBUG_ENTRIES))).run()
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["ok"] is True


def test_a_gpu_that_torch_cannot_use(tmp_path: Path, config_with: ConfigWith) -> None:
    config = config_with({"accelerator: null": "accelerator: nvidia-tesla-t4"})
    command = run_command(tmp_path / "run", "--no-tracking", config=config)
    result = Command(command.arguments, environment={"CUDA_VISIBLE_DEVICES": ""}).run()
    assert result.returncode == 2, result.stderr
    assert "accelerator is asked for" in result.stderr
    assert '"entry_started"' not in events(tmp_path / "run")


def test_nltk_data_that_is_absent(tmp_path: Path) -> None:
    entries = write_run_entries(tmp_path / "e.conf", ["simple_short_answer_qa:model=huggingface/model"])
    nowhere = {"NLTK_DATA": str(tmp_path / "nltk"), "HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9"}
    command = run_command(tmp_path / "run", "--no-tracking", entries=entries)
    done = Command(command.arguments, environment=nowhere).run()
    assert done.returncode == 2, done.stderr
    assert "punkt_tab" in done.stderr
    assert '"entry_started"' not in events(tmp_path / "run")


def set_header(path: Path, change: Callable[[dict[str, dict[str, object]]], None]) -> None:
    """Changes the header of a safetensors file, leaving the data where it is."""
    raw = path.read_bytes()
    (length,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + length])
    change(header)
    new = json.dumps(header).encode()
    new += b" " * (-len(new) % 8)
    path.write_bytes(struct.pack("<Q", len(new)) + new + raw[8 + length :])


def rename_tensor(header: dict[str, dict[str, object]]) -> None:
    header["transformer.h.0.attn.c_attn.unknown"] = header.pop("transformer.h.0.attn.c_attn.weight")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda m: set_header(m / "model.safetensors", rename_tensor), "missing from the weights"),
        (lambda m: (m / "config.json").write_text('{"model_type": "no-such-model"}'), "no-such-model"),
    ],
    ids=["a tensor is missing", "an unknown architecture"],
)
def test_a_model_that_cannot_be_loaded_fails_at_once(
    damage: Callable[[Path], object], words: str, tmp_path: Path, config_with: ConfigWith
) -> None:
    model = make_tiny_model(tmp_path / "model")
    damage(model)
    config = config_with({"builtin: tiny": f"path: {model}"})
    started = time.monotonic()
    done = run_command(tmp_path / "run", "--no-tracking", config=config).run()
    assert time.monotonic() - started < 120
    assert done.returncode == 2, done.stderr
    assert words in done.stderr + (tmp_path / "run/attempt-1/log.txt").read_text()
    assert str(model) in done.stderr
    assert '"entry_started"' not in events(tmp_path / "run")


def test_a_tokenizer_without_a_length_gets_it_from_the_model(tmp_path: Path, config_with: ConfigWith) -> None:
    model = make_tiny_model(tmp_path / "model")
    tokenizer = json.loads((model / "tokenizer_config.json").read_text())
    del tokenizer["model_max_length"]
    (model / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    entries = write_run_entries(tmp_path / "e.conf", ["simple_mcqa"])
    config = config_with(
        {"builtin: tiny": f"path: {model}\n  options: {{dtype: bfloat16, apply_chat_template: false}}"}
    )
    done = run_command(tmp_path / "run", "--no-tracking", "--json", config=config, entries=entries).run()
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)["summary"]
    assert summary["entries"][0]["name"] == "simple_mcqa:model=huggingface_model"


def test_an_entry_that_fails_does_not_lose_the_others(tmp_path: Path, config_with: ConfigWith) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from helm.benchmark.run_spec import run_spec_function\n"
        "from helm.benchmark.run_specs.simple_run_specs import get_simple_mcqa_run_spec\n"
        "import dataclasses\n"
        "@run_spec_function('broken')\n"
        "def broken():\n"
        "    spec = get_simple_mcqa_run_spec()\n"
        "    scenario = dataclasses.replace(spec.scenario_spec, args={'no_such': 1})\n"
        "    return dataclasses.replace(spec, name='broken', scenario_spec=scenario)\n"
    )
    entries = write_run_entries(
        tmp_path / "e.conf", ["broken:model=huggingface/model", "simple_mcqa:model=huggingface/model"]
    )
    config = config_with({'    - "10"': f'    - "10"\n    - --plugins\n    - {broken}'})
    done = run_command(tmp_path / "run", "--no-tracking", config=config, entries=entries).run()
    assert done.returncode == 1, done.stderr
    assert "FAILED   broken:model=huggingface_model: TypeError" in done.stdout
    assert "exact_match" in done.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--enable-local-huggingface-models", "{other}"], "a job evaluates one model"),
        (["--plugins", "{broken}"], "cannot be imported: RuntimeError: as asked"),
    ],
    ids=["a second model", "a broken plugin"],
)
def test_arguments_that_cannot_be_used(args: list[str], words: str, tmp_path: Path, config_with: ConfigWith) -> None:
    other = make_tiny_model(tmp_path / "other")
    broken = tmp_path / "broken.py"
    broken.write_text("raise RuntimeError('as asked')")
    lines = "".join(f"    - {arg.format(other=other, broken=broken)}\n" for arg in args)
    config = config_with({'    - "10"\n': f'    - "10"\n{lines}'})
    for command in (
        run_command(tmp_path / "run", "--no-tracking", config=config),
        Command(("jobs", "evaluation", "check", "--deep", str(config), str(DEBUG_ENTRIES))),
    ):
        done = command.run()
        assert done.returncode == 2, done.stderr
        assert f"{config}:13:" in done.stderr or f"{config}:12:" in done.stderr
        assert words in done.stderr
