"""`kill -9` at any moment, under load. CAJAJEJO_TEST_KILLS says how often; CAJAJEJO_TEST_SEED says when."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KILLS = int(os.environ.get("CAJAJEJO_TEST_KILLS", "40"))
SEED = int(os.environ.get("CAJAJEJO_TEST_SEED", "0"))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_nothing_is_lost_run_at_the_same_time_or_called_done_wrongly(tmp_path: Path) -> None:
    program = Path(__file__).with_name("killed_often.py")
    command = [sys.executable, program, tmp_path, str(KILLS), str(SEED)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60 + 3 * KILLS)
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["kills"] == KILLS
    assert seen["repeated"] > 0, "no kill has met a running task"
