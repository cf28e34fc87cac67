"""What is told of failures, and how long they make a reader pause."""

from cajajejo.cluster.logs.trouble import Trouble, words_of
from cajajejo.errors import ClusterError, UnreachableError


def test_a_single_failure_is_not_worth_a_word() -> None:
    told: list[str] = []
    trouble = Trouble(told.append)
    trouble.failed("away")
    trouble.passed()
    trouble.failed("away")
    assert told == []


def test_what_lasts_is_told_once_and_so_is_its_end() -> None:
    told: list[str] = []
    trouble = Trouble(told.append)
    for text in ("away", "away", "away", "still away"):
        trouble.failed(text)
    trouble.passed()
    trouble.passed()
    assert told == ["away", "still away", "the log goes on"]


def test_pauses_grow_to_a_limit() -> None:
    trouble = Trouble(lambda _: None)
    pauses_s = [trouble.failed("away") for _ in range(2000)]
    assert pauses_s[0] < 1.0
    assert pauses_s == sorted(pauses_s)
    assert pauses_s[-1] == 10.0


def test_words_name_the_node_and_leave_the_api_server_to_others() -> None:
    error = ClusterError("500", status=500, server_message="dial tcp: i/o timeout")
    assert words_of(error, "n1") == "the node n1 does not give its log: dial tcp: i/o timeout; trying again"
    assert words_of(UnreachableError("away"), "n1") == ""
