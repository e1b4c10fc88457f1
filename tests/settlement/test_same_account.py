"""What came back goes to the same account again only by decision, with a reason that the office keeps."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.chaincode.days import day_of
from lxr.chaincode.persons import ErasePerson, persons
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.chaincode.status_changes import SetWorker
from lxr.chaincode.statuses import Status
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.same_account import Decision, SentBack, keep, kept, sent_back
from lxr.settlement.errors import InputFault
from lxr.settlement.people.payees import change_account
from lxr.settlement.people.person import Account, Person
from parties import CUSTODY
from team import Team
from treasury import PAYDAY, UNION, instructed, noon, paid

NUMBER: Final = "CE001-20260915"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


@pytest.fixture
def team(house: House) -> Team:
    """Two workers are paid, and the bank rejects what the first one is paid."""
    made = house.employ(2)
    paid(house, made)
    instructed(house, NUMBER)
    house.do(RejectPaymentOrders, custody=CUSTODY, cashout=NUMBER, rejections=((first(house), "AC04"),))
    return made


def first(house: House) -> str:
    return cashout.orders_of(house.treasurer, NUMBER)[0].order


def prepare(house: House, number: str, *, same_account: bool = False, on: date = PAYDAY) -> Instruction:
    return instruction.instruct(house.treasurer, house.people, number, UNION, noon(on), on, same_account=same_account)


OTHER: Final = "6222000011112223"


def moved(house: House, team: Team, account: str = OTHER, bank_name: str = "中国工商银行") -> None:
    """The worker approves another account."""
    worker = team.workers["R0001"]
    code = house.people.get(worker).bank_code
    change_account(house.operator, house.people, worker, lambda: team.keys[worker], account, code, bank_name)


def rejected(house: House, number: str) -> None:
    """A cash-out of one payment is sent to the bank, which rejects it."""
    instructed(house, number)
    order = cashout.orders_of(house.treasurer, number)[0].order
    house.do(RejectPaymentOrders, custody=CUSTODY, cashout=number, rejections=((order, "AC01"),))


def opened(house: House, scope: str, team: Team) -> str:
    """A cash-out of what came back."""
    if scope == "reissue":
        return cashout.reissue(house.treasurer, house.people, first(house)).cashout
    crew = [team.workers["R0001"]] if scope == "workers" else []
    return cashout.open_cash_out(house.treasurer, "C-BACK", CUSTODY, employer="E001", workers=crew).cashout


@pytest.mark.parametrize("scope", ["reissue", "workers", "employer"])
def test_it_is_not_prepared_for_the_same_account_unless_somebody_says_so(house: House, team: Team, scope: str) -> None:
    number, worker = opened(house, scope, team), team.workers["R0001"]
    assert (SentBack(first(house), worker, "AC04"),) == sent_back(house.treasurer, house.people, number)
    with pytest.raises(InputFault) as caught:
        prepare(house, number)
    assert f"{worker} would be paid to the account from which {first(house)} came back (AC04)" in str(caught.value)
    assert CashOutState.OPEN is house.treasurer.need(cash_outs, number).state
    assert CashOutState.PREPARED is prepare(house, number, same_account=True).state
    assert CashOutState.PREPARED is prepare(house, number).state  # it tells where it stands


@pytest.mark.parametrize("scope", ["reissue", "workers", "employer"])
def test_another_account_needs_no_decision(house: House, team: Team, scope: str) -> None:
    moved(house, team)
    number = opened(house, scope, team)
    assert () == sent_back(house.treasurer, house.people, number)
    assert CashOutState.PREPARED is prepare(house, number).state


@pytest.mark.parametrize("paid_between", [False, True])
def test_the_account_it_came_back_from_is_the_same_after_another_was_in_use(
    house: House, team: Team, paid_between: bool
) -> None:
    account = house.people.get(team.workers["R0001"]).bank_account
    moved(house, team)
    if paid_between:
        rejected(house, opened(house, "workers", team))
    moved(house, team, account, "工商银行")  # that name is no part of the account
    number = cashout.open_cash_out(
        house.treasurer, "C-AGAIN", CUSTODY, employer="E001", workers=[team.workers["R0001"]]
    ).cashout
    with pytest.raises(InputFault, match=rf"would be paid to the account from which {first(house)} came back"):
        prepare(house, number)
    assert CashOutState.PREPARED is prepare(house, number, same_account=True).state


@pytest.mark.parametrize(
    ("moves", "unknown", "same"), [(False, "then", True), (True, "then", False), (True, "now", False)]
)
def test_an_account_that_the_store_does_not_know_is_the_same_by_its_commitment_only(
    house: House, team: Team, monkeypatch: pytest.MonkeyPatch, moves: bool, unknown: str, same: bool
) -> None:
    worker, commitments = team.workers["R0001"], {"then": house.people.get(team.workers["R0001"]).payee_commitment}
    if moves:
        moved(house, team)
    number = opened(house, "workers", team)
    commitments["now"] = house.people.get(worker).payee_commitment
    behind = Person.behind

    def known(person: Person, commitment: str) -> Account | None:
        return None if commitment == commitments[unknown] else behind(person, commitment)

    monkeypatch.setattr(Person, "behind", known)
    expected = (SentBack(first(house), worker, "AC04"),) if same else ()
    assert expected == sent_back(house.treasurer, house.people, number)


def test_the_ledger_has_each_look_at_somebody_who_is_blocked(house: House, team: Team) -> None:
    number, worker = opened(house, "workers", team), team.workers["R0001"]
    today = day_of(house.clock())
    house.do(SetWorker, worker=worker, status=Status.ENDED, from_day=today + timedelta(days=1), reason="left")
    house.clock.go(today + timedelta(days=2))
    house.do(ErasePerson, worker=worker, last_day=PAYDAY, reason="asked by letter")
    house.people.block(worker)
    with pytest.raises(InputFault, match="would be paid to the account"):
        prepare(house, number, on=day_of(house.clock()))
    assert 1 == house.operator.need(persons, worker).shown


def test_the_next_wages_go_to_the_account_in_use_whatever_came_back(house: House, team: Team) -> None:
    assert () == sent_back(house.treasurer, house.people, NUMBER)
    assert "E001" == team.employer


def test_the_office_keeps_each_decision_once_with_who_and_why(tmp_path: Path) -> None:
    path = tmp_path / "same-account.jsonl"
    said = Decision("C1", "LX1", "the bank unblocked it", "treasurer@union", 1)
    other = Decision("C1", "LX2", "the bank unblocked it", "treasurer@union", 1)
    assert [] == kept(path)
    keep(path, [said])
    keep(path, [Decision("C1", "LX1", "the bank unblocked it", "treasurer@union", 2), other])
    keep(path, [])
    assert [said, other] == kept(path)
    path.write_bytes(b"{")
    with pytest.raises(InputFault, match=r"same-account\.jsonl: .*; expected the office's decisions"):
        keep(path, [said])
