from __future__ import annotations

import csv
import io

from cajajejo.report.sweep_table import table_csv, table_data, table_lines, varying_params
from cajajejo.sweeps.results import SweepResult

RESULTS = [
    SweepResult("A", {"lr": 0.1, "opt": "adam", "n": 1}, 0, 1.25, {"acc": 0.5}),
    SweepResult("B", {"lr": 0.02, "opt": "漢字", "n": 1}, 3, 61.0, {}),
    SweepResult("C", {"lr": 1, "opt": None, "n": 1}, None, None, {"acc": "x,y"}),
]


def test_the_table_shows_what_differs():
    assert varying_params(RESULTS) == ["lr", "opt"]
    assert [line.text for line in table_lines(RESULTS)] == [
        "  lr  opt   code  seconds  acc",
        " 0.1  adam     0      1.2  0.5",
        "0.02  漢字     3     61.0",
        "   1           -           x,y",
    ]
    assert [line.parts[0][1] for line in table_lines(RESULTS)] == ["bold", "", "red", "yellow"]


def test_all_parameters_on_demand():
    header = next(iter(table_lines(RESULTS, every_param=True)))
    assert header.text.split() == ["lr", "n", "opt", "code", "seconds", "acc"]


def test_tasks_that_are_alike_are_told_by_their_names():
    assert [line.text for line in table_lines(RESULTS[:1])] == ["name  code  seconds  acc", "A        0      1.2  0.5"]


def test_a_long_value_is_cut_at_its_beginning():
    results = [SweepResult("A", {"p": "x" * 60 + "end"}, 0, 1.0), SweepResult("B", {"p": 1}, 0, 1.0)]
    cell = list(table_lines(results))[1].text.split()[0]
    assert cell.startswith("…")
    assert cell.endswith("xend")


def test_csv_is_exact():
    rows = list(csv.reader(io.StringIO(table_csv(RESULTS))))
    assert rows[0] == ["name", "lr", "n", "opt", "code", "seconds", "acc"]
    assert rows[1] == ["A", "0.1", "1", "adam", "0", "1.25", "0.5"]
    assert rows[3] == ["C", "1", "1", "", "", "", "x,y"]


def test_data():
    assert table_data(RESULTS)[0] == {
        "name": "A",
        "params": {"lr": 0.1, "opt": "adam", "n": 1},
        "code": 0,
        "seconds": 1.25,
        "values": {"acc": 0.5},
    }
