"""What a line of a log shows beyond doubt."""

import pytest

from cajajejo.log_signs import Sign, sign_of


@pytest.mark.parametrize(
    ("line", "sign"),
    [
        ("torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB", Sign.CUDA_OUT_OF_MEMORY),
        ("RuntimeError: CUDA error: out of memory", Sign.CUDA_OUT_OF_MEMORY),
        ("java.lang.OutOfMemoryError: Java heap space", None),
        ("ray.exceptions.OutOfMemoryError: Task was killed", None),
        ("OSError: [Errno 28] No space left on device: '/scratch/x'", Sign.DISK_FULL),
        ("unable to write to file </torch_12_34>: No space left on device (28)", Sign.SHARED_MEMORY_FULL),
        ("OSError: [Errno 28] No space left on device: '/dev/shm/psm_1a2b3c4d'", Sign.SHARED_MEMORY_FULL),
        ("DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that …", Sign.SHARED_MEMORY_FULL),
        ("all is well", None),
    ],
)
def test_a_line_shows_what_has_run_out(line: str, sign: Sign | None) -> None:
    assert sign_of(line) is sign
