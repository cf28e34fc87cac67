"""What is said of arguments that invoke does not understand; `tests/tasks` runs invoke."""

import pytest

from cajajejo.cli.tasks.arguments import TaskArguments, check_options, wants_help, wrong_arguments
from cajajejo.errors import BadInputError

OPTIONS = ("--name", "--shift-amount", "--dry")


def given(**positional: str | None) -> TaskArguments:
    return TaskArguments("get-job-logs", OPTIONS, positional, "eval-x")


@pytest.mark.parametrize(
    ("said", "arguments", "message", "remedy"),
    [
        ("x", given(name=None), "get-job-logs lacks NAME", "for example: invoke get-job-logs eval-x"),
        ("x", given(config=None, helm_config=None), "get-job-logs lacks CONFIG and HELM_CONFIG", "for example"),
        (
            "No idea what '3' is!",
            given(name="--shift-amout"),
            "get-job-logs has no option --shift-amout",
            "did you mean",
        ),
        ("No idea what '--dr' is!", given(name="n"), "get-job-logs has no option --dr", "did you mean --dry?"),
        ("No idea what '--q=1' is!", given(name="n"), "get-job-logs has no option --q", "invoke --help get-job-logs"),
        ("No idea what 'two' is!", given(name="n"), "get-job-logs does not take 'two'", "--help get-job-logs"),
        ("No idea what 'dcos' is!", given(name="n"), "there is no task 'dcos'", "did you mean docs?"),
        ("No idea what 'two' is!", TaskArguments(), "there is no task 'two'", "invoke --list"),
        ("No idea what '--two' is!", TaskArguments(), "invoke has no option --two", "invoke --help"),
        (
            "Flag <Argument: shift_amount (x)> needed value and was not given one!",
            given(name="n"),
            "--shift-amount needs a value",
            "invoke --help get-job-logs",
        ),
        ("something new", given(name="n"), "something new", "invoke --help get-job-logs"),
    ],
)
def test_what_is_said(said: str, arguments: TaskArguments, message: str, remedy: str) -> None:
    error = wrong_arguments(said, arguments, ["docs", "get-job-logs"])
    assert str(error) == message
    assert remedy in str(error.remedy)


def test_an_option_in_the_place_of_a_name() -> None:
    with pytest.raises(BadInputError, match="no option --nmae"):
        check_options(given(name="--nmae=x"))
    for name in ("n", "-", None):
        check_options(given(name=name))


def test_help_in_the_place_of_a_name() -> None:
    assert wants_help(given(name="--help"))
    assert wants_help(given(config="x", helm_config="-h"))
    assert not wants_help(given(name="help"))
