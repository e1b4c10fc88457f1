import sqlite3
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from consortium import House, rehearsal
from lxr.settlement.errors import InputFault, ProjectionFault
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.statement import account_statement
from parties import CUSTODY

ACCOUNT = "employer:E001"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Deposits of 100, 20 and 3 yuan on the 3rd, 5th and 7th of August."""
    with rehearsal(tmp_path) as made:
        made.employ(1)
        for day, amount_fen in ((3, 10_000), (5, 2_000), (7, 300)):
            made.clock.go(date(2026, 8, day), 23, 59)
            made.deposit(amount_fen)
        yield made


@pytest.fixture
def projection(tmp_path: Path) -> Iterator[Projection]:
    with Projection.open(f"sqlite:///{tmp_path / 'projection.db'}") as made:
        yield made


@pytest.mark.parametrize(
    ("opening_fen", "in_fen", "closing_fen", "first", "last"),
    [
        (0, [10_000, 2_000, 300], 12_300, 1, 31),
        (0, [10_000], 10_000, 3, 3),
        (10_000, [2_000], 12_000, 4, 6),
        (12_300, [], 12_300, 8, 31),
        (0, [], 0, 1, 2),
    ],
)
def test_a_statement_opens_with_what_was_there_and_closes_with_what_is(
    house: House,
    projection: Projection,
    opening_fen: int,
    in_fen: list[int],
    closing_fen: int,
    first: int,
    last: int,
) -> None:
    made = account_statement(projection, house.operator, ACCOUNT, date(2026, 8, first), date(2026, 8, last))
    assert (opening_fen, closing_fen) == (made.opening_fen, made.closing_fen)
    assert in_fen == [line.in_fen for line in made.lines]
    assert closing_fen == (made.lines[-1].balance_fen if made.lines else opening_fen)


def test_a_line_says_when_where_from_and_under_which_transaction(house: House, projection: Projection) -> None:
    made = account_statement(projection, house.operator, ACCOUNT, date(2026, 8, 3), date(2026, 8, 3))
    (line,) = made.lines
    assert datetime(2026, 8, 3, 23, 59, tzinfo=ZoneInfo("Asia/Shanghai")) == line.at
    assert ("out:" + CUSTODY, "deposit", 10_000, 0) == (line.counterpart, line.reason, line.in_fen, line.out_fen)
    assert house.ledger.transaction(line.tx_id) is not None


def test_an_account_that_nothing_ever_touched_has_an_empty_statement(house: House, projection: Projection) -> None:
    made = account_statement(projection, house.operator, "worker:W000000000000", date(2026, 8, 1), date(2026, 8, 31))
    assert (0, (), 0) == (made.opening_fen, made.lines, made.closing_fen)


def test_postings_that_do_not_sum_to_the_ledgers_balance_are_a_fault(
    house: House, projection: Projection, tmp_path: Path
) -> None:
    projection.follow(house.ledger)
    with sqlite3.connect(tmp_path / "projection.db") as file:
        file.execute("DELETE FROM posting WHERE account = ? AND amount_fen = 2000", (ACCOUNT,))
    file.close()
    with pytest.raises(ProjectionFault, match=r"sum to 103\.00 yuan, the ledger holds 123\.00; rebuild the projection"):
        account_statement(projection, house.operator, ACCOUNT, date(2026, 8, 1), date(2026, 8, 2))


@pytest.mark.parametrize(
    ("account", "first", "last", "problem"),
    [
        ("out:6222", 1, 2, "no account with a balance"),
        ("nonsense", 1, 2, "no account with a balance"),
        (ACCOUNT, 2, 1, "2026-08-01 is before 2026-08-02"),
    ],
)
def test_bad_input_is_one_line(
    house: House, projection: Projection, account: str, first: int, last: int, problem: str
) -> None:
    with pytest.raises(InputFault, match=problem):
        account_statement(projection, house.operator, account, date(2026, 8, first), date(2026, 8, last))
