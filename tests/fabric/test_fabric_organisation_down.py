"""What works while nodes are dead, and what becomes of what was sent meanwhile. All are killed, none is stopped."""

from collections.abc import Iterator
from datetime import date
from typing import Final

import pytest

from consortium import House
from fabricnet import audit_faults, heights, kill, ledger_of, restart, until, until_level
from lxr.chaincode.attestations import AttestDeposit
from lxr.chaincode.books import balances
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.command import Void
from lxr.chaincode.days import day_of
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.refusals import RequestVoid
from lxr.network.fabric.connection import connection
from lxr.node.client import Client
from lxr.node.fabric.client.sending import Sender
from lxr.node.invariants import check
from lxr.node.port import Committed, LedgerFault, OutcomeUnknown
from lxr.node.sealing import seal
from parties import CUSTODY

pytestmark = pytest.mark.fabric

EMPLOYER: Final = "E004"
NODES_OF_THE_BANK: Final = ("bank-peer", "bank-orderer", "bank-contract")
CONTRACTS: Final = ("employer-contract", "regulator-contract")
ORDERERS: Final = ("employer-orderer", "regulator-orderer")
RETRY_BUDGET_S: Final = 3.0


@pytest.fixture(scope="module", autouse=True)
def employer(founded_house: House) -> str:
    founded_house.employ(2, employer=EMPLOYER)
    return EMPLOYER


@pytest.fixture
def teller(house: House) -> Iterator[Client]:
    """The bank's, at the bank's own node."""
    ledger = ledger_of(house.consortium, "bank")
    yield house.teller.on(ledger)
    ledger.close()


def deposit(house: House, booking: str) -> AttestDeposit:
    return AttestDeposit(
        request_id=f"deposit.{booking}",
        custody=CUSTODY,
        day=day_of(house.clock()),
        booking=booking,
        employer_no=EMPLOYER,
        amount_fen=100,
    )


def sealed(house: House, command: AttestDeposit) -> Envelope:
    identity = house.identity("bank", "teller")
    return seal(command, house.ledger_id, identity.certificate_pem, identity.private_key, house.clock())


def balance_fen(client: Client) -> int:
    found = client.get(balances, f"employer:{EMPLOYER}")
    return found.fen if found else 0


def test_while_one_organisation_is_down_all_others_work_and_its_officers_through_another_peer(
    house: House, teller: Client
) -> None:
    before_fen = balance_fen(teller)
    kill(house.consortium, *NODES_OF_THE_BANK)
    house.govern("payee.fee", "0" * 64, date(2027, 1, 1))
    teller.submit(deposit(house, "DOWN-1"))
    assert before_fen + 100 == balance_fen(teller)
    until("the union sees it", lambda: balance_fen(house.operator) == before_fen + 100)
    assert heights(house.consortium)["bank"] is None
    restart(house.consortium, *NODES_OF_THE_BANK)
    until_level(house.consortium)
    assert dict.fromkeys(ORGANISATIONS) == audit_faults(house.consortium)


def test_while_the_contracts_of_two_organisations_are_down_nothing_is_sent_and_that_is_said(
    house: House, teller: Client
) -> None:
    before_fen, envelope = balance_fen(teller), sealed(house, deposit(house, "DOWN-4"))
    sender = Sender(connection(house.consortium, "bank"), retry_budget_s=RETRY_BUDGET_S)
    kill(house.consortium, *CONTRACTS)
    with pytest.raises(LedgerFault) as fault:
        sender.send(envelope)
    assert not isinstance(fault.value, OutcomeUnknown)
    assert before_fen == balance_fen(teller) == balance_fen(house.operator)
    restart(house.consortium, *CONTRACTS)
    (answer,) = teller.ledger.submit([envelope])
    assert isinstance(answer, Committed)
    assert not answer.replay
    assert before_fen + 100 == balance_fen(teller)
    sender.close()


def test_with_two_orderers_down_sending_ends_as_unknown_and_reading_works_and_afterwards_each_happens_once(
    house: House, teller: Client
) -> None:
    before_fen = balance_fen(teller)
    sent_again, voided = sealed(house, deposit(house, "DOWN-2")), sealed(house, deposit(house, "DOWN-3"))
    sender = Sender(connection(house.consortium, "bank"), retry_budget_s=RETRY_BUDGET_S)
    kill(house.consortium, *ORDERERS)
    for envelope in (sent_again, voided):
        with pytest.raises(OutcomeUnknown) as unknown:
            sender.send(envelope)
        assert envelope.tx_id == unknown.value.tx_id
    assert before_fen == balance_fen(teller) == balance_fen(house.operator)
    restart(house.consortium, *ORDERERS)
    sender.close()

    teller.submit(deposit(house, "DOWN-2"))  # the same request, in another envelope
    (replayed,) = teller.ledger.submit([sent_again])
    assert isinstance(replayed, Committed)
    assert replayed.replay
    first = teller.submit(Void(request_id="void.DOWN-3", voided="deposit.DOWN-3")).first_tx_id
    assert first in (None, voided.tx_id)
    (answer,) = teller.ledger.submit([voided])
    if first is None:
        assert isinstance(answer, RequestVoid)
    else:
        assert isinstance(answer, Committed)
        assert (voided.tx_id, True) == (answer.tx_id, answer.replay)
    assert before_fen + (100 if first is None else 200) == balance_fen(teller)
    assert [] == check(teller.ledger.scan)
