"""`cajajejo tracking sync`."""

import json
from pathlib import Path

import pytest

from cajajejo.cli.main import program, run_app
from cajajejo.store.folder import FolderStore
from cajajejo.tracking import sync as tracking_sync
from cajajejo.tracking.base import RecordRefusedError
from cajajejo.tracking.outbox import Outbox
from cajajejo.tracking.records import OpenRun
from cajajejo.tracking.sync import Synced, SyncReport

NOBODY = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", ["absent", "empty", "file"])
def test_a_folder_that_is_no_run_says_what_to_give(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    assert run_app(program(), ["tracking", "sync", str(tmp_path / name)]) == 3
    shown = capsys.readouterr()
    assert str(tmp_path / name) in shown.err
    assert "--output-dir" in shown.err
    assert "Traceback" not in shown.err
    assert shown.out == ""
    assert not (tmp_path / "absent").exists(), "looking makes nothing"


def test_an_error_is_data_with_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_app(program(), ["tracking", "sync", str(tmp_path), "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert (data["ok"], data["exit_code"], data["kind"]) == (False, 3, "StoreError")


def test_a_run_that_opened_nothing_has_nothing_to_upload(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "outbox").mkdir()
    assert run_app(program(), ["tracking", "sync", str(tmp_path)]) == 3
    assert "no outbox" in capsys.readouterr().err


@pytest.mark.mlflow
def test_a_tracker_that_is_away_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    outbox = Outbox(FolderStore(tmp_path), NOBODY, "me")
    outbox.append(
        OpenRun(experiment="e", run_name="r", description="d", identity="me", start_time_ms=1, tags={"a": "b"})
    )
    assert run_app(program(), ["tracking", "sync", str(tmp_path)]) == 3
    shown = capsys.readouterr()
    assert "127.0.0.1:9" in shown.err
    assert "Traceback" not in shown.err
    assert isinstance(outbox.read(outbox.numbers()[0]), OpenRun)


def reported(monkeypatch: pytest.MonkeyPatch, *, sent: int, refused: int) -> None:
    """Lets the upload have this outcome."""
    errors = tuple(RecordRefusedError("the server says no", uri=NOBODY) for _ in range(refused))
    outboxes = (Synced(NOBODY, None, sent, refused, errors),) if sent or refused else ()
    monkeypatch.setattr(tracking_sync, "sync", lambda folder, tracking_uri: SyncReport(outboxes))


def test_what_was_uploaded_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    reported(monkeypatch, sent=3, refused=0)
    assert run_app(program(), ["tracking", "sync", "run"]) == 0
    assert capsys.readouterr().out == "3 records uploaded, 0 left\n"
    reported(monkeypatch, sent=0, refused=0)
    assert run_app(program(), ["tracking", "sync", "run"]) == 0
    assert capsys.readouterr().out == "nothing to upload: the tracker has everything\n"


def test_what_was_refused_is_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    reported(monkeypatch, sent=3, refused=1)
    assert run_app(program(), ["tracking", "sync", "run"]) == 3
    shown = capsys.readouterr()
    assert shown.out == "3 records uploaded, 1 left\n"
    assert "error: the server says no" in shown.err
    assert run_app(program(), ["tracking", "sync", "run", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert (data["sent"], data["left"]) == (3, 1)


def test_the_folder_and_the_address_are_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Path, str | None]] = []

    def sync(folder: Path, tracking_uri: str | None) -> SyncReport:
        asked.append((folder, tracking_uri))
        return SyncReport(())

    monkeypatch.setattr(tracking_sync, "sync", sync)
    run_app(program(), ["tracking", "sync", "run", "--tracking-uri", "http://other"])
    run_app(program(), ["tracking", "sync", "run"])
    assert asked == [(Path.cwd() / "run", "http://other"), (Path.cwd() / "run", None)]
