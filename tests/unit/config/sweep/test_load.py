from __future__ import annotations

import math

import pytest

from cajajejo.config.sweep.load import load_sweep
from cajajejo.config.sweep.model import AUTO, Grid
from cajajejo.errors import ConfigError

HEAD = "template: {run: 'x {p}'}\nresource: [0]\n"


def headlines(written, text: str, **wishes: object) -> list[str]:
    path = written(text, "params.yaml")
    with pytest.raises(ConfigError) as caught:
        load_sweep(path, **wishes)
    return [problem.headline().removeprefix(f"{path}:") for problem in caught.value.problems]


def loaded(written, text: str, **wishes: object):
    return load_sweep(written(text, "params.yaml"), **wishes)


def test_the_smallest_file_of_the_documentation(written):
    text = "template:\n  run: python run.py {param}\n\nresource: [ 0, 1 ]\n\n---\nparam: [ 1, 2, 3, 4 ]\n"
    config = loaded(written, text).config
    assert [(template.name, template.text) for template in config.templates] == [("run", "python run.py {param}")]
    assert config.resources == ("0", "1")
    assert config.grids == (Grid({"param": (1, 2, 3, 4)}),)


def test_values_are_read_as_yaml_has_them(written):
    text = (
        HEAD + "---\np: [1, 1.0, '1', true, yes, null, ~, 1e-3, 1.5e-3, 0x10, 2021-07-13, 12:30:45, [1, a], {b: c}]\n"
    )
    assert loaded(written, text).config.grids[0].choices["p"] == (
        (1, 1.0, "1", True, True, None, None, "1e-3", 1.5e-3, 16, "2021-07-13", "12:30:45", [1, "a"], {"b": "c"})
    )


def test_numbers_that_are_not_finite(written):
    values = loaded(written, HEAD + "---\np: [.inf, -.inf, .nan]\n").config.grids[0].choices["p"]
    assert values[:2] == (math.inf, -math.inf)
    assert math.isnan(values[2])


def test_a_single_value_needs_no_brackets(written):
    assert loaded(written, HEAD + "---\np: a\n").config.grids[0].choices == {"p": ("a",)}


@pytest.mark.parametrize(
    ("text", "resources"),
    [
        ("[0, 1, 0, 1]", ("0", "1", "0", "1")),
        ('["0,1", "2, 3"]', ("0,1", "2,3")),
        ("[-1, -1]", ("-1", "-1")),
        ("[GPU-8932f937-d72c]", ("GPU-8932f937-d72c",)),
        ("auto", AUTO),
    ],
)
def test_resources(written, text, resources):
    assert loaded(written, f"template: {{run: 'x {{p}}'}}\nresource: {text}\n---\np: 1\n").config.resources == resources


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["1:1: the file is empty; a document with template and resource, and one of choices"]),
        (HEAD, ["1:1: there are no choices; put them in a second document, after a line of ---"]),
        (HEAD + "---\n", ["4:1: nothing stands where a mapping of parameters is meant; name: [choice, choice]"]),
        (HEAD + "---\n{}\n", ["4:1: the document has no parameters; name: [choice, choice]"]),
        (HEAD + "---\n_title: a\n", ["4:1: the document has no parameters; name: [choice, choice]"]),
        (HEAD + "---\np: []\n", ["4:4: p: the list of choices is empty; at least one choice"]),
        (HEAD + "---\np:\n", ["4:3: p: nothing stands where a list of choices is meant; [choice, choice]"]),
        (HEAD + "---\np: {a: 1}\n", ["4:4: p: a mapping stands where a list of choices is meant; [choice, choice]"]),
        (HEAD + "---\np: [1]\np: [2]\n", ["5:1: p: this key is already on line 4; each key once"]),
        (
            HEAD + "---\np: [1]\n_titel: a\n",
            [
                (
                    "5:1: _titel: this key is not known; _title, _cmd; no parameter's name begins with _; "
                    'did you mean "_title"?'
                )
            ],
        ),
        (
            HEAD + "defaults: {a: 1}\n---\np: [1]\n",
            [
                (
                    "3:1: defaults: this key is not known; template, resource, default, alias, pack; "
                    'choices come in documents of their own, after a line of ---; did you mean "default"?'
                )
            ],
        ),
        (
            "template: {run: 'x {p} {q}'}\nresource: [0]\n---\np: 1\n",
            ["1:24: template.run: nothing defines {q}; a parameter of a document, or of default"],
        ),
        (
            "template: {run: 'x {p} {q}'}\nresource: [0]\n---\np: 1\nq: 1\n---\np: 2\n",
            [
                (
                    "7:1: the command run needs {q}, which this document does not define; "
                    "a parameter here, or one of default"
                )
            ],
        ),
        (HEAD + "---\np: [1]\n_cmd: [rum]\n", ['5:8: _cmd: "rum" is no command; run; did you mean "run"?']),
        (
            "template: {run: 'x {p}'}\n---\np: 1\n",
            ["1:1: resource: the key is missing; the first document must have it"],
        ),
        (
            'template: {run: "x \'{p}"}\nresource: [0]\n---\np: 1\n',
            ["1:17: template.run: a single quote is not closed; a command as a shell takes it"],
        ),
        (
            "template: {run: }\nresource: [0]\n---\np: 1\n",
            ["1:17: template.run: the command is empty; one line of text"],
        ),
        (
            "template: python {p}\nresource: [0]\n---\np: 1\n",
            [
                (
                    '1:11: template: "python {p}" stands where a mapping of commands is meant; '
                    "such as run: python run.py {param}"
                )
            ],
        ),
        (
            "template: {a/b: 'x {p}'}\nresource: [0]\n---\np: 1\n",
            ['1:12: template."a/b": "a/b" cannot be the name of a command; letters, digits, _ . + and -'],
        ),
        (
            HEAD + "pack: {g: {a: {p: 1}}}\n---\ng: [b]\n",
            ['5:5: g: "b" has no case; "a"; did you mean "a"?'],
        ),
        (
            "template: {run: 'x {g}'}\nresource: [0]\npack: {g: [p]}\n---\ng: [b]\n",
            ["1:20: template.run: {g}: g is a pack, whose parameters take its place; use p"],
        ),
        (
            "template: {run: 'x `y {p}`'}\nresource: [0]\n---\np: [a, b c]\n",
            [
                (
                    '4:8: p: "b c" cannot be put into {p} and stay one word; '
                    "before it are backticks, $((…)), ${…} or <<; write $(…), or {name:raw}"
                )
            ],
        ),
        (HEAD + '---\np: ["\\0"]\n', ["4:5: p[0]: a NUL character cannot be handed to a command"]),
        (
            HEAD + "default: {_name: 1}\n---\np: 1\n",
            ['3:11: default._name: "_name" begins with _; such names are reserved'],
        ),
    ],
)
def test_what_is_wrong_is_told_with_its_place(written, text, expected):
    assert headlines(written, text) == expected


@pytest.mark.parametrize(
    ("resource", "place", "message"),
    [
        ("[]", "2:11: resource", "the list is empty, so that nothing could run"),
        ("3", "2:11: resource", '"3" stands where a list is meant'),
        ("[a b]", "", ""),
        ("[1.5]", "2:12: resource[0]", '"1.5" is no GPU id'),
        ("[-2]", "2:12: resource[0]", '"-2" is no GPU id'),
        ('[""]', "2:12: resource[0]", '"" is no GPU id'),
        ("[~]", "2:12: resource[0]", "nothing is no GPU id"),
        ("[[0, 1]]", "2:12: resource[0]", "a list is no GPU id"),
        ('["0,0"]', "2:12: resource[0]", '"0,0" has an id twice'),
        ('["0,"]', "2:12: resource[0]", '"0," is no GPU id'),
    ],
)
def test_bad_resources(written, resource, place, message):
    text = f"template: {{run: 'x {{p}}'}}\nresource: {resource}\n---\np: 1\n"
    if not place:
        assert loaded(written, text).config.resources == ("ab",)
        return
    (line,) = headlines(written, text)
    assert line.startswith(f"{place}: {message}; ")


def test_all_problems_come_at_once(written):
    text = "template: {run: 'x {q}', eval: }\nresource: []\nfoo: 1\n---\n_x: 1\np: []\n---\n_cmd: no\np: 1\n"
    lines = headlines(written, text, title="none", commands=["other"])
    assert [line.split(": ")[0] for line in lines] == [
        "1:11",
        "1:20",
        "1:32",
        "2:11",
        "3:1",
        "5:1",
        "5:1",
        "6:4",
        "8:7",
    ]


def test_an_unknown_command_or_title_lists_the_known_ones(written):
    text = HEAD + "---\n_title: machine1\np: 1\n---\n_title: machine2\np: 2\n"
    assert headlines(written, text, title="machin1") == [
        '4:9: _title: -t "machin1": no document has this _title; there are machine1, machine2; did you mean "machine1"?'
    ]
    assert headlines(written, text, commands=["rum"]) == [
        '1:11: template: -c "rum": there is no such command; there are run; did you mean "run"?'
    ]


def test_titles_choose_documents_and_commands_choose_templates(written):
    text = "template: {a: 'x {p}', b: 'y {p}'}\nresource: [0]\n---\n_title: one\np: 1\n---\n_title: two\np: 2\n"
    config = loaded(written, text, title="two", commands=["a"]).config
    assert [grid.choices["p"] for grid in config.grids] == [(2,)]
    assert config.template_names == ("a",)


def test_a_command_that_is_not_wanted_may_lack_parameters(written):
    text = "template: {a: 'x {p}', b: 'y {q}'}\nresource: [0]\n---\np: 1\n---\n_cmd: b\nq: 1\n"
    assert headlines(written, text)[0].startswith("4:1: the command b needs {q}")
    assert loaded(written, text.replace("---\np: 1", "---\n_cmd: [a]\np: 1")).config.grids[0].commands == ("a",)


def test_a_parameter_that_no_template_uses_is_a_warning(written):
    result = loaded(written, HEAD + "default: {r: 1}\n---\np: 1\nq: [1, 2]\n---\np: 1\nq: [3]\n")
    assert [problem.headline().partition("yaml:")[2] for problem in result.warnings] == [
        "3:11: warning: default.r: no template uses this parameter; it has no effect on the commands",
        "6:4: warning: q: no template uses this parameter; it enters the names only",
    ]


def test_what_another_command_uses_is_no_warning(written):
    text = "template: {a: 'x {p}', b: 'y {q}'}\nresource: [0]\n---\np: 1\nq: 1\n"
    assert loaded(written, text, commands=["a"]).warnings == ()


def test_a_variable_of_the_shell_that_is_called_like_a_parameter_is_a_warning(written):
    text = "template: {run: 'x {p} ${p} ${HOME}'}\nresource: [0]\n---\np: 1\n"
    (warning,) = loaded(written, text).warnings
    assert "${p} is a variable of the shell" in warning.headline()


def test_an_alias_in_a_template_is_an_option_and_elsewhere_a_pack(written):
    text = "template: {run: 'x [m] {p}'}\nresource: [0]\nalias: {m: [n, o], g: {a: {p: 1}}}\n---\nm: 1\ng: a\n"
    config = loaded(written, text).config
    assert list(config.options) == ["m"]
    assert list(config.packs) == ["g"]


def test_cases_are_told_apart_by_kind(written):
    text = HEAD + "pack: {g: {1: {p: a}, '1': {p: b}, true: {p: c}}}\n---\ng: [1, '1', true]\n"
    config = loaded(written, text).config
    assert [config.packs["g"].of(value)["p"] for value in config.grids[0].choices["g"]] == ["a", "b", "c"]


def test_a_list_may_be_longer_than_any_other_config(written):
    choices = loaded(written, HEAD + f"---\np: {list(range(20_000))}\n").config.grids[0].choices
    assert choices["p"][-1] == 19_999


def test_anchors_and_merges(written):
    text = HEAD + "default: &d {a: 1}\npack: {g: {x: {<<: *d, p: 2}}}\n---\ng: x\n"
    assert loaded(written, text).config.packs["g"].of("x") == {"a": 1, "p": 2}
