from __future__ import annotations

from cajajejo.report.sweep_report import report_data, report_lines
from cajajejo.runners.base import Slot
from cajajejo.runners.options import DispatchReport, Failure


def report(**what: object) -> DispatchReport:
    nothing = {"done": 0, "skipped": 0, "failed": (), "not_run": 0, "retired": (), "signal_number": None}
    return DispatchReport(**{**nothing, "seconds": 1.0, **what})


def text(found: DispatchReport) -> str:
    return "\n".join(line.text for line in report_lines(found))


def test_all_is_well():
    assert text(report(done=1, skipped=2, seconds=75.0)) == "3 tasks: 1 done, 2 done before, 0 failed; 1 min 15 s"
    assert text(report(done=1, seconds=0.25)) == "1 task: 1 done, 0 done before, 0 failed; 0.2 s"
    assert text(report(done=2, seconds=7300)).endswith("; 2 h 1 min")


def test_failures_come_with_the_ends_of_their_logs():
    failure = Failure("P_1", "run", 3, "exit code 3", "output/P_1/log", ("one", "two"))
    found = report(failed=(failure,), not_run=4, retired=(Slot(1, "5"),))
    assert text(found).splitlines() == [
        "FAILED  P_1, run: exit code 3",
        "        output/P_1/log",
        "        | one",
        "        | two",
        "RETIRED slot 1 (devices 5): it looked dead",
        "5 tasks: 0 done, 0 done before, 1 failed, 4 not run; 1.0 s",
    ]
    data = report_data(found)
    assert (data["ok"], data["exit_code"], data["not_run"]) == (False, 1, 4)
    assert data["failed"] == [
        {
            "name": "P_1",
            "command": "run",
            "code": 3,
            "cause": "exit code 3",
            "log": "output/P_1/log",
            "log_tail": ["one", "two"],
        }
    ]


def test_many_failures_are_not_all_shown():
    failures = tuple(Failure(f"P_{number}", "run", 1, "exit code 1", "log") for number in range(30))
    assert "FAILED  10 more: --json lists them all" in text(report(failed=failures))
    assert len(report_data(report(failed=failures))["failed"]) == 30
