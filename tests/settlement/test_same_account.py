"""What came back goes to the same account again only by decision, with a reason that the office keeps."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from consortium import House, rehearsal
from lxr.chaincode.cashout_records import CashOutState, cash_outs
from lxr.chaincode.rejections import RejectPaymentOrders
from lxr.settlement.bank import cashout, instruction
from lxr.settlement.bank.instruction import Instruction
from lxr.settlement.bank.same_account import Decision, SentBack, keep, kept, sent_back
from lxr.settlement.errors import InputFault
from lxr.settlement.people.person import new_salt
from lxr.settlement.work.signing import sign_payee
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
    house.teller.submit(
        RejectPaymentOrders(
            request_id=house.request(), custody=CUSTODY, cashout=NUMBER, rejections=((first(house), "AC04"),)
        )
    )
    return made


def first(house: House) -> str:
    return cashout.orders_of(house.treasurer, NUMBER)[0].order


def prepare(house: House, number: str, *, same_account: bool = False) -> Instruction:
    return instruction.instruct(
        house.treasurer, house.people, number, UNION, noon(PAYDAY), PAYDAY, same_account=same_account
    )


def moved(house: House, team: Team) -> None:
    """The worker approves another account."""
    worker, salt = team.workers["R0001"], new_salt()
    person = house.people.get(worker)
    house.people.change_account(worker, "6222000011112222", person.bank_code, person.bank_name, salt)
    commitment = house.people.get(worker).payee_commitment
    house.operator.submit(sign_payee(team.keys[worker], house.ledger_id, worker, commitment, 1))


def opened(house: House, scope: str, team: Team) -> str:
    """A cash-out of what came back."""
    if scope == "reissue":
        return cashout.reissue(house.treasurer, house.people, first(house)).cashout
    crew = [team.workers["R0001"]] if scope == "workers" else []
    return cashout.open_cash_out(house.treasurer, "C-BACK", CUSTODY, employer="E001", workers=crew).cashout


@pytest.mark.parametrize("scope", ["reissue", "workers", "employer"])
def test_it_is_not_prepared_for_the_same_account_unless_somebody_says_so(house: House, team: Team, scope: str) -> None:
    number, worker = opened(house, scope, team), team.workers["R0001"]
    assert (SentBack(first(house), worker, "AC04"),) == sent_back(house.treasurer, number)
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
    assert () == sent_back(house.treasurer, number)
    assert CashOutState.PREPARED is prepare(house, number).state


def test_the_next_wages_go_to_the_account_in_use_whatever_came_back(house: House, team: Team) -> None:
    assert () == sent_back(house.treasurer, NUMBER)
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
