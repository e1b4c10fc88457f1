"""What an insider tries with statement files of their own making, with timing, and with what stays unsaid."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.carried import Item
from lxr.chaincode.cashout_records import payment_orders
from lxr.chaincode.clock import MoveClock
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.lines import Target
from lxr.chaincode.period import ClosePeriod, months
from lxr.node.audit import audit
from lxr.node.invariants import check
from lxr.node.seen import Memory
from lxr.settlement.bank import deposits, waiting_lines
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.reconcile import reconcile
from lxr.settlement.errors import InputFault
from lxr.settlement.ledger import close
from lxr.settlement.ledger.open_items import open_items
from lxr.settlement.lookups import account_fen
from lxr.settlement.work import answers, disputes
from parties import CUSTODY
from treasury import PAYDAY, bring, entry, in_transit, instructed, paid, statement, worked

NUMBER = "CE001-20260915"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def breaks(house: House, *paths: Path) -> list[tuple[str, str]]:
    return [(each.kind, each.reference) for each in reconcile(house.treasurer, CUSTODY, paths).breaks]


def assigned(house: House, day: date, ref: str, what: Any, number: str) -> None:
    waiting_lines.assign(house.teller, CUSTODY, day, ref, Target(what, number))
    waiting_lines.agree(house.treasurer, CUSTODY, day, ref)


@pytest.mark.parametrize("names", [("a.xml", "b.xml"), ("b.xml", "a.xml")])
def test_a_file_with_other_words_in_the_same_lines_is_not_passed_over_beside_the_one_that_was_booked(
    house: House, tmp_path: Path, names: tuple[str, str]
) -> None:
    """The teller books E002's money as E001's by a file of its own, which it puts beside the bank's."""
    house.employ(1)
    house.employ(1, employer="E002")
    doctored, true = (tmp_path / name for name in names)
    made = statement(tmp_path, [entry("D1", 50_000, True, remittance="E001")])
    given = camt053.read(made.read_bytes(), made.name)
    doctored.write_bytes(made.read_bytes())
    true.write_bytes(
        camt053.write(replace(given, entries=(replace(given.entries[0], remittance="E002"),))),
    )
    bring(house, doctored)
    assert [("reference", f"{PAYDAY}/D1")] == breaks(house, true)
    assert [("file", "b.xml"), ("reference", f"{PAYDAY}/D1")] == breaks(house, doctored, true)


def test_the_true_file_of_a_statement_that_was_booked_with_other_words_is_not_said_to_be_there(
    house: House, tmp_path: Path
) -> None:
    house.employ(1)
    house.employ(1, employer="E002")
    made = statement(tmp_path, [entry("D1", 50_000, True, remittance="E001")])
    bring(house, made)
    given = camt053.read(made.read_bytes(), made.name)
    made.write_bytes(camt053.write(replace(given, entries=(replace(given.entries[0], remittance="E002"),))))
    with pytest.raises(InputFault):
        bring(house, made)


def test_an_employer_that_is_registered_later_makes_no_break_of_what_was_rightly_said_before(
    house: House, tmp_path: Path
) -> None:
    """E001 has written E002 into its payment, which nobody was then."""
    house.employ(1)
    path = statement(tmp_path, [entry("D1", 500, True, remittance="E002")])
    bring(house, path)
    assigned(house, PAYDAY, "D1", "employer", "E001")
    assert [] == breaks(house, path)
    house.do(AddEmployer, employer="E002")
    assert [] == breaks(house, path)


def test_a_deposit_whose_reference_another_line_bears_is_confirmed_by_the_line_that_bank_and_union_named(
    house: House, tmp_path: Path
) -> None:
    """The teller has attested E001's deposit under the reference of E002's."""
    house.employ(1)
    house.employ(1, employer="E002")
    house.clock.go(PAYDAY)
    deposits.attest_deposit(house.teller, CUSTODY, PAYDAY, "D1", "E001", 500)
    path = statement(tmp_path, [entry("D1", 900, True, "E002D1"), entry("D2", 500, True)])
    bring(house, path)
    assigned(house, PAYDAY, "D2", "deposit", f"{PAYDAY}/D1")
    assert [] == breaks(house, path)


@pytest.mark.parametrize("first", [True, False])
def test_a_payment_that_the_bank_has_for_weeks_is_outstanding_though_it_brings_no_statement(
    house: House, tmp_path: Path, *, first: bool
) -> None:
    paid(house, house.employ(1))
    paths = [] if first else [statement(tmp_path, [], earlier=in_transit(house))]
    for path in paths:
        bring(house, path)
    (order,) = instructed(house, NUMBER)
    house.clock.go(PAYDAY + timedelta(days=30))
    assert ("outstanding", order.order) in breaks(house, *paths)


def test_a_wage_that_is_paid_back_under_its_number_is_the_workers_once_more_at_the_payers_cost(
    house: House, tmp_path: Path
) -> None:
    """Whoever pays it: nothing in the file tells it from the bank's own return."""
    paid(house, house.employ(1))
    (order,) = instructed(house, NUMBER)
    lines = [entry("P1", order.amount_fen, False, order.order), entry("D9", order.amount_fen, True, order.order)]
    report = bring(house, statement(tmp_path, lines, earlier=in_transit(house)))
    assert (1, ()) == (report.kinds["return"].count, report.waiting)
    worker = house.treasurer.need(payment_orders, order.order).comes_back_to
    assert order.amount_fen == account_fen(house.treasurer, worker)
    assert [] == check(house.ledger.scan)


@pytest.mark.parametrize(
    "words",
    [
        "E001\u200b",
        " E001",
        "E001 \t deposit",
        "E001</Ustrd><Ustrd>deposit",
        "E001\u2028deposit",
        "E001\u202e",
        "\ufeff",
    ],
    ids=["zero width", "blank", "tab", "two texts", "line", "direction", "mark"],
)
def test_no_words_of_a_payer_keep_a_statement_from_being_booked(house: House, tmp_path: Path, words: str) -> None:
    house.employ(1)
    path = statement(tmp_path, [entry("D1", 1, True, remittance="WORDS"), entry("D2", 500, True, "E001D1")])
    path.write_bytes(path.read_bytes().replace(b"WORDS", words.encode()))
    assert 2 == bring(house, path).entries


# Months


def test_a_row_that_is_disputed_while_a_month_is_being_closed_does_not_stop_the_months_for_ever(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The union has read what is open; then a worker disputes a row, and then the close is on the ledger."""
    team = house.employ(1)
    worked(house, team)
    line = entry("D1", 500, True)
    bring(house, statement(tmp_path, [line], day=date(2026, 8, 31)))
    worker, read = team.workers["R0001"], open_items

    def read_and_disputed(*given: Any) -> tuple[Item, ...]:
        items = read(*given)
        answers.dispute(
            house.operator, worker, date(2026, 8, 4), {"orders": 30, "minutes": 480}, "more", team.keys[worker]
        )
        return items

    monkeypatch.setattr(close, "open_items", read_and_disputed)
    close.close_period(house.treasurer, "2026-08", CUSTODY, carry=True)
    monkeypatch.undo()
    assert ["line"] == [item.kind for item in house.treasurer.need(months, "2026-08").carried]
    house.clock.go(date(2026, 9, 30))
    bring(house, statement(tmp_path, [], sequence=2, day=date(2026, 9, 30), opening_fen=500))
    house.clock.go(date(2026, 10, 8))
    auditor, memory = house.client("bank", "auditor"), Memory("bank", house.consortium.org_dir("bank"))
    with pytest.raises(InputFault, match="is disputed or held back"):
        close.countersign(auditor, memory, audit(house.ledger), "2026-08")
    close.close_period(house.treasurer, "2026-08", CUSTODY, carry=True, anew=True)
    close.countersign(auditor, memory, audit(house.ledger), "2026-08")
    close.close_period(house.treasurer, "2026-09", CUSTODY, carry=True)


# Statements out of order, and too long


@pytest.mark.parametrize("fen", [0, 500])
def test_a_statement_whose_day_changed_no_balance_is_booked_also_after_the_next_one(
    house: House, tmp_path: Path, fen: int
) -> None:
    """The teller brings Monday's file before Sunday's, which opens and closes with the same balance."""
    house.employ(1)
    lines = [entry("D2", fen, True, "E001D1"), entry("F1", fen, False)] if fen else []
    early = statement(tmp_path, [entry("D1", 700, True, "E001D1")], sequence=None).rename(tmp_path / "1.xml")
    between = statement(tmp_path, lines, sequence=None, opening_fen=700, day=PAYDAY + timedelta(days=1)).rename(
        tmp_path / "2.xml"
    )
    late = statement(tmp_path, [], sequence=None, opening_fen=700, day=PAYDAY + timedelta(days=2)).rename(
        tmp_path / "3.xml"
    )
    for path in (early, late, between):
        bring(house, path)
    assert ("sequence", "2.xml") not in breaks(house, early, between, late)


@pytest.mark.slow
def test_no_number_of_small_credits_of_an_employers_on_one_day_keeps_its_statement_from_being_read(
    tmp_path: Path,
) -> None:
    """50,001 payments of one fen; banks that write one statement a day have no other."""
    path = statement(tmp_path, [entry("D00001", 1, True, "E001D1")])
    head, _, rest = path.read_text().partition("<Ntry>")
    one, _, tail = rest.rpartition("</Ntry>")
    many = "".join(f"<Ntry>{one.replace('D00001', f'D{number:05d}')}</Ntry>" for number in range(1, 50_002))
    path.write_text(f"{head.replace('>0.01<', '>500.01<')}{many}{tail}")
    assert 50_001 == len(camt053.read(path.read_bytes(), path.name).entries)


def test_a_close_that_the_contract_takes_by_the_ledgers_clock_is_countersigned_by_the_same_day(
    house: House, tmp_path: Path
) -> None:
    """A contest holds up to 4 October; the close was signed then, minutes older than the clock, which says the 5th."""
    team = house.employ(1)
    worked(house, team)
    house.clock.go(date(2026, 8, 5))
    disputes.contest(house.signer(), team.workers["R0001"], date(2026, 8, 4), {}, "nobody was there")
    bring(house, statement(tmp_path, [], day=date(2026, 8, 31)))
    house.clock.go(date(2026, 10, 5), 0, 3)
    house.do(MoveClock, "union/witness")
    house.clock.go(date(2026, 10, 4), 23, 58)
    house.treasurer.submit(ClosePeriod(request_id="close:2026-08", period="2026-08", custody=CUSTODY))
    house.clock.go(date(2026, 10, 8))
    auditor, memory = house.client("bank", "auditor"), Memory("bank", house.consortium.org_dir("bank"))
    assert "bank" in close.countersign(auditor, memory, audit(house.ledger), "2026-08").signed
