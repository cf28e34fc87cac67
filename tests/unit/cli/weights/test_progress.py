"""How far a fetch of weights is."""

import pytest

from cajajejo.cli.pod_reports import EventLines
from cajajejo.cli.weights.progress import WeightsProgress
from cajajejo.pod_protocol import parse_event_line


def test_a_fetch_is_told_in_lines_and_events(capsys: pytest.CaptureFixture[str]) -> None:
    now_s, written = [0.0], list[str]()

    def write(line: str) -> bool:
        written.append(line)
        return True

    progress = WeightsProgress(EventLines(write, clock=lambda: 5.0), clock=lambda: now_s[0])
    progress.started("gs://b/m\x1b", 13_500_000_000)
    for _ in range(130):
        now_s[0] += 1.0
        progress.fetched(int(now_s[0] * 100e6))
    progress.fetched(13_500_000_000)
    progress.finished("3 files of gs://b/m are at /scratch/m")
    shown = capsys.readouterr().err
    assert shown.startswith("fetching gs://b/m\\x1b (13.5 GB)\n1.0 GB of 13.5 GB, 100 MB/s\n")
    assert shown.endswith("are at /scratch/m (13.5 GB of 13.5 GB, 104 MB/s)\n")
    assert len(shown.splitlines()) == 15
    events = [parse_event_line(line.rstrip("\n")) for line in written]
    assert len(events) < 75
    first, last = events[0], events[-1]
    assert first is not None
    assert last is not None
    assert first.data == {"phase": "weights", "bytes": 0, "done": False}
    assert (last.kind, last.data["bytes"], last.data["done"]) == ("phase", 13_500_000_000, True)
    assert last.data["total_bytes"] == 13_500_000_000


def test_outside_a_pod_there_are_lines_only(capsys: pytest.CaptureFixture[str]) -> None:
    progress = WeightsProgress(None)
    progress.started("runs:/a/model", None)
    progress.finished("the weights are at /scratch/model already")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "fetching runs:/a/model\nthe weights are at /scratch/model already\n"


def test_a_tokenizer_after_the_model_counts_on_in_the_events(capsys: pytest.CaptureFixture[str]) -> None:
    written: list[str] = []

    def write(line: str) -> bool:
        written.append(line)
        return True

    progress = WeightsProgress(EventLines(write, clock=lambda: 5.0), clock=lambda: 0.0)
    for source, size in (("runs:/a/model", 2_000_000_000), ("hf://a/b", 3_000_000)):
        progress.started(source, size)
        progress.fetched(size)
        progress.finished(f"{source} is here")
    last = parse_event_line(written[-1].rstrip("\n"))
    assert last is not None
    assert (last.data["bytes"], last.data["total_bytes"]) == (2_003_000_000, 2_003_000_000)
    assert (last.data["source"], last.data["done"]) == ("hf://a/b", True)
    assert "3.0 MB of 3.0 MB" in capsys.readouterr().err.splitlines()[-1]
