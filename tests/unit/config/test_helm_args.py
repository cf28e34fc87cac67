from __future__ import annotations

import argparse

import pytest

from cajajejo.config.helm_args import FLAGS, Takes, check_args

NEEDED = ("--max-eval-instances", "10")


def told(*args: str) -> list[tuple[tuple[object, ...], str, str | None]]:
    return [(finding.loc, finding.message, finding.suggestion) for finding in check_args(args)]


@pytest.mark.parametrize(
    "args",
    [
        NEEDED,
        ("-m", "10"),
        ("-m10",),
        ("--max-eval-instances=10",),
        (*NEEDED, "--enable-local-huggingface-models", "/scratch/model/model"),
        (*NEEDED, "--enable-huggingface-models", "a/b", "c/d@main", "-n", "2"),
        (*NEEDED, "--plugins=x", "--cache-instances", "--priority", "0"),
        ("--models-to-run", "a", "b", *NEEDED),
    ],
)
def test_right(args):
    assert told(*args) == []


@pytest.mark.parametrize(
    ("args", "loc", "message", "suggestion"),
    [
        (("--num-thread", "2"), (2,), '"--num-thread" is an abbreviation', '"--num-threads"'),
        (("--num-treads", "2"), (2,), '"--num-treads" is no flag of HELM', '"--num-threads"'),
        (("--num_threads", "2"), (2,), '"--num_threads" is no flag of HELM', '"--num-threads"'),
        (("--numthreads=2",), (2,), '"--numthreads" is no flag of HELM', '"--num-threads"'),
        (("-z",), (2,), '"-z" is no flag of HELM', None),
        (("--",), (2,), '"--" is no flag of HELM', None),
        (("-n",), (2,), "--num-threads lacks its value", None),
        (("-n", "-1"), (3,), '"-1" is out of range for --num-threads', None),
        (("-n", "2.5"), (3,), '--num-threads takes a whole number, not "2.5"', None),
        (("--cache-instances=yes",), (2,), "--cache-instances takes no value", None),
        (("--cache-instances", "yes"), (3,), '"yes" belongs to no flag', None),
        (("--plugins",), (2,), "--plugins lacks its value", None),
        (("-n 2",), (2,), '"-n 2" is a flag and its value in one', None),
        (("-n2", "--num-threads=3"), (3,), "--num-threads is given twice", None),
    ],
)
def test_wrong(args, loc, message, suggestion):
    assert told(*NEEDED, *args) == [(loc, message, suggestion)]


@pytest.mark.parametrize("flag", [flag for flag in FLAGS if flag.instead], ids=lambda flag: flag.name)
def test_flags_of_the_toolkit_are_refused_with_a_reason(flag):
    values = () if flag.takes is Takes.NOTHING else ("x",)
    for name in filter(None, (flag.name, flag.short)):
        (finding,) = check_args((*NEEDED, name, *values))
        assert finding.loc == (2,)
        assert finding.message == f"{flag.name} may not stand in a config"
        assert finding.allowed == flag.instead


def test_required_flag():
    (finding,) = check_args(())
    assert finding.loc == ()
    assert finding.message == "--max-eval-instances is missing"


@pytest.mark.helm
@pytest.mark.filterwarnings("ignore")
def test_table_is_helms():
    run = pytest.importorskip("helm.benchmark.run")
    takes = {
        ("_StoreTrueAction", None, None): Takes.NOTHING,
        ("_StoreAction", None, str): Takes.TEXT,
        ("_StoreAction", None, int): Takes.WHOLE_NUMBER,
        ("_StoreAction", "+", None): Takes.SOME,
        ("_StoreAction", "*", None): Takes.ANY,
    }
    theirs = {}
    for action in run.build_parser()._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        kind = (type(action).__name__, action.nargs if action.nargs in ("+", "*") else None, action.type)
        short = next((name for name in action.option_strings if not name.startswith("--")), None)
        theirs[action.option_strings[-1]] = (takes[kind], short, action.required)
    ours = {flag.name: (flag.takes, flag.short, flag.name == "--max-eval-instances") for flag in FLAGS}
    assert ours == theirs
