import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.runners.lock import FolderLock
from cajajejo.store.liveness import this_process

HOLD = """
import sys
from pathlib import Path
from cajajejo.runners.lock import FolderLock

FolderLock(Path(sys.argv[1]))
print(flush=True)
sys.stdin.read()
"""


def test_the_second_is_told_who_the_first_is(tmp_path: Path) -> None:
    first = FolderLock(tmp_path / "lock")
    with pytest.raises(
        StoreError, match=rf"another run is working in .*: process {os.getpid()} on .*, since 20"
    ) as caught:
        FolderLock(tmp_path / "lock")
    assert caught.value.remedy == "wait until it ends, or choose another output folder"
    first.release()
    FolderLock(tmp_path / "lock").release()


def test_a_dead_one_is_taken_over(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, tmp_path / "lock"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(StoreError, match=f"process {process.pid} on"):
            FolderLock(tmp_path / "lock")
        process.kill()
    FolderLock(tmp_path / "lock").release()


def test_what_a_dead_one_wrote_does_not_matter(tmp_path: Path) -> None:
    for content in ("", "torn {", json.dumps({**replace(this_process(), pid=4_000_000).to_json(), "since": "x"})):
        (tmp_path / "lock").write_text(content)
        FolderLock(tmp_path / "lock").release()


def test_a_lock_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot lock"):
        FolderLock(tmp_path / "absent" / "lock")
