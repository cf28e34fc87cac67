from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.runners.output import STATE_FOLDER, open_output


def test_an_output_folder_is_made_locked_and_let_go(tmp_path: Path) -> None:
    output = tmp_path / "a" / "b"
    with open_output(output) as state:
        assert (output / STATE_FOLDER / "journal.jsonl").exists()
        assert state.journal.killed is None
        with pytest.raises(StoreError, match="another run"):
            open_output(output)
    with open_output(output):
        pass


def test_after_an_error_the_next_run_looks_for_what_is_left(tmp_path: Path) -> None:
    state = open_output(tmp_path)
    state.journal.open()
    error = ValueError("oops")
    state.__exit__(ValueError, error, None)
    with open_output(tmp_path) as state:
        assert state.journal.killed is not None


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "o").write_text("")
    with pytest.raises(StoreError, match="cannot make the folder"):
        open_output(tmp_path / "o")
