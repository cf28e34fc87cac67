from __future__ import annotations

import pytest

from cajajejo.config.sweep.model import Grid
from cajajejo.errors import BadInputError
from cajajejo.planning.points import GridPoints
from cajajejo.sweeps.folders import OutputFolders
from cajajejo.sweeps.name_book import NameBook

POINT = next(GridPoints(Grid({"p": (1,)}), {}, {}).points())


def test_a_name_that_is_nobodys_is_free(tmp_path):
    assert OutputFolders(tmp_path / "no", NameBook()).may_use(POINT, "P_1")
    (tmp_path / "P_1").mkdir()
    assert OutputFolders(tmp_path, NameBook()).may_use(POINT, "P_1"), "a folder without a record"


def test_the_name_book_spares_reading_the_record(tmp_path):
    (tmp_path / "P_1").mkdir()
    (tmp_path / "P_1" / "param.json").write_text("torn")
    assert not OutputFolders(tmp_path, NameBook()).may_use(POINT, "P_1")
    assert not OutputFolders(tmp_path, NameBook(owners={"P_1": "another"})).may_use(POINT, "P_1")
    assert OutputFolders(tmp_path, NameBook(owners={"P_1": POINT.key})).may_use(POINT, "P_1")


def test_an_output_folder_that_is_a_file(tmp_path):
    (tmp_path / "output").write_text("")
    with pytest.raises(BadInputError, match="is a file"):
        OutputFolders(tmp_path / "output", NameBook())
