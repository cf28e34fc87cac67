"""How long until a model that cannot be loaded fails the evaluation, beyond importing? Target: under 10 s.

The other side is a Python that imports torch, transformers and HELM, and ends. Two models: one whose
`config.json` names an architecture that does not exist, and one whose `config.json` contradicts its weights.
"""

from __future__ import annotations

import itertools
import json
import shutil
import statistics
import sys
from pathlib import Path

from _evaluation import make_tiny_model, run_ours, write_configs
from _pairs import compile_packages, measure, medians, parse_pairs, record, run_in_turn, scratch_folder

IMPORTING = "import torch; from transformers import AutoModelForCausalLM; import helm.benchmark.run"
BAD_INPUT = 2
TARGET_S = 10.0
SPOILED: dict[str, dict[str, object]] = {
    "unknown architecture": {"model_type": "no-such-type", "architectures": ["NoSuchModelForCausalLM"]},
    "contradicting shapes": {"n_embd": 96},
}


def spoil(model: Path, target: Path, changes: dict[str, object]) -> Path:
    """Copies a model with another `config.json`."""
    shutil.copytree(model, target)
    path = target / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")
    return target


def main() -> None:
    """Measures, prints and records."""
    pairs = parse_pairs(3, __doc__)
    compile_packages()
    figures: dict[str, object] = {}
    with scratch_folder() as folder:
        tiny = make_tiny_model(folder)
        for name, changes in SPOILED.items():
            place = folder / name.replace(" ", "_")
            figures[name] = compare_with_importing(name, spoil(tiny, place / "tiny", changes), place, pairs)
    record("unloadable_model", pairs, figures)


def compare_with_importing(name: str, model: Path, place: Path, pairs: int) -> dict[str, object]:
    """Measures how long one model takes to fail, and prints and returns what is beyond importing."""
    config, entries = write_configs(place, model)
    numbers = itertools.count()
    sides = {
        name: lambda: run_ours(config, entries, place / f"run-{next(numbers)}", "--local", expected=BAD_INPUT),
        "importing": lambda: measure([sys.executable, "-c", IMPORTING], cwd=place),
    }
    results = run_in_turn(sides, pairs)
    both = list(zip(results[name], results["importing"], strict=True))
    beyond = statistics.median(ours.wall_s - importing.wall_s for ours, importing in both)
    ratio = statistics.median(ours.wall_s / importing.wall_s for ours, importing in both)
    ours, importing = medians(results[name]), medians(results["importing"])
    met = beyond < TARGET_S
    sides_text = f"fails after {ours['wall_s']:.3g} s, importing takes {importing['wall_s']:.3g} s, ratio {ratio:.2f}"
    verdict = f"target {TARGET_S:.0f} s: {'met' if met else 'MISSED'}"
    print(f"{name}: {sides_text}; beyond importing {beyond:.3g} s ({verdict})")
    return {
        "cajajejo": ours,
        "importing": importing,
        "beyond_s": round(beyond, 3),
        "ratio": round(ratio, 3),
        "met": met,
    }


if __name__ == "__main__":
    main()
