"""The rows that a run took, as bits, beside the same as a set."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from lxr.chaincode.taken import Taken, dated, joined, taken_of, without

START = date(2026, 8, 1)
columns = st.lists(st.none() | st.integers(0, 3), max_size=31).map(tuple)


def as_set(versions: tuple[int | None, ...]) -> set[tuple[date, int]]:
    return {(START + timedelta(days=at), version) for at, version in enumerate(versions) if version is not None}


def test_days_are_the_bits_of_each_version() -> None:
    assert (Taken(0, 0b1000), Taken(1, 0b00101)) == taken_of((1, None, 1, 0))


@given(columns, columns)
def test_bits_say_what_sets_of_day_and_version_say(first: tuple[int | None, ...], then: tuple[int | None, ...]) -> None:
    left, right = taken_of(first), taken_of(then)
    assert sorted(as_set(first)) == dated(left, START)
    assert sorted(as_set(first) | as_set(then)) == dated(joined(left, right), START)
    assert sorted(as_set(first) - as_set(then)) == dated(without(left, right), START)
    assert (as_set(first) == as_set(then)) == (left == right)
