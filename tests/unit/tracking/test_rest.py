"""Questions to an MLflow server; `test_probe` and `test_job_history` hold what servers may answer."""

import threading

import pytest

from cajajejo.errors import BadInputError
from cajajejo.tracking.base import TrackerUnavailableError
from cajajejo.tracking.rest import ask, within
from fake_tracker import tracker


def test_a_question_is_sent_as_json_with_the_login() -> None:
    with tracker(lambda route, question: (200, {"route": route, "question": question})) as (uri, _):
        answer = ask(uri.replace("http://", "http://me:secret@"), "runs/search", {"max_results": 1}, 5, {})
    assert answer == {"route": "runs/search", "question": {"max_results": 1}}


def test_what_takes_too_long_is_left_alone() -> None:
    over = threading.Event()
    with pytest.raises(TrackerUnavailableError, match=r"no answer within 0\.05 s"):
        within(0.05, "http://m", lambda: over.wait(10))
    over.set()


def test_what_was_raised_is_raised_here() -> None:
    def act() -> None:
        raise BadInputError("no")

    assert within(5, "http://m", lambda: 7) == 7
    with pytest.raises(BadInputError):
        within(5, "http://m", act)
