from __future__ import annotations

import pytest

from cajajejo.errors import BadInputError, StoreError
from cajajejo.report.sweep_plot import draw, series_of
from cajajejo.sweeps.results import SweepResult

RESULTS = [
    SweepResult(f"{lr} {opt} {seed}", {"lr": lr, "opt": opt, "seed": seed}, 0, lr * 10 + seed, {"acc": lr + seed})
    for lr in (0.1, 0.01, 0.001)
    for opt in ("adam", "sgd")
    for seed in (1, 2)
]


def test_one_line_for_each_value_of_the_second_parameter():
    series = series_of(RESULTS, "acc", ["lr", "opt"])
    assert [one.label for one in series] == ["adam", "sgd"]
    assert series[0].points[:2] == ((0.1, 1.1), (0.1, 2.1))
    assert [one.label for one in series_of(RESULTS, "seconds", ["lr", "seed"])] == ["1", "2"]


def test_what_cannot_be_drawn_is_told():
    with pytest.raises(BadInputError, match="has the parameter 'x'") as caught:
        series_of(RESULTS, "acc", ["x"])
    assert "lr, opt, seed" in str(caught.value.remedy)
    with pytest.raises(BadInputError, match="no task has a number 'loss'"):
        series_of(RESULTS, "loss", ["lr"])
    with pytest.raises(BadInputError, match="no task has a number 'acc'"):
        series_of([SweepResult("a", {"lr": 1}, 0, None, {"acc": "text"})], "acc", ["lr"])


def test_tasks_without_the_value_are_left_out():
    odd = [SweepResult("y", {"lr": 1}, 0, 1.0, {"acc": value}) for value in (float("nan"), 10**400, True)]
    more = [*RESULTS, SweepResult("x", {"lr": 1}, 1, None), *odd]
    assert series_of(more, "acc", ["lr"]) == series_of(RESULTS, "acc", ["lr"])


def test_other_kinds_of_files_are_refused(tmp_path):
    with pytest.raises(BadInputError, match=r"neither a \.png nor a \.svg"):
        draw(tmp_path / "plot.pdf", series_of(RESULTS, "acc", ["lr"]), "acc", ["lr"])


@pytest.mark.parametrize("over", [["lr"], ["opt"], ["lr", "opt"], ["opt", "lr"]])
@pytest.mark.parametrize("ending", [".png", ".SVG"])
def test_plots(tmp_path, over, ending):
    pytest.importorskip("matplotlib")
    target = tmp_path / "new" / f"plot{ending}"
    draw(target, series_of(RESULTS, "acc", over), "acc", over)
    head = target.read_bytes()[:500]
    assert head.startswith(b"\x89PNG") if ending == ".png" else b"<svg" in target.read_bytes()


def test_a_plot_that_cannot_be_written(tmp_path):
    pytest.importorskip("matplotlib")
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError):
        draw(tmp_path / "file" / "plot.png", series_of(RESULTS, "acc", ["lr"]), "acc", ["lr"])
