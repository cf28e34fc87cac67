from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from cajajejo.tracking.local_uri import folder_path, local_tracking_uri, sqlite_path


def test_a_plain_path_is_written_as_it_is():
    assert local_tracking_uri(Path("/runs/me@home/a+b,c=1/mlflow.db")) == "sqlite:////runs/me@home/a+b,c=1/mlflow.db"


def test_other_paths_are_written_as_sqlite_s_uri():
    assert local_tracking_uri(Path("/a?b #1/x.db")) == "sqlite:///file:/a%3Fb%20%231/x.db?uri=true"


def test_a_relative_path_is_taken_from_the_working_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert local_tracking_uri(Path("x.db")) == f"sqlite:///{tmp_path}/x.db"


@pytest.mark.parametrize(
    "path", ["/a/b.db", "/a?b #1 100%/x.db", "/100%41/x.db", "/ä&ö;/file:x.db", "/\udcff/x.db", "/:memory:"]
)
def test_the_path_comes_back(path):
    assert sqlite_path(local_tracking_uri(Path(path))) == Path(path)


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("sqlite:///mlflow.db", "mlflow.db"),
        ("sqlite:////a%3Fb/x.db", "/a?b/x.db"),
        ("sqlite:////a/x.db?timeout=3", "/a/x.db"),
        ("sqlite://", None),
        ("sqlite:///", None),
        ("sqlite:///:memory:", None),
        ("postgresql://host/db", None),
    ],
)
def test_the_file_of_a_uri(uri, path):
    assert sqlite_path(uri) == (None if path is None else Path(path))


def test_the_folder_of_a_uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert folder_path("file:///a%3Fb") == Path("/a?b")
    assert folder_path("./mlruns") == tmp_path / "mlruns"


def test_it_imports_no_mlflow():
    code = "import cajajejo.tracking.local_uri, sys; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
