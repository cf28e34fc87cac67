from __future__ import annotations

import csv
import io
import json

import pytest


@pytest.fixture
def output(tmp_path, cli):
    file = tmp_path / "params.yaml"
    file.write_text(
        "template:\n  train: sh -c 'echo loss 9; echo loss {lr}; echo [{n}] > {_output}/out.json'\n"
        "resource: [0]\n---\nlr: [0.1, 0.2]\nn: [1, 2]\n"
    )
    assert cli("sweep", "-y", file, "-o", tmp_path / "out")[0] == 0
    return tmp_path / "out"


PICKS = ("--log", "loss=loss ([0-9.]+)", "--from-json", "f1=out.json:0")


def test_text(cli, output):
    out = cli("sweep", "results", output, *PICKS)[1].splitlines()
    assert out[0].split() == ["lr", "n", "code", "seconds", "loss", "f1"]
    assert [[*line.split()[:3], *line.split()[4:]] for line in out[1:]] == [
        ["0.1", "1", "0", "0.1", "1"],
        ["0.1", "2", "0", "0.1", "2"],
        ["0.2", "1", "0", "0.2", "1"],
        ["0.2", "2", "0", "0.2", "2"],
    ]


def test_csv_and_json(cli, output):
    rows = list(csv.DictReader(io.StringIO(cli("sweep", "results", output, *PICKS, "--format", "csv")[1])))
    assert [row["f1"] for row in rows] == ["1", "2", "1", "2"]
    tasks = json.loads(cli("sweep", "results", output, *PICKS, "--json")[1])["tasks"]
    assert tasks[0]["values"] == {"loss": 0.1, "f1": 1}


def test_a_plot(cli, output):
    pytest.importorskip("matplotlib")
    target = output.parent / "plot.svg"
    assert cli("sweep", "results", output, *PICKS, "--plot", target, "--value", "loss", "--over", "lr")[0] == 0
    assert b"<svg" in target.read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--log", "loss"),
        ("--log", "=x"),
        ("--log", "loss=("),
        ("--from-json", "f1=out.json"),
        ("--plot", "x.png"),
        ("--plot", "x.png", "--over", "no"),
        ("--plot", "x.txt", "--over", "lr"),
        ("--plot", "x.png", "--over", "lr", "--value", "no"),
        ("--format", "xml"),
    ],
)
def test_bad_input(cli, output, arguments):
    assert cli("sweep", "results", output, *arguments)[0] == 2


def test_no_folder(cli, tmp_path):
    assert cli("sweep", "results", tmp_path / "no")[0] == 2
