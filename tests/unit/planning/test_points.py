from __future__ import annotations

from cajajejo.config.sweep.model import Expansion, Grid
from cajajejo.planning.points import GridPoints


def points(choices, packs=None, defaults=None, **how):
    return list(GridPoints(Grid(choices), packs or {}, defaults or {}).points(**how))


def test_the_last_parameter_changes_fastest():
    found = points({"a": (1, 2), "b": ("x", "y")})
    assert [point.name for point in found] == ["A_1-B_x", "A_1-B_y", "A_2-B_x", "A_2-B_y"]
    assert found[1].params == {"a": 1, "b": "y"}


def test_values_that_print_alike_are_different_points():
    values = (1, 1.0, "1", True, 1234567, 1234568, 0.1, 0.10000001, None, "None", [1], "[1]")
    assert len({point.key for point in points({"p": values})}) == len(values)


def test_a_point_is_its_parameters_wherever_they_come_from():
    (chosen,) = points({"a": (1,), "b": (2,)})
    (reordered,) = points({"b": (2,), "a": (1,)})
    (defaulted,) = points({"a": (1,)}, defaults={"b": 2})
    (packed,) = points({"g": ("x",)}, {"g": Expansion(cases={'"x"': {"a": 1, "b": 2}})})
    (overridden,) = points({"a": (1,), "b": (2,)}, defaults={"b": 3})
    assert {chosen.key, reordered.key, defaulted.key, packed.key, overridden.key} == {chosen.key}
    assert [reordered.name, defaulted.name, packed.name] == ["B_2-A_1", "A_1", "G_x"]


def test_keys_are_the_same_in_every_process():
    (point,) = points({"a": (1,), "b": ("x",)})
    assert point.key == "8c2ba7400f00661983992013c96aea6c"


def test_a_pack_gives_its_value_to_others():
    (point,) = points({"g": (7,), "a": (1,)}, {"g": Expansion(targets=("a", "b"))}, {"c": 0})
    assert point.params == {"a": 7, "b": 7, "c": 0}


def test_a_sample_is_the_same_every_time_and_in_the_order_of_the_grid():
    choices = {"a": tuple(range(1000)), "b": tuple(range(1000)), "c": tuple(range(1000)), "d": tuple(range(1000))}
    first = points(choices, sample=50, seed=3)
    assert [point.choices for point in first] == [point.choices for point in points(choices, sample=50, seed=3)]
    assert [point.choices for point in first] == sorted(point.choices for point in first)
    assert len({point.key for point in first}) == 50
    assert [point.choices for point in points(choices, sample=50, seed=4)] != [point.choices for point in first]


def test_a_sample_of_a_packed_grid_has_names_and_choices_of_the_same_points():
    packs = {"g": Expansion(targets=("x",))}
    for point in points({"g": tuple(range(30)), "b": tuple(range(30))}, packs, sample=40):
        assert point.name == f"G_{point.choices[0]}-B_{point.choices[1]}"
        assert point.params == {"x": point.choices[0], "b": point.choices[1]}


def test_a_sample_larger_than_the_grid_is_all_of_it():
    assert len(points({"a": (1, 2, 3)}, sample=10)) == 3


def test_defaulted():
    assert GridPoints(Grid({"a": (1,)}), {}, {"a": 2, "b": 3}).defaulted == {"b"}
