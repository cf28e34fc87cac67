"""The HELM harness by its contract alone: phases, answers that are reused, and no word to the network."""

import json
import os
import shutil
from pathlib import Path

import pytest

from cajajejo.config import load_run_entries
from cajajejo.harness.contract import (
    EntryRequest,
    Event,
    EventKind,
    FolderEndpoint,
    HarnessFolders,
    HarnessRequest,
    HarnessSummary,
    Phase,
)
from cajajejo.harness.process import HarnessProcess
from cajajejo.harness.programs import HARNESSES
from cajajejo.weights.tiny import make_tiny_model
from commands import DEBUG_ENTRIES, helm_stats

pytestmark = [pytest.mark.helm]

SPY = """
import os, sys
with open(os.environ["SPY_LOG"], "a") as log:
    print("spying", file=log)
def hook(event, args):
    if event.startswith(("socket.connect", "socket.send", "socket.gethostby", "socket.getaddrinfo", "urllib.")):
        with open(os.environ["SPY_LOG"], "a") as log:
            print(event, *args, file=log)
sys.addaudithook(hook)
"""


class Harness:
    """Asks the harness for some entries, again and again, in one run's folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.model = make_tiny_model(root / "model")
        (root / "spy").mkdir()
        (root / "spy" / "sitecustomize.py").write_text(SPY)
        self.spy_log = root / "connections.txt"

    def ask(
        self,
        attempt: int,
        *,
        phases: tuple[Phase, ...] = (Phase.INFER, Phase.SCORE),
        weights: str = "w",
        entries: tuple[str, ...] = ("simple_mcqa:model=huggingface/model",),
    ) -> tuple[int, list[Event]]:
        folders = [self.root / name for name in (f"attempt-{attempt}", "helm", f"answers-{weights}")]
        for folder in folders:
            folder.mkdir(exist_ok=True)
        request = HarnessRequest(
            harness="helm",
            entries=tuple(EntryRequest(description) for description in entries),
            endpoint=FolderEndpoint(path=str(self.model), names=("huggingface/model",), fingerprint=weights),
            folders=HarnessFolders(*(str(folder) for folder in folders)),
            suite="v1",
            args=("--max-eval-instances", "5"),
            phases=phases,
        )
        path = folders[0] / "request.json"
        path.write_text(request.to_json())
        process = HarnessProcess(
            HARNESSES["helm"].command,
            path,
            log_path=folders[0] / "log.txt",
            environment={**os.environ, "PYTHONPATH": str(self.root / "spy"), "SPY_LOG": str(self.spy_log)},
        )
        events = []
        for event in process.follow():
            if event is not None:
                events.append(event)
                if event.kind is EventKind.READY:
                    process.go()
        return process.wait(), events


def last(events: list[Event], kind: EventKind) -> Event:
    return [event for event in events if event.kind is kind][-1]


def test_inference_and_scoring_can_run_apart(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    both, _ = harness.ask(1)
    assert both == 0
    expected = helm_stats(tmp_path / "helm")
    shutil.rmtree(tmp_path / "helm")
    shutil.rmtree(tmp_path / "answers-w")

    code, events = harness.ask(2, phases=(Phase.SCORE,))
    assert code == 1
    assert "has not been answered" in last(events, EventKind.ENTRY_FAILED).data["outcome"]["cause"]

    code, events = harness.ask(3, phases=(Phase.INFER,))
    assert code == 0
    assert last(events, EventKind.REQUESTS).data == {
        "entry": "simple_mcqa:model=huggingface_model",
        "done": 5,
        "reused": 0,
    }
    assert not helm_stats(tmp_path / "helm")

    (harness.model / "model.safetensors").rename(tmp_path / "moved-away")
    code, events = harness.ask(4, phases=(Phase.SCORE,))
    assert code == 0
    assert last(events, EventKind.ENTRY_FINISHED).data["outcome"]["reused"] == 5
    assert helm_stats(tmp_path / "helm") == expected
    summary = HarnessSummary.from_json((tmp_path / "attempt-4" / "summary.json").read_text())
    assert summary.entries[0].main_metric == "exact_match"
    assert set(harness.spy_log.read_text().splitlines()) == {"spying"}


def test_answers_of_other_weights_are_not_reused(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    for attempt, weights, reused in ((1, "first", 0), (2, "second", 0), (3, "first", 5)):
        shutil.rmtree(tmp_path / "helm", ignore_errors=True)
        code, events = harness.ask(attempt, weights=weights)
        assert code == 0
        assert last(events, EventKind.ENTRY_FINISHED).data["outcome"]["reused"] == reused
    lines = [line for n in (1, 2) for line in (tmp_path / f"attempt-{n}/samples.jsonl").read_text().splitlines()]
    samples = [json.loads(line) for line in lines]
    assert len({sample["key"] for sample in samples}) == 10


def test_the_quickstart_needs_no_network(tmp_path: Path) -> None:
    harness = Harness(tmp_path)
    entries = load_run_entries(DEBUG_ENTRIES).value.entries
    code, events = harness.ask(1, entries=tuple(entry.description for entry in entries))
    assert code == 0
    assert sum(event.kind is EventKind.ENTRY_FINISHED for event in events) == len(entries) == 4
    assert (tmp_path / "helm/runs/v1/groups.json").exists(), "HELM's overview belongs to the run"
    assert set(harness.spy_log.read_text().splitlines()) == {"spying"}
