from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.planning.trial_names import name_part, unique_names


@pytest.mark.parametrize(
    ("param", "part"),
    [
        ("curl", "Curl"),
        ("learning_rate", "LeRate"),
        ("batch-size", "BaSize"),
        ("k_fold", "kFold"),
        ("numGPU", "Numgpu"),
        ("a-b_c", "aB_C"),
        ("warm_up_steps", "WaupSteps"),
    ],
)
def test_parameters_are_shortened(param, part):
    assert name_part(param, 1) == f"{part}_1"


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1, "1"),
        (True, "T"),
        (False, "F"),
        (0.1, "0.1"),
        (1234567, "1.23457e+06"),
        (1e-5, "1e-05"),
        (10**400, str(10**400)),
        ("adam", "adam"),
        ("data/train.txt", "data_train.txt"),
        ("/abs/../x", "abs_.._x"),
        ("../../etc/passwd", "etc_passwd"),
        ("..", ""),
        ("x" * 150 + "y", "x" * 99 + "y"),
        ("a b;c", "a b;c"),
        ("a\nb\x1b[31m", "a_b_[31m"),
        (None, "None"),
        ([1, 2], "[1, 2]"),
        (["a/b"], "['a_b']"),
    ],
)
def test_values_are_printed(value, printed):
    assert name_part("p", value) == f"P_{printed}"


def test_of_an_existing_path_the_last_part_is_taken():
    assert name_part("file", "data/text.txt", {"data/text.txt"}) == "File_text.txt"


def names(plain, *, keys=None, known=None, free=lambda index, name: True, limit=255):
    keys = keys or [f"{index:032x}" for index in range(len(plain))]
    return unique_names(plain, keys, known=known or {}, may_use=free, limit=limit)


def test_the_first_of_equal_names_stays_plain():
    assert names(["a", "b", "a"], keys=["0" * 32, "1" * 32, "abcdef0123" * 3 + "ab"]) == ["a", "b", "a-abcdef01"]


def test_a_hash_never_takes_the_name_of_another_point():
    assert names(["a", "a", "a-11111111"], keys=["0" * 32, "1" * 32, "2" * 32]) == ["a", f"a-{'1' * 16}", "a-11111111"]


def test_a_point_that_has_run_keeps_its_name_wherever_it_stands():
    keys = ["1" * 32, "0" * 32]
    assert names(["a", "a"], keys=keys, known={"0" * 32: "a"}) == ["a-11111111", "a"]
    assert names(["A_1-B_2"], keys=["3" * 32], known={"3" * 32: "B_2-A_1"}) == ["B_2-A_1"]


def test_a_folder_of_somebody_else_is_left_alone():
    assert names(["a"], keys=["4" * 32], free=lambda index, name: name != "a") == ["a-44444444"]
    known = {"4" * 32: "a"}
    assert names(["a"], keys=["4" * 32], known=known, free=lambda index, name: name != "a") == ["a-44444444"]


@pytest.mark.parametrize("letter", ["x", "é", "漢", "😀"])
def test_long_names_are_cut_between_characters(letter):
    (name,) = names([letter * 300], keys=["5" * 32])
    assert len(name.encode()) <= 255
    assert name.endswith("-55555555")
    assert set(name.removesuffix("-55555555")) == {letter}


TEXTS = st.text(alphabet="ab/.-_é漢\n", max_size=300)
VALUES = st.one_of(TEXTS, st.integers(), st.booleans(), st.floats(), st.none(), st.lists(TEXTS, max_size=2))


@given(st.lists(st.tuples(st.sampled_from(["p", "a/b", ".x", "-y", "_z_"]), VALUES), min_size=1, max_size=8))
def test_names_are_unique_file_names(parts):
    plain = [name_part(param, value) for param, value in parts]
    found = names(plain)
    assert len(set(found)) == len(parts)
    assert all("/" not in name and "\0" not in name and 0 < len(name.encode()) <= 255 for name in found)
    assert not {".", ".."} & set(found)
