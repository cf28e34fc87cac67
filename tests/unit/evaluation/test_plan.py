from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.evaluation.plan import require_room


def test_a_disk_without_room_is_found_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"MiB of room left, and an evaluation needs \d+ MiB") as caught:
        require_room(tmp_path / "new", room_bytes=2**60)
    assert caught.value.remedy is not None
    require_room(tmp_path / "new", room_bytes=1)
    assert (tmp_path / "new").is_dir()
