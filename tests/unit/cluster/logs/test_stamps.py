import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cluster.logs.stamps import first_stamp, resume_second, stamp_ns, without_stamp

NOON_NS = 1_714_564_800 * 10**9


@pytest.mark.parametrize(
    ("line", "time_ns"),
    [
        (b"2024-05-01T12:00:00.000000001Z a", NOON_NS + 1),
        (b"2024-05-01T14:00:00.5+02:00 a", NOON_NS + 500_000_000),
        (b"2024-05-01T12:00:00Z ", NOON_NS),
        (b"2024-05-01T12:00:00.000000001Z", None),
        (b"2024-13-01T12:00:00Z a", None),
        (b"", None),
        (b"\xff 2024-05-01T12:00:00Z ", None),
    ],
)
def test_times(line: bytes, time_ns: int | None) -> None:
    assert stamp_ns(line) == time_ns


def test_a_time_is_given_as_it_is_written() -> None:
    assert first_stamp(b"2024-05-01T14:00:00.5+02:00 a") == b"2024-05-01T14:00:00.5+02:00"
    assert first_stamp(b"a 2024-05-01T14:00:00.5+02:00 ") is None


def test_asking_again_begins_a_second_earlier_in_utc() -> None:
    assert resume_second(b"2024-05-01T00:00:00.9+02:00 a") == "2024-04-30T21:59:59Z"
    assert resume_second(b"no time") is None


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_the_quick_way_and_the_slow_way_agree(text: bytes) -> None:
    for stamp in (
        b"2024-05-01T12:00:00.000000001Z ",
        b"2024-05-01T12:00:00.000000001+02:00 ",
        b"2024-05-01T12:00:00Z ",
    ):
        assert without_stamp(stamp + text) == text
