"""What an insider tries with the close of a month, and with files of statements that others have written into."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode import carried
from lxr.chaincode.carried import Item, rest_of
from lxr.chaincode.custody_records import bookings
from lxr.chaincode.period import ClosePeriod, months
from lxr.node.audit import audit
from lxr.node.seen import Memory
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.statement_lines import lines_of
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger import close
from lxr.settlement.ledger.open_items import open_items
from parties import CUSTODY
from treasury import bring, entry, statement

AUGUST, LAST_DAY = "2026-08", date(2026, 8, 31)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_a_close_that_sums_up_a_large_credit_with_the_small_ones_is_not_countersigned(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The union names the credits of one fen singly, and hides a million yuan among those that it sums up."""
    monkeypatch.setattr(carried, "LINES_MAX", 3)
    lines = [entry(f"S{number}", 1, True) for number in range(4)] + [entry("BIG", 10**8, True)]
    bring(house, statement(tmp_path, lines, day=LAST_DAY))
    house.clock.go(date(2026, 9, 2))
    there = {booking.line.booking: booking for _, booking in house.treasurer.scan(bookings, CUSTODY)}
    singly = tuple(Item("line", there[f"S{number}"].line.key, 1) for number in range(3))
    rest = rest_of([Item("line", there[name].line.key, there[name].waiting_fen) for name in ("S3", "BIG")])
    command = ClosePeriod(request_id="close:2026-08", period=AUGUST, custody=CUSTODY, carried=(*singly, rest))
    house.treasurer.submit(command)
    memory = Memory("bank", house.consortium.org_dir("bank"))
    with pytest.raises(InputFault):
        close.countersign(house.client("bank", "auditor"), memory, audit(house.ledger), AUGUST)


def test_the_same_call_after_a_month_was_closed_anew_tells_of_the_close_that_stands(
    house: House, tmp_path: Path
) -> None:
    bring(house, statement(tmp_path, [], day=LAST_DAY))
    house.clock.go(date(2026, 9, 2))
    close.close_period(house.treasurer, AUGUST, CUSTODY)
    lines = [entry("D9", 700, True)]
    bring(house, statement(tmp_path, lines, sequence=2, day=date(2026, 9, 2)))
    close.close_period(house.treasurer, AUGUST, CUSTODY, carry=True, anew=True)
    again = close.close_period(house.treasurer, AUGUST, CUSTODY)
    assert house.treasurer.need(months, AUGUST).figures == again.figures


@pytest.mark.parametrize(
    "text", ["E0\u206601", "E001", "Ｅ００１", "E\U000e0030001"], ids=["newer", "plain", "wide", "tag"]
)
def test_who_a_payer_is_hangs_on_no_interpreters_table_of_signs(tmp_path: Path, text: str) -> None:
    """Each Python has the Unicode of its day: a sign that is a format sign for one is none yet for an older one."""
    made = statement(tmp_path, [entry("D1", 500, True, remittance="E001")])
    made.write_bytes(made.read_bytes().replace(b"E001", text.encode()))
    (line,) = lines_of(camt053.read(made.read_bytes(), made.name), made.name)
    assert "E001" == line.payer


def test_a_sign_that_only_newer_interpreters_take_for_a_letter_names_no_payer(tmp_path: Path) -> None:
    made = statement(tmp_path, [entry("D1", 500, True, remittance="E001")])
    outlined = "\U0001ccda\U0001ccf0\U0001ccf0\U0001ccf1"  # of Unicode 16
    made.write_bytes(made.read_bytes().replace(b"E001", outlined.encode()))
    (line,) = lines_of(camt053.read(made.read_bytes(), made.name), made.name)
    assert line.payer is None


def test_no_length_of_what_a_payer_has_written_cuts_off_what_the_bank_adds(tmp_path: Path) -> None:
    made = statement(tmp_path, [entry("D1", 500, True, remittance="E001 THE WORDS")])
    (said,) = re.findall(rb"<Ustrd>.*?</Ustrd>", made.read_bytes())
    long = said.replace(b"THE WORDS", b"x " * 1000)
    made.write_bytes(made.read_bytes().replace(said, long + "<Ustrd>退汇</Ustrd>".encode()))
    (line,) = lines_of(camt053.read(made.read_bytes(), made.name), made.name)
    assert line.may_be_return


def test_every_debit_is_named_singly_and_so_is_a_large_credit_however_many_debits_wait(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a teller's debits of one fen have the close sum up every credit."""
    monkeypatch.setattr(carried, "LINES_MAX", 3)
    lines = [*(entry(f"S{number}", 1, False) for number in range(4)), entry("T", 10**8, True)]
    bring(house, statement(tmp_path, lines, day=LAST_DAY))
    house.clock.go(date(2026, 9, 2))
    names = [item.name for item in open_items(house.treasurer, CUSTODY, AUGUST)]
    assert [f"{LAST_DAY}/{line.bank_ref}" for line in lines] == names


def test_a_statement_that_changes_no_balance_comes_late_whatever_has_come_since(house: House, tmp_path: Path) -> None:
    """The teller left out a day on which E001's 700 came in and 700 went: the balances join without it."""
    house.employ(1)
    first = statement(tmp_path, [entry("D1", 1_000, True, remittance="E001")], day=date(2026, 9, 1))
    between = [entry("D2", 700, True, remittance="E001"), entry("X2", 700, False)]
    left_out = statement(tmp_path, between, sequence=2, day=date(2026, 9, 2), opening_fen=1_000)
    last = [entry("D3", 300, True, remittance="E001")]
    bring(house, first)
    bring(house, statement(tmp_path, last, sequence=3, day=date(2026, 9, 3), opening_fen=1_000))
    bring(house, left_out)
