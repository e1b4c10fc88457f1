"""A transaction that was endorsed and held back dies when the ledger's clock moves."""

from typing import Final

import pytest

from consortium import House
from fabricnet import until
from lxr.chaincode.attestations import AttestDeposit
from lxr.chaincode.clock import BEAT_MS, MoveClock, clocks
from lxr.chaincode.custody_records import attestations
from lxr.chaincode.days import day_of
from lxr.chaincode.envelope import Envelope
from lxr.network.fabric.connection import connection
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.fabric.client.sending import Sender
from lxr.node.sealing import seal
from parties import CUSTODY

pytestmark = pytest.mark.fabric

EMPLOYER: Final = "E021"


def attesting(house: House, booking: str, at_ms: int) -> Envelope:
    """A teller's word for money that nobody paid in, to be sent when it suits whoever holds it."""
    command = AttestDeposit(
        request_id=f"held.{booking}",
        custody=CUSTODY,
        day=day_of(at_ms),
        booking=booking,
        employer_no=EMPLOYER,
        amount_fen=100_000,
    )
    teller = house.identity("bank", "teller")
    return seal(command, house.ledger_id, teller.certificate_pem, teller.private_key, at_ms)


@pytest.mark.parametrize("beats", [0, 1])
def test_what_was_endorsed_and_held_back_is_good_until_the_next_beat_only(house: House, beats: int) -> None:
    if beats == 0:
        house.employ(1, employer=EMPLOYER)
    sender, booking = Sender(connection(house.consortium, "bank")), f"HELD-{beats}"
    try:
        clock = house.teller.need(clocks)
        envelope = attesting(house, booking, clock.at_ms)
        prepared = sender.endorse(envelope)
        assert isinstance(prepared, Prepared)
        assert "clock" in prepared.reads
        for _ in range(beats):
            witness = house.identity("regulator", "witness")
            at_ms = clock.at_ms + BEAT_MS
            beat = MoveClock(request_id=f"clock:{at_ms}")
            sealed = seal(beat, house.ledger_id, witness.certificate_pem, witness.private_key, at_ms)
            house.ledger.submit([sealed])
            assert at_ms == house.teller.need(clocks).at_ms
        sent = sender.commit(envelope, prepared)
    finally:
        sender.close()
    assert (sent is None) == bool(beats)
    place = CUSTODY, day_of(clock.at_ms), booking
    if not beats:
        until("the deposit is in the node's copy", lambda: house.teller.get(attestations, *place) is not None)
    assert (house.teller.get(attestations, *place) is None) == bool(beats)
