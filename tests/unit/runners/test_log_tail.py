from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from cajajejo.runners.log_tail import TAIL_BYTES, last_lines


def test_the_last_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_text("a\n\nb\nc\n   \n")
    assert last_lines(str(path), 2) == ("b", "c")
    assert last_lines(str(path), 9) == ("a", "b", "c")


def test_what_a_progress_bar_showed_last(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"10%\r50%\r100%\nerror\r\n")
    assert last_lines(str(path), 5) == ("100%", "error")


def test_nothing_of_what_cannot_be_read(tmp_path: Path) -> None:
    assert last_lines(str(tmp_path / "absent"), 5) == ()
    assert last_lines(str(tmp_path), 5) == ()


@given(st.binary(max_size=200), st.integers(1, 5))
def test_any_bytes_are_read(tmp_path_factory: object, data: bytes, count: int) -> None:
    path = tmp_path_factory.mktemp("tail") / "log"  # type: ignore[attr-defined]
    path.write_bytes(b"x" * TAIL_BYTES + b"\n" + data)
    assert len(last_lines(str(path), count)) <= count
