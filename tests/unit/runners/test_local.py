import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cajajejo.errors import StoreError
from cajajejo.planning.task import Step
from cajajejo.runners.base import Ended, Slot, Submission
from cajajejo.runners.local import LocalRunner
from runner_tasks import shell, step, task, wait_for


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[LocalRunner]:
    made = LocalRunner({**os.environ, "OF_USER": "ä b"}, mark=str(tmp_path))
    yield made
    for stray in LocalRunner(os.environ, mark=str(tmp_path)).strays():
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(stray.id), signal.SIGKILL)
    made.close()


def submit(runner: LocalRunner, one: Step, devices: str = "") -> Submission:
    return runner.submit(task("t", one), one, Slot(0, devices))


def end_of(runner: LocalRunner, submission: Submission) -> Ended:
    while True:
        for end in runner.wait(60.0, None):
            assert end.submission is submission
            return end


def log_of(one: Step) -> str:
    return Path(one.log).read_text()


def test_both_outputs_are_in_the_log_and_a_retry_is_added(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "echo out; echo err >&2")
    end_of(runner, submit(runner, one))
    end_of(runner, submit(runner, one))
    assert log_of(one) == "out\nerr\n" * 2


def test_the_devices_are_in_the_environment_of_the_whole_command(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "true; echo $CUDA_VISIBLE_DEVICES $OF_USER")
    end_of(runner, submit(runner, one, "0,1"))
    assert log_of(one) == "0,1 ä b\n"


def test_without_devices_the_variable_is_left_alone(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "echo ${CUDA_VISIBLE_DEVICES-unset}")
    end_of(runner, submit(runner, one))
    assert log_of(one) == "unset\n"


def test_another_variable_may_name_the_devices(tmp_path: Path) -> None:
    runner = LocalRunner(os.environ, mark=str(tmp_path), device_variable="ROCR_VISIBLE_DEVICES")
    one = shell(tmp_path, "echo $ROCR_VISIBLE_DEVICES")
    assert runner.render(task("t", one), one, Slot(0, "3")).startswith("ROCR_VISIBLE_DEVICES=3 sh -c ")
    end_of(runner, submit(runner, one, "3"))
    runner.close()
    assert log_of(one) == "3\n"


def test_there_is_nothing_to_read(runner: LocalRunner, tmp_path: Path) -> None:
    one = step(tmp_path, "cat")
    assert end_of(runner, submit(runner, one)).code == 0


def test_arguments_arrive_as_they_are(runner: LocalRunner, tmp_path: Path) -> None:
    one = step(tmp_path, "printf", "%s|", "a b", "", "'\"$x;`", "ä\n")
    end_of(runner, submit(runner, one))
    assert log_of(one) == "a b||'\"$x;`|ä\n|"


def test_a_signal_is_told_as_its_negative_number(runner: LocalRunner, tmp_path: Path) -> None:
    assert end_of(runner, submit(runner, shell(tmp_path, "kill -9 $$"))).code == -9


def test_a_program_ends_when_nobody_reads_its_output(runner: LocalRunner, tmp_path: Path) -> None:
    # Python ignores SIGPIPE; were that handed on, `yes` would complain instead.
    one = shell(tmp_path, "yes | head -n 1")
    end_of(runner, submit(runner, one))
    assert log_of(one) == "y\n"


@pytest.mark.parametrize(
    ("content", "mode", "code", "said"),
    [
        (None, 0, 127, "there is no such program"),
        ("#!/no/such/interpreter\n", 0o755, 127, "the interpreter of its first line is missing"),
        ("#!/bin/sh\n", 0o644, 126, "Permission denied"),
    ],
)
def test_what_cannot_start_says_why_in_its_log(
    runner: LocalRunner, tmp_path: Path, content: str | None, mode: int, code: int, said: str
) -> None:
    program = tmp_path / "program"
    if content is not None:
        program.write_text(content)
        program.chmod(mode)
    one = step(tmp_path, str(program))
    assert end_of(runner, submit(runner, one)).code == code
    assert said in log_of(one)


def test_arguments_that_are_too_long_or_hold_a_zero_are_a_failure(runner: LocalRunner, tmp_path: Path) -> None:
    for argument in ("x" * 10_000_000, "a\0b"):
        assert end_of(runner, submit(runner, step(tmp_path, "true", argument))).code == 126


def test_a_script_without_first_line_is_run_by_a_shell(runner: LocalRunner, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("echo from sh $1\n")
    program.chmod(0o755)
    one = step(tmp_path, str(program), "x")
    assert end_of(runner, submit(runner, one)).code == 0
    assert log_of(one) == "from sh x\n"


def test_a_log_that_cannot_be_written_is_told(runner: LocalRunner, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot write the log"):
        submit(runner, step(tmp_path / "absent", "true"))


def test_a_child_that_ignores_sigterm_is_killed_with_its_group(runner: LocalRunner, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    one = shell(tmp_path, f"trap '' TERM; (trap '' TERM; touch {ready}; sleep 61) & wait; sleep 61")
    submission = submit(runner, one)
    wait_for(ready.exists, "it ran")
    runner.cancel(submission, 0.05)
    end = end_of(runner, submission)
    assert end.code == -9
    assert not end.left_behind
    assert runner.strays() == []


def test_a_child_may_clean_up_in_its_grace(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "trap 'echo clean; exit 5' TERM; echo ready; while :; do sleep 0.01; done")
    submission = submit(runner, one)
    wait_for(lambda: "ready" in log_of(one), "it ran")
    runner.cancel(submission, 60.0)
    assert end_of(runner, submission).code == 5
    assert log_of(one).endswith("clean\n")


def test_a_shorter_grace_counts(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "trap '' TERM; echo ready; while :; do sleep 0.01; done")
    submission = submit(runner, one)
    wait_for(lambda: "ready" in log_of(one), "it ran")
    runner.cancel(submission, 3600.0)
    runner.cancel(submission, 0.0)
    assert end_of(runner, submission).code == -9


def test_what_a_step_leaves_behind_is_ended_and_told(runner: LocalRunner, tmp_path: Path) -> None:
    submission = submit(runner, shell(tmp_path, "sleep 61 & exit 4"))
    end = end_of(runner, submission)
    assert (end.code, end.left_behind) == (4, True)
    assert runner.strays() == []


def test_the_last_lines_of_a_background_writer_arrive(runner: LocalRunner, tmp_path: Path) -> None:
    one = shell(tmp_path, "(sleep 0.1; echo last) & echo first")
    assert end_of(runner, submit(runner, one)).code == 0
    assert log_of(one) == "first\nlast\n"


def test_a_child_that_closes_its_output_is_waited_for(runner: LocalRunner, tmp_path: Path) -> None:
    assert end_of(runner, submit(runner, shell(tmp_path, "exec >&- 2>&-; sleep 0.1; exit 6"))).code == 6


def test_processes_of_a_number_used_again_are_not_touched(runner: LocalRunner, tmp_path: Path) -> None:
    submission = submit(runner, step(tmp_path, "sleep", "61"))
    pid, _, _ = submission.id.partition("@")
    assert LocalRunner(os.environ, mark="x").attach(f"{pid}@1-2") is None
    runner.cancel(submission, 0.0)
    end_of(runner, submission)


def test_no_descriptor_is_left(runner: LocalRunner, tmp_path: Path) -> None:
    def open_now() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    end_of(runner, submit(runner, step(tmp_path, "true")))
    before = open_now()
    for _ in range(20):
        end_of(runner, submit(runner, step(tmp_path, "true")))
        end_of(runner, submit(runner, step(tmp_path, "no-such-program")))
    assert open_now() == before


def test_it_works_in_any_thread(runner: LocalRunner, tmp_path: Path) -> None:
    codes: list[int | None] = []
    thread = threading.Thread(target=lambda: codes.append(end_of(runner, submit(runner, step(tmp_path, "true"))).code))
    thread.start()
    thread.join()
    assert codes == [0]
