import pytest
from hypothesis import given
from hypothesis import strategies as st

from cajajejo.runners.base import Slot
from cajajejo.runners.slots import SlotPool, make_slots


def test_entries_of_the_list_are_slots() -> None:
    assert make_slots([0, "0,1", "2"]) == (Slot(0, "0"), Slot(1, "0,1"), Slot(2, "2"))


def test_the_lowest_free_slot_is_lent_first() -> None:
    pool = SlotPool(make_slots([5, 6, 7]))
    lent = [pool.lend() for _ in range(4)]
    assert [slot and slot.devices for slot in lent] == ["5", "6", "7", None]
    assert lent[2] is not None
    assert lent[1] is not None
    pool.give_back(lent[2])
    pool.give_back(lent[1])
    assert pool.lend() == lent[1]


@pytest.mark.parametrize(("most", "parallel"), [(None, 3), (2, 2), (9, 3)])
def test_most(most: int | None, parallel: int) -> None:
    pool = SlotPool(make_slots([0, 1, 2]), most)
    assert pool.parallel == parallel
    assert sum(pool.lend() is not None for _ in range(9)) == parallel


def test_slots_that_share_a_device() -> None:
    pool = SlotPool(make_slots(["0,1", "1, 2", "3", "3", "10"]))
    sharing = {slot.devices: [other.index for other in pool.sharing(slot)] for slot in make_slots(["0,1"])}
    assert sharing == {"0,1": [0, 1]}
    assert [slot.index for slot in pool.sharing(Slot(2, "3"))] == [2, 3]
    assert [slot.index for slot in pool.sharing(Slot(4, "10"))] == [4]


def test_slots_without_devices_share_nothing() -> None:
    pool = SlotPool((Slot(0), Slot(1)))
    assert pool.sharing(Slot(0)) == (Slot(0),)


def test_whether_it_could_do_without() -> None:
    one, other = make_slots([0, 1])
    pool = SlotPool((one, other))
    assert pool.could_do_without([one])
    assert not pool.could_do_without([one, other])
    pool.suspend(one)
    assert not pool.could_do_without([other])


@given(st.lists(st.tuples(st.sampled_from(["lend", "give", "suspend", "restore"]), st.integers(0, 4))))
def test_a_slot_is_lent_once_and_never_while_suspended(moves: list[tuple[str, int]]) -> None:
    slots = make_slots(range(5))
    pool, lent, suspended = SlotPool(slots, 4), set[int](), set[int]()
    for move, index in moves:
        if move == "lend":
            slot = pool.lend()
            assert (slot is None) == (len(lent) >= 4 or not {0, 1, 2, 3, 4} - lent - suspended)
            if slot is not None:
                assert slot.index not in lent | suspended
                lent.add(slot.index)
        elif move == "give" and index in lent:
            lent.remove(index)
            pool.give_back(slots[index])
        elif move == "suspend":
            suspended.add(index)
            pool.suspend(slots[index])
        elif move == "restore":
            suspended.discard(index)
            pool.restore(slots[index])
    assert {slot.index for slot in pool.suspended} == suspended
