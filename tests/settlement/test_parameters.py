"""Proposals from the office's side: what was approved by mistake is taken back the same way."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from consortium import House, rehearsal
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.parameter_definitions import DEFINITIONS, RULE_TABLES
from lxr.chaincode.parameters import parameters, value_on
from lxr.node.audit import audit
from lxr.settlement.ledger.parameters import Seed, approve, propose, set_all

DAY = date(2026, 8, 1)
VALUES: dict[str, tuple[Any, Any]] = {
    "workday.close": (1439, 0),
    "dispute.decide_days": (7, 60),
    "contest.decide_days": (60, 120),
    "review.decision_fen": (100_000, 1),
    "worker.key_days": (3, 60),
    "recovery.share_bp": (2000, 10_000),
    "retention.voucher_years": (30, 0),
    "cashout.second_role_fen": (10_000_000, 1),
    "payee.fee": ("1" * 64, "2" * 64),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def test_whatever_was_approved_by_mistake_the_value_before_it_can_be_approved_again(house: House) -> None:
    # these never fall, change from a day to come only, or keep days that have begun
    corrected_later = {"calendar", "holidays", "answer", "minimum_wage", "monthly_minimum_wage", "pay", "ledger"}
    assert DEFINITIONS.keys() - RULE_TABLES.keys() == {name.partition(".")[0] for name in VALUES} | corrected_later
    admins = {organisation: house.client(organisation, "admin") for organisation in ORGANISATIONS}
    for name, (right, wrong) in VALUES.items():
        for value in (right, wrong, right, wrong, right):
            set_all(admins, (Seed(name, value, DAY, "the order"),))
            in_force = value_on(house.operator.need(parameters, name), name, DAY)
            assert value == in_force
    assert audit(house.ledger).ok


def test_the_same_value_again_is_the_same_proposal_before_and_after_it_is_approved(house: House) -> None:
    admins = {organisation: house.client(organisation, "admin") for organisation in ORGANISATIONS}
    seed = Seed("workday.close", 1380, DAY, "the order")
    first = propose(admins["union"], seed)
    assert first == propose(admins["union"], seed)
    approve(admins["regulator"], first)
    assert first == propose(admins["union"], seed)
