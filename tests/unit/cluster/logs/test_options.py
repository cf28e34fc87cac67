import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cajajejo.cluster.logs.options import Since


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("5m", {"sinceSeconds": "300"}),
        ("2h", {"sinceSeconds": "7200"}),
        ("1d", {"sinceSeconds": "86400"}),
        ("1h30m", {"sinceSeconds": "5400"}),
        ("0s", {"sinceSeconds": "1"}),
        ("99999999999999999999d", {"sinceSeconds": "315360000"}),
        ("2024-05-01T12:00:00Z", {"sinceTime": "2024-05-01T12:00:00Z"}),
        ("2024-05-01t14:00:00.123456789+02:00", {"sinceTime": "2024-05-01T12:00:00Z"}),
        ("2024-05-01 12:00:00z", {"sinceTime": "2024-05-01T12:00:00Z"}),
    ],
)
def test_spans_and_times(text: str, query: dict[str, str]) -> None:
    assert Since.parse(text).query(0.0) == query


def test_a_span_is_counted_from_when_it_was_meant() -> None:
    assert Since.parse("5m").query(61.9) == {"sinceSeconds": "361"}


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "5w", "2024-05-01", "2024-13-01T12:00:00Z", "\u0665m"])
def test_all_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="neither a span such as 5m, 2h or 1d nor a time"):
        Since.parse(text)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query = Since.parse(text).query(0.0)
    except ValueError:
        return
    assert len(query) == 1
