"""Two organisations at their own nodes write the same keys at the same time: the custody account and an employer's."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import Final

import pytest

from consortium import House
from fabricnet import ledger_of, until_level
from lxr.chaincode.attestations import AgreeReversal, AttestDeposit, ReverseDeposit
from lxr.chaincode.books import balances
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.custody_records import Custody, attestation_digest, attestations, custodies
from lxr.chaincode.days import day_of
from lxr.chaincode.types import Record
from lxr.node.client import Client
from lxr.node.invariants import check
from lxr.token.refusal import Refusal
from parties import CUSTODY

pytestmark = pytest.mark.fabric

EMPLOYER: Final = "E005"
TIMES: Final = 12
WRONG: Final = [f"WRONG-{number}" for number in range(TIMES)]
RIGHT: Final = [f"RIGHT-{number}" for number in range(TIMES)]


def deposit(day: date, booking: str, amount_fen: int) -> AttestDeposit:
    return AttestDeposit(
        request_id=f"deposit.{booking}",
        custody=CUSTODY,
        day=day,
        booking=booking,
        employer_no=EMPLOYER,
        amount_fen=amount_fen,
    )


def everything_done(answers: Sequence[Record | Refusal]) -> None:
    assert [] == [answer for answer in answers if isinstance(answer, Refusal)]


def custody(client: Client) -> Custody:
    return client.need(custodies, CUSTODY)


def test_races_for_the_same_keys_are_run_again_and_counted_and_every_total_is_right(house: House) -> None:
    house.employ(1, employer=EMPLOYER)
    before, day = custody(house.teller), day_of(house.clock())
    everything_done(house.teller.submit_many([deposit(day, booking, 300) for booking in WRONG]))
    reversed_ = [
        ReverseDeposit(request_id=f"reverse.{booking}", custody=CUSTODY, day=day, booking=booking, reason="none")
        for booking in WRONG
    ]
    everything_done(house.teller.submit_many(reversed_))
    agreed = [
        AgreeReversal(
            request_id=f"agree.{booking}",
            custody=CUSTODY,
            day=day,
            booking=booking,
            digest=attestation_digest(CUSTODY, day, booking, house.treasurer.need(attestations, CUSTODY, day, booking)),
        )
        for booking in WRONG
    ]
    attested = [deposit(day, booking, 500) for booking in RIGHT]
    height = house.ledger.height()
    ready = Barrier(2)

    def run(organisation: str, client: Client, commands: Sequence[AnyCommand]) -> int:
        ledger = ledger_of(house.consortium, organisation)
        at_its_node = client.on(ledger)
        ready.wait()
        for command in commands:
            at_its_node.submit(command)
        ledger.close()
        return ledger.conflicts

    with ThreadPoolExecutor(2) as pool:
        sides = [pool.submit(run, "union", house.treasurer, agreed), pool.submit(run, "bank", house.teller, attested)]
        conflicts = sum(side.result() for side in sides)
    until_level(house.consortium, house.ledger)

    invalid = sum(not each.valid for block in house.ledger.blocks(height) for each in block.transactions)
    assert 0 < conflicts == invalid
    account = house.teller.need(balances, f"employer:{EMPLOYER}")
    assert TIMES * 500 == account.fen == custody(house.teller).supply_fen - before.supply_fen
    assert 0 == custody(house.teller).shortfall_fen
    states = {house.teller.need(attestations, CUSTODY, day, booking).state for booking in WRONG}
    assert {"reversed"} == states
    assert [] == check(house.ledger.scan)
