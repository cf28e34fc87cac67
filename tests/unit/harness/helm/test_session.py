from pathlib import Path

import pytest

from cajajejo.harness.helm.session import driver_version


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.161.08  Tue Mar  5 22:42:15 UTC 2024", "535.161.08"),
        ("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  570.86  Release Build", "570.86"),
        ("something else", None),
    ],
)
def test_the_driver_tells_its_version(tmp_path: Path, line: str, version: str | None) -> None:
    (tmp_path / "version").write_text(f"{line}\nGCC version: gcc version 12.2.0\n")
    assert driver_version(tmp_path / "version") == version


def test_no_driver_has_no_version(tmp_path: Path) -> None:
    assert driver_version(tmp_path / "absent") is None
