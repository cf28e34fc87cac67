"""What the end of a log shows, and what it does not."""

import pytest

from cajajejo.cluster.explain.containers.last_words import code_of_log
from cajajejo.cluster.explain.verdict import Code

TRACEBACK = ["Traceback (most recent call last):", '  File "x.py", line 1, in <module>']


@pytest.mark.parametrize(
    ("tail", "code"),
    [
        ([*TRACEBACK, "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB"], Code.CUDA_OUT_OF_MEMORY),
        ([*TRACEBACK, "OSError: [Errno 28] No space left on device", "bye"], Code.DISK_FULL),
        (["torch.OutOfMemoryError: CUDA out of memory.", "exit"], Code.CUDA_OUT_OF_MEMORY),
        (["CUDA out of memory, retrying with batch size 1", "ok", "ok", *TRACEBACK, "KeyError: 'foo'"], None),
        (["sample output: No space left on device", *TRACEBACK, "KeyError: 'x'"], None),
        (["warning: cannot write cache: [Errno 28] No space left on device, going on", "error: entry failed"], None),
        ([*TRACEBACK, "torch.OutOfMemoryError: CUDA out of memory.", *TRACEBACK, "ConnectionError: refused"], None),
        ([], None),
    ],
)
def test_only_how_the_program_ended_counts(tail: list[str], code: Code | None) -> None:
    found = code_of_log(tail)
    assert (found and found[0]) == code
