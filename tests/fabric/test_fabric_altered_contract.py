"""The employer organisation's contract mints ten times what the bank attests, and takes deposits from its own officers.

Three of the four contracts have to agree; that one never does.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from alteredcontract import LIES_ABOUT_ITS_VERSION, Change, altered_contract
from consortium import House
from fabricnet import audit_faults, ledger_of, peer_state, until_level
from lxr.chaincode.attestations import AttestDeposit
from lxr.chaincode.books import balances
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.days import day_of
from lxr.chaincode.envelope import encode_envelope
from lxr.chaincode.refusals import NotAllowed
from lxr.network.fabric.connection import connection
from lxr.node.client import Client
from lxr.node.fabric.answers import SUBMIT
from lxr.node.fabric.client.proposals import propose
from lxr.node.fabric.client.sending import Sender
from lxr.node.fabric.ledger import FabricLedger
from lxr.node.invariants import check
from lxr.node.port import LedgerFault
from lxr.node.said import Said
from lxr.node.sealing import seal
from lxr.settlement.messages import tell
from parties import CUSTODY

pytestmark = pytest.mark.fabric

EMPLOYER: Final = "E002"
ALTERED: Final = "employer"
ATTESTATIONS: Final = "lxr/chaincode/attestations.py"
MINTS_MORE: Final = Change(
    ATTESTATIONS, "command.amount_fen)\n    reserve.add(command", "10 * command.amount_fen)\n    reserve.add(command"
)
SAYS_IT_CAME: Final = Change(
    ATTESTATIONS, "in_transit_fen=command.amount_fen)", "in_transit_fen=10 * command.amount_fen)"
)
OBEYS_ITS_OWN: Final = Change(
    ATTESTATIONS, '@handles(AttestDeposit, "bank/teller")', '@handles(AttestDeposit, "bank/teller", "employer/signer")'
)


@pytest.fixture(scope="module")
def employed(founded_house: House) -> House:
    founded_house.employ(1, employer=EMPLOYER)
    return founded_house


@pytest.fixture(scope="module")
def hidden(employed: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The altered contract says that it is the one in force."""
    changes = (MINTS_MORE, SAYS_IT_CAME, OBEYS_ITS_OWN, LIES_ABOUT_ITS_VERSION)
    with altered_contract(employed.consortium, ALTERED, tmp_path_factory.mktemp("altered"), changes):
        yield employed


@pytest.fixture
def node(employed: House) -> Iterator[Callable[[str], FabricLedger]]:
    """The ledger at an organisation's node."""
    opened: list[FabricLedger] = []

    def open_at(organisation: str) -> FabricLedger:
        opened.append(ledger_of(employed.consortium, organisation))
        return opened[-1]

    yield open_at
    for ledger in opened:
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


def balance_fen(client: Client) -> int:
    found = client.get(balances, f"employer:{EMPLOYER}")
    return found.fen if found else 0


@pytest.mark.parametrize("organisation", ORGANISATIONS)
def test_a_command_goes_through_by_the_three_others_from_every_node(
    hidden: House, node: Callable[[str], FabricLedger], organisation: str
) -> None:
    ledger = node(organisation)
    teller = hidden.teller.on(ledger)
    before_fen = balance_fen(teller)
    teller.submit(deposit(hidden, f"ALTERED-{organisation}".upper()))
    assert before_fen + 100 == balance_fen(teller)
    if organisation == ALTERED:  # whose peer asks its own contract first
        assert {ALTERED: Said("accepts it, with another result")} == ledger.differing
    else:
        assert ledger.differing.keys() <= {ALTERED}
    assert [] == check(ledger.scan)


def test_what_the_altered_contract_alone_endorses_is_rejected_by_all_and_changes_no_state(hidden: House) -> None:
    consortium, teller = hidden.consortium, hidden.identity("bank", "teller")
    envelope = seal(
        deposit(hidden, "FORCED"), hidden.ledger_id, teller.certificate_pem, teller.private_key, hidden.clock()
    )
    until_level(consortium)
    before = {organisation: peer_state(consortium, organisation) for organisation in ORGANISATIONS}
    own = Sender(connection(consortium, ALTERED))
    proposal = propose(connection(consortium, ALTERED), SUBMIT, [encode_envelope(envelope)])
    prepared = own.peers.of(ALTERED).endorse(proposal, [ALTERED])
    assert f"account/employer:{EMPLOYER}" in prepared.writes
    with pytest.raises(LedgerFault, match=f"that {ALTERED} endorsed: ENDORSEMENT_POLICY_FAILURE"):
        own.commit(envelope, prepared)
    own.close()
    until_level(consortium, hidden.ledger)
    assert before == {organisation: peer_state(consortium, organisation) for organisation in ORGANISATIONS}
    assert hidden.ledger.transaction(envelope.tx_id) is None


def test_a_command_that_the_altered_contract_alone_accepts_is_refused_and_it_is_named(
    hidden: House, node: Callable[[str], FabricLedger]
) -> None:
    ledger = node(ALTERED)
    signer = hidden.signer(EMPLOYER).on(ledger)
    before_fen = balance_fen(signer)
    with pytest.raises(NotAllowed) as refused:
        signer.submit(deposit(hidden, "TAKEN"))
    assert f"{ALTERED} answers differently: accepts it" in tell(refused.value, "en")
    assert {ALTERED: Said("accepts it")} == ledger.differing
    assert before_fen == balance_fen(signer)


def test_audits_by_all_say_yes_also_of_the_peer_beside_the_altered_contract(hidden: House) -> None:
    until_level(hidden.consortium)
    assert dict.fromkeys(ORGANISATIONS) == audit_faults(hidden.consortium)


def test_an_altered_contract_that_tells_its_version_refuses_and_is_named(
    employed: House, node: Callable[[str], FabricLedger], tmp_path: Path
) -> None:
    with altered_contract(employed.consortium, ALTERED, tmp_path, [MINTS_MORE, SAYS_IT_CAME]):
        ledger = node(ALTERED)
        employed.teller.on(ledger).submit(deposit(employed, "OTHER-VERSION"))
        assert "ContractMissing" in str(ledger.differing[ALTERED])
