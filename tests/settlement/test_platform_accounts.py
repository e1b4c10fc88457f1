"""Where fee, tax and insurance go: proposed by the union, signed by the bank, kept in the store."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import House, rehearsal
from lxr.chaincode.parameters import parameters, value_on
from lxr.settlement.bank.platform_accounts import payees, propose_payee
from lxr.settlement.ledger import parameters as parameter_service

DAY = date(2026, 8, 1)
ACCOUNT = ("洛小茸工会", "6222021234567890128", "102100099996", "中国工商银行")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_a_payee_is_in_force_once_the_bank_has_signed_its_commitment(house: House) -> None:
    proposal = propose_payee(house.client("union", "admin"), house.people, "fee", *ACCOUNT, DAY)
    payout = payees(house.people)["fee"].payee_commitment
    assert payout != value_on(house.operator.get(parameters, "payee.fee"), "payee.fee", DAY)
    parameter_service.approve(house.client("bank", "admin"), proposal)
    assert payout == value_on(house.operator.get(parameters, "payee.fee"), "payee.fee", DAY)


def test_the_same_payee_again_is_the_same_proposal_and_another_takes_its_place(house: House) -> None:
    admin = house.client("union", "admin")
    first = propose_payee(admin, house.people, "tax", *ACCOUNT, DAY)
    assert first == propose_payee(admin, house.people, "tax", *ACCOUNT, DAY)
    other = (ACCOUNT[0], "6222029876543210988", *ACCOUNT[2:])
    assert first != propose_payee(admin, house.people, "tax", *other, DAY)
    assert "6222029876543210988" == payees(house.people)["tax"].bank_account
