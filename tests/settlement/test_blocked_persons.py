"""A person who is blocked or erased stops nobody's wages, and nobody looks at them without a record."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode.days import day_of
from lxr.chaincode.persons import ErasePerson, PersonState, persons
from lxr.chaincode.refusals import WorkLeft, WrongState
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank.platform_accounts import EMPLOYER, propose_payee
from lxr.settlement.errors import PeopleFault
from lxr.settlement.pay import payday
from lxr.settlement.people import erasure, roster
from lxr.settlement.people.erasure import Places
from lxr.settlement.people.roster import RosterRow
from lxr.settlement.rehearsal.books import BOOKS, Books
from lxr.settlement.rehearsal.forgetting import books_of
from parties import CUSTODY
from team import Team
from treasury import PAYDAY, UNION, noon, worked

RUN = f"E001-{PAYDAY:%Y%m%d}"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        for name in ("payroll", "aml", "voucher"):
            made.govern(f"retention.{name}_years", 3 if name == "payroll" else 30, date(2026, 1, 1))
        yield made


def places(house: House) -> Places:
    c = house.consortium
    return Places(c.directory, c.bank_dir, c.store_path, books_of(c.bank_dir))


def leaves(house: House, team: Team) -> str:
    """R0001 has left."""
    worker, day = team.workers["R0001"], day_of(house.clock())
    house.do(SetWorker, worker=worker, status=Status.ENDED, from_day=day + timedelta(days=1), reason="left")
    house.clock.go(day + timedelta(days=2))
    return worker


def left_and_blocked(house: House, workers: int = 3) -> str:
    """R0001 leaves without work, and is blocked."""
    team = house.employ(workers)
    house.clock.go(date(2026, 8, 20))
    worker = leaves(house, team)
    assert "blocked" == erasure.erase(house.operator, house.people, places(house), worker, "asked by letter").state
    return worker


def paid(house: House, payday_: date = PAYDAY) -> None:
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", payday_)


def test_whoever_is_owed_wages_that_no_run_has_taken_is_not_blocked_and_stops_nobodys_wages(house: House) -> None:
    team = house.employ(3)
    worked(house, team)
    house.clock.go(date(2026, 8, 20))
    worker = leaves(house, team)
    with pytest.raises(WorkLeft):
        erasure.erase(house.operator, house.people, places(house), worker, "asked by letter")
    house.clock.go(PAYDAY)
    paid(house)
    instruction.instruct(house.treasurer, house.people, f"C{RUN}", UNION, noon(PAYDAY), PAYDAY)


def test_a_blocked_person_is_paid_what_is_owed_and_the_ledger_keeps_who_looked(house: House) -> None:
    """Whoever blocks somebody between holding and paying; the treasury's own command refuses."""
    team = house.employ(3)
    worked(house, team)
    paid(house)
    worker = leaves(house, team)
    with pytest.raises(WrongState):
        erasure.erase(house.operator, house.people, places(house), worker, "asked by letter")
    house.do(ErasePerson, worker=worker, last_day=PAYDAY, reason="asked by letter")
    house.people.block(worker)
    today = day_of(house.clock())
    house.deposit(10_000_000)  # two persons of the bank sign for today
    instruction.instruct(house.treasurer, house.people, f"C{RUN}", UNION, noon(today), today)
    assert 1 == house.operator.need(persons, worker).shown
    approved = instruction.approve(house.operator, house.people, f"C{RUN}", house.consortium.bank_dir, UNION)
    assert approved.files[0].path is not None
    assert (2, PersonState.BLOCKED) == (house.operator.need(persons, worker).shown, house.people.state(worker))


def test_an_employer_that_gives_a_blocked_workers_number_to_another_stops_no_unblocking(house: House) -> None:
    worker = left_and_blocked(house)
    row = RosterRow("R0001", "别人", "6200000000345678908", "102100099996", "中国工商银行")
    (other,) = roster.register(house.people, "E001", [row]).values()  # lxr employer roster
    erasure.unblock(house.operator, house.people, worker, "wages are owed")
    assert worker == house.people.get(worker).worker != other


def test_two_looks_for_the_same_reason_are_two_looks_on_the_ledger(house: House) -> None:
    worker = left_and_blocked(house)
    for _ in range(2):
        assert worker == erasure.show(house.operator, house.people, worker, "the tribunal asks").worker
    assert 2 == house.operator.need(persons, worker).shown


def test_whom_the_ledger_calls_erased_is_given_out_to_nobody_though_a_file_is_left(house: House) -> None:
    for name in ("payroll", "aml", "voucher"):
        house.govern(f"retention.{name}_years", 0, date(2026, 8, 1))
    team = house.employ(3)
    person = house.people.get(leaves(house, team))
    house.clock.go(date(2027, 1, 2))
    letter = house.consortium.directory / "letter.txt"
    letter.write_text(f"{person.name} {person.bank_account}")
    done = erasure.erase(house.operator, house.people, places(house), person.worker, "asked by letter")
    assert (letter,) == done.left
    with pytest.raises(PeopleFault):
        house.people.get(person.worker)


def test_the_payee_of_the_tax_is_no_worker_to_be_erased(house: House) -> None:
    """Union and bank govern whom the tax goes to; the operator alone would take the account away."""
    propose_payee(house.admin, house.people, "tax", "税务局", "5110000000002", "102100099996", "银行", date(2026, 8, 1))
    number = house.people.find(EMPLOYER, ["tax"])["tax"]
    with pytest.raises(PeopleFault, match="is a payee of the platform"):
        erasure.erase(house.operator, house.people, places(house), number, "asked by letter")


def test_nobody_is_erased_to_whom_wages_are_owed_so_that_the_others_of_the_run_are_never_paid(house: House) -> None:
    house.govern("retention.payroll_years", 0, date(2026, 8, 1))
    team = house.employ(3)
    worked(house, team)
    house.clock.go(date(2026, 8, 20))
    worker = leaves(house, team)
    house.clock.go(date(2027, 1, 2))
    with pytest.raises(WorkLeft):  # of whom no run has paid anything the retention of payrolls alone runs
        erasure.erase(house.operator, house.people, places(house), worker, "asked by letter")
    payday_ = house.clock.go(date(2027, 1, 15))
    house.deposit(10_000_000)
    payday.payday(house.treasurer, house.operator, "E001", payday_)
    listed = cashout.orders_of(house.treasurer, f"CE001-{payday_:%Y%m%d}")
    assert worker in {order.worker for order in listed}
    instruction.instruct(house.treasurer, house.people, f"CE001-{payday_:%Y%m%d}", UNION, noon(payday_), payday_)


def test_whose_card_is_the_custody_account_changes_nothing_of_the_banks_books(house: House) -> None:
    team = house.employ(1)
    row = RosterRow("R9", "王小伟", CUSTODY, "102100099996", "中国工商银行")
    worker = roster.register(house.people, team.employer, [row])["R9"]
    books = Books(house.consortium.bank_dir / BOOKS)
    with books.transaction():
        books.add_message(CUSTODY, "M1", "d" * 64)
    books.close()
    done = erasure.erase(house.operator, house.people, places(house), worker, "asked by letter")
    assert ("erased", (), (), ()) == (done.state, done.changed, done.left, done.mentions)
