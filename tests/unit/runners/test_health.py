import pytest

from cajajejo.runners.health import SlotHealth, sign_of_dead_gpu


@pytest.mark.parametrize(
    "line",
    [
        "RuntimeError: No CUDA GPUs are available",
        "RuntimeError: CUDA error: uncorrectable ECC error encountered",
        "RuntimeError: CUDA error: initialization error",
        "torch/cuda/__init__.py:141: UserWarning: CUDA initialization: CUDA unknown error - this may be due to an",
        "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions before calling",
        "failed call to cuInit: CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected",
        "NVRM: Xid (PCI:0000:3b:00): 79, pid=1234, GPU has fallen off the bus.",
        "Unable to determine the device handle for GPU 0000:3B:00.0: Unknown Error",
    ],
)
def test_signs(line: str) -> None:
    assert sign_of_dead_gpu(["before", line, "after"]) == line


@pytest.mark.parametrize(
    "line",
    [
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB",
        "RuntimeError: CUDA error: device-side assert triggered",
        "RuntimeError: CUDA error: invalid device ordinal",
        "AssertionError: Torch not compiled with CUDA enabled",
        "Error 79",
        "name=Xidalgo",
    ],
)
def test_what_is_the_program_s_own_fault_is_no_sign(line: str) -> None:
    assert sign_of_dead_gpu([line]) is None


def failures(health: SlotHealth, *tasks: str, slot: str = "1", seconds: float = 1.0) -> list[bool]:
    return [health.failed(task, slot, seconds, None) is not None for task in tasks]


def test_several_fast_failures_while_others_succeed() -> None:
    health = SlotHealth()
    assert failures(health, "a", "b") == [False, False]
    health.succeeded("x", "0")
    suspicion = health.failed("c", "1", 1.0, None)
    assert suspicion is not None
    assert suspicion.tasks == ("a", "b", "c")


def test_fast_failures_while_nothing_succeeds_are_the_tasks() -> None:
    health = SlotHealth()
    health.succeeded("before", "0")
    assert failures(health, *"abcdef") == [False] * 6


def test_slow_failures_are_the_tasks() -> None:
    health = SlotHealth()
    for task in "abcdef":
        assert failures(health, task, seconds=60.0) == [False]
        health.succeeded("x", "0")


def test_a_success_on_the_slot_begins_the_count_anew() -> None:
    health = SlotHealth()
    failures(health, "a", "b")
    health.succeeded("x", "1")
    health.succeeded("y", "0")
    assert failures(health, "c", "d") == [False, False]


def test_one_task_that_fails_again_and_again_is_no_sign() -> None:
    health = SlotHealth()
    for _ in range(9):
        assert failures(health, "a") == [False]
        health.succeeded("x", "0")


def test_a_success_elsewhere_proves_it() -> None:
    health = SlotHealth()
    assert health.failed("a", "1", 1.0, "Xid") is not None
    health.moved(("a",), "1")
    assert health.succeeded("a", "0") == ("1",)
    assert health.succeeded("a", "0") == ()
    assert health.acquitted("a") == ()


def test_failures_everywhere_acquit_the_slots() -> None:
    health = SlotHealth()
    for slot in ("1", "2"):
        assert health.failed("a", slot, 1.0, "Xid") is not None
        health.moved(("a",), slot)
    assert health.failed("a", "3", 1.0, "Xid") is None
    assert health.acquitted("a") == ("1", "2")
    assert health.failed("b", "1", 1.0, None) is None


def test_what_still_ran_on_a_suspected_slot_goes_elsewhere_too() -> None:
    health = SlotHealth()
    health.moved(("a",), "1")
    suspicion = health.failed("b", "1", 3600.0, None)
    assert suspicion is not None
    assert suspicion.tasks == ("b",)
