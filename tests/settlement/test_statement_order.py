"""Several statements are booked in the order in which the bank wrote them, in whatever order their files are given."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise, permutations
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from breaksoff import Breaking, BreaksOff
from consortium import House, rehearsal
from lxr.chaincode.custody_records import custodies, statements
from lxr.settlement.bank.desk import import_statement
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.statement_order import in_order
from lxr.settlement.errors import InputFault
from parties import CUSTODY
from quick import examples
from treasury import PAYDAY, bring, entry

Row = tuple[int, int | None, int, int]
"""A statement: how many days after payday, the bank's number, what it opens and closes with."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path / "house") as made:
        made.clock.go(PAYDAY + timedelta(days=9))
        yield made


def written(path: Path, row: Row, lines: Sequence[Entry] | None = None) -> Path:
    """A statement as a file, by default of one line, or of none where nothing moved."""
    days, number, opening_fen, closing_fen = row
    day, moved_fen = PAYDAY + timedelta(days=days), closing_fen - opening_fen
    if lines is None:
        lines = [entry(f"B{path.stem}", abs(moved_fen), moved_fen > 0)] if moved_fen else []
    entries = tuple(replace(line, booking_date=day, value_date=day) for line in lines)
    path.write_bytes(camt053.write(Statement(path.stem, number, CUSTODY, day, opening_fen, closing_fen, entries)))
    return path


def ordered(house: House, paths: Sequence[Path]) -> list[str]:
    return [path.stem for path in placed(house, paths)]


def placed(house: House, paths: Sequence[Path]) -> list[Path]:
    """The files, each with one statement, in order."""
    return [source.paths[0] for source in in_order(house.treasurer, CUSTODY, paths).sources]


CHAINS: dict[str, list[Row]] = {
    "a balance that comes back": [(1, None, 100, 200), (1, None, 200, 100), (1, None, 100, 150)],
    "two ways out and back, of which numbers say the first": [
        (1, 1, 100, 200),
        (1, 2, 200, 100),
        (1, 3, 100, 150),
        (1, 4, 150, 100),
    ],
    "on into the next day": [(1, None, 100, 200), (1, None, 200, 100), (1, None, 100, 200), (2, None, 200, 100)],
    "numbers that begin anew within the day": [(1, 99, 100, 150), (1, 1, 150, 170), (1, 2, 170, 150)],
    "numbers that begin anew every day": [(1, 1, 100, 200), (1, 2, 200, 100), (2, 1, 100, 200), (2, 2, 200, 100)],
    "without lines": [(1, 1, 100, 100), (1, 2, 100, 150), (1, 3, 150, 150), (1, 4, 150, 100), (1, 5, 100, 100)],
    "overdrawn and covered": [(1, None, 100, -50), (1, None, -50, 100), (1, None, 100, -50), (2, None, -50, 0)],
    "the ledger's own day": [(0, None, 100, 200), (0, None, 200, 100), (1, None, 100, 300)],
}


@pytest.mark.parametrize("what", CHAINS)
def test_statements_follow_the_ledgers_last_one_as_a_chain_whatever_they_are_called(
    house: House, tmp_path: Path, what: str
) -> None:
    bring(house, written(tmp_path / "first.xml", (0, 7, 0, 100)))
    rows = CHAINS[what]
    for names in permutations("abcde"[: len(rows)]):
        paths = [written(tmp_path / f"{name}.xml", row) for name, row in zip(names, rows, strict=True)]
        found = dict(zip(names, rows, strict=True))
        assert rows == [found[name] for name in ordered(house, sorted(paths))], names


FIRST: dict[str, list[Row]] = {
    "the second day says how the first one begins": [(0, None, 200, 100), (0, None, 100, 200), (1, None, 200, 300)],
    "days that all end as they began": [(0, None, 200, 100), (0, None, 100, 200), (1, None, 200, 0), (1, None, 0, 200)],
    "a day that ends elsewhere": [(0, None, 50, 100), (0, None, 100, 200), (0, None, 200, 100), (1, None, 100, 50)],
    "a day without lines": [(0, None, 100, 100), (1, None, 100, 50)],
}


@pytest.mark.parametrize("what", FIRST)
def test_where_the_ledger_has_no_statement_yet_the_first_one_is_that_from_which_all_follow(
    house: House, tmp_path: Path, what: str
) -> None:
    rows = FIRST[what]
    for names in permutations("abcd"[: len(rows)]):
        paths = [written(tmp_path / f"{name}.xml", row) for name, row in zip(names, rows, strict=True)]
        found = dict(zip(names, rows, strict=True))
        assert rows == [found[name] for name in ordered(house, paths)], names


GAPS: dict[str, tuple[list[Row], str]] = {
    "one is left out": (
        [(1, None, 100, 200), (2, None, 300, 400)],
        "b.xml: it opens with 3.00; expected 2.00, with which a.xml closes",
    ),
    "one is left out within a day": (
        [(1, None, 100, 200), (1, None, 400, 500), (1, None, 300, 400)],
        "c.xml: it opens with 3.00; expected 2.00, with which a.xml closes",
    ),
    "the first one is left out": (
        [(1, None, 200, 100), (1, None, 100, 200), (1, None, 200, -100)],
        "c.xml: it opens with 2.00; expected 1.00, with which a.xml closes",
    ),
    "none follows the ledger's": (
        [(1, None, -200, 300), (2, None, 300, 400)],
        "a.xml: it opens with -2.00; expected 1.00, with which the last one closed",
    ),
    "one is of an earlier day": (
        [(-1, None, 100, 200), (1, None, 200, 400)],
        "a.xml: a statement of 2026-09-14 that is not on the ledger with this content; "
        "expected one of 2026-09-15 or later",
    ),
}


@pytest.mark.parametrize("what", GAPS)
def test_of_files_that_make_no_chain_the_first_that_does_not_join_is_named_with_the_balance(
    house: House, tmp_path: Path, what: str
) -> None:
    bring(house, written(tmp_path / "first.xml", (0, 7, 0, 100)))
    rows, problem = GAPS[what]
    paths = [written(tmp_path / f"{name}.xml", row) for name, row in zip("abc", rows, strict=False)]
    for given_so in permutations(paths):
        with pytest.raises(InputFault) as fault:
            in_order(house.treasurer, CUSTODY, given_so)
        assert problem == str(fault.value)


def test_statements_that_are_on_the_ledger_come_first_and_a_file_given_twice_stands_beside_itself(
    house: House, tmp_path: Path
) -> None:
    rows: list[Row] = [(0, None, 0, 100), (0, None, 100, 0), (0, None, 0, 200), (0, None, 200, 0), (1, None, 0, 5)]
    paths = [written(tmp_path / f"{name}.xml", row) for name, row in zip("dcbae", rows, strict=True)]
    for path in paths[:3]:
        bring(house, path)
    again = tmp_path / "f.xml"
    again.write_bytes(paths[3].read_bytes())
    assert ["d", "c", "b", "a", "f", "e"] == ordered(house, [*paths, again])


def test_a_statement_whose_import_broke_off_comes_before_all_others(house: House, tmp_path: Path) -> None:
    bring(house, written(tmp_path / "first.xml", (0, 1, 0, 1_000)))
    lines = [entry(f"B{number:03d}", 1, number % 2 == 0) for number in range(302)]
    half = written(tmp_path / "half.xml", (1, 9, 1_000, 1_000), lines)
    with pytest.raises(BreaksOff):
        import_statement(house.teller.on(Breaking(house.ledger)), CUSTODY, half)
    others = [written(tmp_path / "a.xml", (1, 2, 1_000, 5)), written(tmp_path / "b.xml", (2, 3, 5, 0))]
    assert ["half", "a", "b"] == ordered(house, [*others, half])
    with pytest.raises(InputFault, match=r"a\.xml: its first lines are on the ledger with other content"):
        ordered(house, others)


def test_a_statement_of_another_account_is_named_before_any_is_booked(house: House, tmp_path: Path) -> None:
    paths = [written(tmp_path / "a.xml", (0, 1, 0, 100)), tmp_path / "b.xml"]
    other = camt053.read(paths[0].read_bytes(), "a.xml")
    paths[1].write_bytes(camt053.write(replace(other, account="6222000000000002")))
    with pytest.raises(InputFault, match=r"b\.xml: a statement of account 6222000000000002"):
        in_order(house.treasurer, CUSTODY, paths)


MOVED = st.lists(st.sampled_from([-200, -100, 100, 200]), max_size=2)
"""The lines of a statement: few sums, so that balances repeat, and some that come to nothing."""
DAYS = st.lists(st.lists(MOVED, min_size=1, max_size=7), min_size=1, max_size=3)
NUMBERS = st.sampled_from(["counted", "none", "begin anew every day", "begin anew", "some"])


def history(folder: Path, days: list[list[list[int]]], opening_fen: int, numbers: str, names: Random) -> list[Path]:
    """The bank's statements in its own order, in files that are called anyhow."""
    paths: list[Path] = []
    called = names.sample(range(100, 999), 21)
    for day, of_day in enumerate(days):
        for place, moved in enumerate(of_day):
            count = len(paths)
            number = {
                "counted": count + 1,
                "begin anew every day": place + 1,
                "begin anew": (count + 4) % 7 + 1,
                "some": count + 1 if len(moved) % 2 else None,
            }.get(numbers)
            lines = [entry(f"B{count}.{line}", abs(fen), fen > 0) for line, fen in enumerate(moved)]
            row = day, number, opening_fen, opening_fen + sum(moved)
            paths.append(written(folder / f"{called[count]}.xml", row, lines))
            opening_fen += sum(moved)
    return paths


def read(path: Path) -> Statement:
    return camt053.read(path.read_bytes(), path.name)


def said(path: Path) -> tuple[object, ...]:
    """What a file says; a statement without lines and number may say what another one said."""
    statement = read(path)
    balances = statement.opening_fen, statement.closing_fen
    return statement.date, statement.sequence, *balances, statement.entries


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A ledger whose first statement closes with 1.00."""
    folder = tmp_path_factory.mktemp("opened")
    with rehearsal(folder / "house") as made:
        made.clock.go(PAYDAY + timedelta(days=9))
        bring(made, written(folder / "first.xml", (0, 7, 0, 100)))
        yield made


@given(days=DAYS, numbers=NUMBERS, shuffled=st.randoms(use_true_random=False))
@settings(max_examples=examples(150), deadline=None)
def test_a_banks_statements_are_a_chain_again_in_whatever_order_they_are_given(
    opened: House, days: list[list[list[int]]], numbers: str, shuffled: Random
) -> None:
    with TemporaryDirectory() as folder:
        paths = history(Path(folder), days, 100, numbers, shuffled)
        found = placed(opened, shuffled.sample(paths, len(paths)))
        assert sorted(paths) == sorted(found)
        chain = [read(path) for path in found]
        assert 100 == chain[0].opening_fen
        for before, after in pairwise(chain):
            assert (before.closing_fen, True) == (after.opening_fen, before.date <= after.date)
        event(f"in the bank's own order: {found == paths}")
        if numbers in ("counted", "begin anew every day"):
            assert paths == found


@given(
    days=DAYS,
    opening_fen=st.sampled_from([0, 100, -100]),
    numbers=NUMBERS,
    on_ledger=st.integers(0, 3),
    shuffled=st.randoms(use_true_random=False),
)
@settings(max_examples=8, deadline=None)
def test_a_banks_statements_are_imported_completely_in_any_order(
    days: list[list[list[int]]], opening_fen: int, numbers: str, on_ledger: int, shuffled: Random
) -> None:
    with TemporaryDirectory() as name, rehearsal(Path(name) / "house") as house:
        house.clock.go(PAYDAY + timedelta(days=9))
        paths = history(Path(name), days, opening_fen, numbers, shuffled)
        for path in paths[:on_ledger]:
            bring(house, path)
        found = placed(house, shuffled.sample(paths, len(paths)))
        for path in found:
            bring(house, path)
        account = house.treasurer.need(custodies, CUSTODY)
        booked = [there for _, there in house.treasurer.scan(statements, CUSTODY)]
        # Of a first day that ends as it began nothing may say with what it began.
        first_fen = opening_fen if on_ledger else read(found[0]).opening_fen
        moved_fen = sum(sum(moved) for of_day in days for moved in of_day)
        assert (len({said(path) for path in paths}), first_fen + moved_fen) == (account.statements, account.closing_fen)
        assert sum(len(read(path).entries) for path in paths) == sum(there.done for there in booked)
