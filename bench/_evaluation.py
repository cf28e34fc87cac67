"""The evaluation that the benches run: four scenarios without network, 10 instances each, the tiny model."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path

from _pairs import BIN, Measurement, measure

DESCRIPTIONS = (
    "simple_mcqa:model=huggingface/tiny",
    "synthetic_reasoning_natural:difficulty=easy,model=huggingface/tiny",
    "synthetic_reasoning:mode=induction,model=huggingface/tiny",
    "dyck_language:num_parenthesis_pairs=2,model=huggingface/tiny",
)
INSTANCES = "10"
SUITE = "v1"


def make_tiny_model(folder: Path) -> Path:
    """Makes the tiny model in `folder/tiny`, so that entries may call it `huggingface/tiny`."""
    model = folder / "tiny"
    measure([sys.executable, "-m", "cajajejo.weights.tiny", model], cwd=folder)
    return model


def write_configs(folder: Path, model: Path) -> tuple[Path, Path]:
    """Writes job config and run entries; returns both paths."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = folder / "bench.conf"
    lines = "".join(f"  {{description: {json.dumps(text)}, priority: 1}}\n" for text in DESCRIPTIONS)
    entries.write_text(f"entries: [\n{lines}]\n", encoding="utf-8")
    config = folder / "bench.job_config.yml"
    # JSON is YAML.
    content = {
        "version": "v1",
        "image": "registry.example/evaluation",
        "image_tag": "0.1.0",
        "compute_config": {"cpu": "2", "memory": "4Gi"},
        "helm": {"suite": SUITE, "args": ["--max-eval-instances", INSTANCES]},
        "mlflow_config": {"tracking_uri": "http://127.0.0.1:5000"},
        "model_config": {"path": str(model)},
        "tracking_config": {"experiment_name": "bench", "description": "Four scenarios.", "tags": {}},
    }
    config.write_text(json.dumps(content, indent=2), encoding="utf-8")
    return config, entries


def run_ours(config: Path, entries: Path, output: Path, recording: str, expected: int = 0) -> Measurement:
    """Runs `cajajejo jobs evaluation run` into a folder that does not exist yet.

    Args:
        config: Job config.
        entries: Run entries.
        output: The folder.
        recording: `--local` or `--no-tracking`.
        expected: The exit code.
    """
    command = (BIN / "cajajejo", "jobs", "evaluation", "run", config, entries, recording, "--output-dir", output)
    return measure(command, cwd=config.parent, expected=expected)


def run_bare_helm(entries: Path, model: Path, work: Path) -> Measurement:
    """Runs `helm-run` and `helm-summarize` in a folder that does not exist yet.

    The summary takes the model `huggingface/tiny` for a repository `tiny` of the hub, asks for it, and fails
    without network. It finds a link of that name in the working folder instead, so both commands succeed.
    """
    work.mkdir(parents=True)
    (work / "tiny").symlink_to(model)
    return measure(
        [
            *(BIN / "helm-run", "--conf-paths", entries, "--suite", SUITE, "--max-eval-instances", INSTANCES),
            *("--enable-local-huggingface-models", model, "--output-path", work / "output"),
        ],
        [BIN / "helm-summarize", "--suite", SUITE, "--output-path", work / "output"],
        cwd=work,
    )


def stats_below(helm_output: Path) -> dict[str, Counter[str]]:
    """Reads every `stats.json` of a HELM output folder, without how long the model took.

    Returns:
        Name of the entry's folder to its stats, each as JSON text, so that equal means equal in every digit.
    """
    found = {}
    for path in sorted((helm_output / "runs" / SUITE).glob("*/stats.json")):
        stats = json.loads(path.read_text(encoding="utf-8"))
        kept = (stat for stat in stats if stat["name"]["name"] != "inference_runtime")
        found[path.parent.name] = Counter(json.dumps(stat, sort_keys=True) for stat in kept)
    return found


def differences(ours: dict[str, Counter[str]], theirs: dict[str, Counter[str]]) -> list[str]:
    """Tells where two sets of stats differ, one line each; nothing when they are equal."""
    lines = [f"only one side has the entry {name}" for name in sorted(ours.keys() ^ theirs.keys())]
    for name in sorted(ours.keys() & theirs.keys()):
        lines += [f"{name}: only ours: {stat}" for stat in ours[name] - theirs[name]]
        lines += [f"{name}: only bare HELM: {stat}" for stat in theirs[name] - ours[name]]
    return lines
