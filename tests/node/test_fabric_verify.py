import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from fabric_protos.common import common_pb2
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st

from fabricblocks import (
    AUTHORITIES,
    CHAINCODE,
    CHANNEL,
    CLIENTS,
    FOREIGN,
    FROM,
    ORDERERS,
    PEERS,
    ROOTS,
    SEQUENCE,
    THREE,
    TO,
    Chain,
    Configuration,
    Sending,
    Signer,
    carrying,
    configuration_entry,
    endorsement,
    entry,
    resealed,
    sign_block,
)
from fabricnet import needed_fabric
from lxr.chaincode.caller import ORGANISATIONS
from lxr.network.fabric.channel import genesis_block, make_genesis_block
from lxr.network.fabric.description import describe
from lxr.network.fabric.founding import found_fabric
from lxr.node.fabric.blocks.blocks import FabricBlock, data_hash_of
from lxr.node.fabric.blocks.verify import BlockVerifier
from lxr.node.port import LedgerFault
from quick import examples

DUPLICATE_TXID = 9
ENDORSEMENT_POLICY_FAILURE = 10
MVCC_READ_CONFLICT = 11
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def verifier() -> BlockVerifier:
    return BlockVerifier(CHANNEL, CHAINCODE, ROOTS, 3)


def verified(chain: Chain) -> list[FabricBlock]:
    verifying = verifier()
    return [verifying.check(block) for block in chain.blocks]


def fault_of(chain: Chain) -> str:
    """The last block's; all before it are good."""
    verifying = verifier()
    for block in chain.blocks[:-1]:
        verifying.check(block)
    with pytest.raises(LedgerFault) as caught:
        verifying.check(chain.blocks[-1])
    return str(caught.value)


def high_s(signature: bytes) -> bytes:
    r, s = decode_dss_signature(signature)
    return encode_dss_signature(r, P256_ORDER - s)


@pytest.mark.parametrize("ordering", ["BFT", "etcdraft"])
def test_a_good_chain_is_accepted(ordering: str) -> None:
    chain = Chain(Configuration(ordering))
    definition = Sending(
        args=(b"CommitChaincodeDefinition",), writes={SEQUENCE: b"1"}, chaincode="_lifecycle", namespace="other"
    )
    chain.send(carrying("a", {"k": b"1"}, reads={"k": None}), definition)
    winner = carrying("b", {"k": b"2"}, reads={"k": (1, 0), "new": None})
    loser = carrying("c", {"k": b"3"}, reads={"k": (1, 0)})
    chain.send(winner, loser, Sending(args=(b"scan", b"", b""), ranges=True), codes=bytes([0, MVCC_READ_CONFLICT, 0]))
    short = carrying("d", {"k": b"4"}, endorsers=THREE[:2])
    chain.send(short, codes=bytes([ENDORSEMENT_POLICY_FAILURE]))
    chain.send(carrying("e", {"k": b"5"}, reads={"k": (2, 0)}, endorsers=tuple(PEERS.values())))
    blocks = verified(chain)
    assert [(), (True,), (True, False), (False,), (True,)] == [
        tuple(one.valid for one in block.carried) for block in blocks
    ]
    assert ("bank", "employer", "regulator", "union") == blocks[-1].carried[0].endorsers


def header_byte(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    block.header.data_hash = bytes(32)


def data_byte(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    block.data.data[0] = block.data.data[0][:-1] + bytes([block.data.data[0][-1] ^ 1])


def data_byte_with_its_hash(chain: Chain) -> None:
    data_byte(chain)
    block = chain.blocks[-1]
    block.header.data_hash = data_hash_of(block)


def wrong_number(chain: Chain) -> None:
    chain.send(carrying("x", {})).header.number = 7


def wrong_previous_hash(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    block.header.previous_hash = bytes(32)
    sign_block(block, list(enumerate(ORDERERS.values(), 1)))


def left_out(chain: Chain) -> None:
    chain.send(carrying("x", {}))
    chain.send(carrying("y", {}))
    del chain.blocks[1]


def valid_marked_invalid(chain: Chain) -> None:
    chain.send(carrying("x", {}), carrying("y", {}), codes=bytes([0, ENDORSEMENT_POLICY_FAILURE]))


def valid_marked_a_lost_race(chain: Chain) -> None:
    chain.send(carrying("x", {}), carrying("y", {}), codes=bytes([0, MVCC_READ_CONFLICT]))


def valid_marked_with_no_code(chain: Chain) -> None:
    chain.send(carrying("x", {}), codes=bytes([77]))


def invalid_marked_valid(chain: Chain) -> None:
    chain.send(carrying("x", {}), carrying("y", {}, endorsers=THREE[:2]))


def one_organisation_thrice(chain: Chain) -> None:
    other = Signer.of(AUTHORITIES["union"], "peer")
    chain.send(carrying("x", {}, endorsers=(PEERS["union"], other, PEERS["union"])))


def endorsed_by_a_client(chain: Chain) -> None:
    chain.send(carrying("x", {}, endorsers=(*THREE[:2], CLIENTS["bank"])))


def endorsed_by_an_orderer(chain: Chain) -> None:
    chain.send(carrying("x", {}, endorsers=(*THREE[:2], ORDERERS["bank"])))


def endorsed_under_a_foreign_root(chain: Chain) -> None:
    chain.send(carrying("x", {}, endorsers=(*THREE[:2], Signer.of(FOREIGN, "peer"))))


def endorsed_with_high_s(chain: Chain) -> None:
    def change(action: Any) -> None:
        given = action.action.endorsements[2]
        given.signature = high_s(given.signature)

    chain.add([resealed(entry(carrying("x", {})), CLIENTS["union"], change)])


def write_set_altered(chain: Chain) -> None:
    def change(action: Any) -> None:
        altered = action.action.proposal_response_payload.replace(b"honest", b"forged")
        assert altered != action.action.proposal_response_payload
        action.action.proposal_response_payload = altered
        kept = action.action.endorsements[1:]
        again = [endorsement(PEERS["union"], altered), *kept]
        del action.action.endorsements[:]
        action.action.endorsements.extend(again)

    chain.add([resealed(entry(carrying("x", {"k": b"honest"})), CLIENTS["union"], change)])


def envelope_exchanged(chain: Chain) -> None:
    def change(action: Any) -> None:
        other = action.chaincode_proposal_payload.replace(b"envelope-1", b"envelope-2")
        assert other != action.chaincode_proposal_payload
        action.chaincode_proposal_payload = other

    chain.add([resealed(entry(carrying("envelope-1", {})), CLIENTS["union"], change)])


def sent_by_a_stranger(chain: Chain) -> None:
    chain.send(carrying("x", {}, sender=Signer.of(FOREIGN, "client")))


def sent_with_anothers_signature(chain: Chain) -> None:
    chain.add([resealed(entry(carrying("x", {})), CLIENTS["bank"], lambda _: None)])


def made_up_id(chain: Chain) -> None:
    chain.send(carrying("x", {}, tx_id="00" * 32))


def repeated_id(chain: Chain) -> None:
    sending = carrying("x", {})
    chain.send(sending)
    chain.send(sending)


def repeated_id_in_a_block(chain: Chain) -> None:
    sending = carrying("x", {})
    chain.send(sending, sending)


def stale_read_marked_valid(chain: Chain) -> None:
    chain.send(carrying("x", {"k": b"1"}))
    chain.send(carrying("y", {"k": b"2"}, reads={"k": (1, 0)}))
    chain.send(carrying("z", {"k": b"3"}, reads={"k": (1, 0)}))


def stale_read_in_a_block(chain: Chain) -> None:
    chain.send(carrying("x", {"k": b"1"}, reads={"k": None}), carrying("y", {"k": b"2"}, reads={"k": None}))


def version_of_the_future(chain: Chain) -> None:
    chain.send(carrying("x", {"k": b"1"}), carrying("y", {}, reads={"k": (1, 0)}))


def stale_definition(chain: Chain) -> None:
    chain.send(carrying("x", {}, definition=(3, 0)))


def reads_a_range(chain: Chain) -> None:
    chain.send(carrying("x", {}, ranges=True))


def writes_elsewhere(chain: Chain) -> None:
    chain.send(carrying("x", {"k": b"1"}, namespace="other"))


def status_not_accepted(chain: Chain) -> None:
    chain.send(carrying("x", {}, status=300))


def no_quorum(chain: Chain) -> None:
    chain.add([entry(carrying("x", {}))], signers={1: ORDERERS["union"], 2: ORDERERS["employer"]})


def no_orderers(chain: Chain) -> None:
    chain.add([entry(carrying("x", {}))], signers={})


def one_orderer_thrice(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    sign_block(block, [(1, ORDERERS["union"]), (2, ORDERERS["employer"]), (1, ORDERERS["union"])])


def one_orderer_under_all_numbers(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    sign_block(block, [(number, ORDERERS["union"]) for number in range(1, 5)])


def ordered_with_high_s(chain: Chain) -> None:
    block = chain.send(carrying("x", {}))
    metadata = common_pb2.Metadata.FromString(block.metadata.metadata[0])
    metadata.signatures[0].signature = high_s(metadata.signatures[0].signature)
    block.metadata.metadata[0] = metadata.SerializeToString()


def no_metadata(chain: Chain) -> None:
    chain.send(carrying("x", {})).ClearField("metadata")


FAULTS: list[tuple[Callable[[Chain], None], str]] = [
    (header_byte, r"block 1: the hash of its data is [0-9a-f]{64}, not 0{64}"),
    (data_byte, r"block 1: the hash of its data is [0-9a-f]{64}, not [0-9a-f]{64}"),
    (data_byte_with_its_hash, r"block 1: signed by nobody, and 3 of its orderers must"),
    (wrong_number, r"block 1: it has the number 7"),
    (wrong_previous_hash, r"block 1: it follows on a block with hash 0{64}, not [0-9a-f]{64}"),
    (left_out, r"block 1: it has the number 2"),
    (valid_marked_invalid, r"block 1, transaction 1: it is marked ENDORSEMENT_POLICY_FAILURE without cause"),
    (valid_marked_a_lost_race, r"block 1, transaction 1: it is marked MVCC_READ_CONFLICT without cause"),
    (valid_marked_with_no_code, r"block 1, transaction 0: it is marked code 77 without cause"),
    (
        invalid_marked_valid,
        r"block 1, transaction 1: it is marked valid, but endorsed by employer, union, and 3 organisations must",
    ),
    (one_organisation_thrice, r"block 1, transaction 0: .* but endorsed by union, and 3 organisations must"),
    (endorsed_by_a_client, r"block 1, transaction 0: .* but endorsed by employer, union, and 3 organisations must"),
    (endorsed_by_an_orderer, r"block 1, transaction 0: .* but endorsed by employer, union, and 3 organisations must"),
    (
        endorsed_under_a_foreign_root,
        r"block 1, transaction 0: .* but endorsed by employer, union, and 3 organisations must",
    ),
    (endorsed_with_high_s, r"block 1, transaction 0: .* but endorsed by employer, union, and 3 organisations must"),
    (write_set_altered, r"block 1, transaction 0: .* but endorsed by union, and 3 organisations must"),
    (envelope_exchanged, r"block 1, transaction 0: it is marked valid, but what was endorsed answers another call"),
    (
        sent_by_a_stranger,
        r"block 1, transaction 0: it is marked valid, but an identity of bank: CertificateRefused.case=foreign.",
    ),
    (
        sent_with_anothers_signature,
        r"block 1, transaction 0: it is marked valid, but the signature of its sender does not hold",
    ),
    (made_up_id, r"block 1, transaction 0: it is marked valid, but its id is not that of its nonce and sender"),
    (repeated_id, r"block 2, transaction 0: it is marked valid, but its id was used before"),
    (repeated_id_in_a_block, r"block 1, transaction 1: it is marked valid, but its id was used before"),
    (
        stale_read_marked_valid,
        r"block 3, transaction 0: it is marked valid, but the key 'k', which it read, has been written since",
    ),
    (stale_read_in_a_block, r"block 1, transaction 1: it is marked valid, but the key 'k', .*"),
    (version_of_the_future, r"block 1, transaction 1: it is marked valid, but the key 'k', .*"),
    (stale_definition, r"block 1, transaction 0: it is marked valid, but the key 'namespaces/fields/lxr/Sequence', .*"),
    (reads_a_range, r"block 1, transaction 0: it is marked valid, but it reads ranges of keys"),
    (writes_elsewhere, r"block 1, transaction 0: it is marked valid, but it touches keys of 'other'"),
    (
        status_not_accepted,
        r"block 1, transaction 0: it is marked valid, but it was answered with status 300, expected 200",
    ),
    (no_quorum, r"block 1: signed by employer, union, and 3 of its orderers must"),
    (no_orderers, r"block 1: signed by nobody, and 3 of its orderers must"),
    (one_orderer_thrice, r"block 1: signed by employer, union, and 3 of its orderers must"),
    (one_orderer_under_all_numbers, r"block 1: signed by union, and 3 of its orderers must"),
    (ordered_with_high_s, r"block 1: signed by bank, employer, and 3 of its orderers must"),
    (no_metadata, r"block 1: it has no metadata for signatures"),
]


@pytest.mark.parametrize(("tamper", "said"), [pytest.param(*row, id=row[0].__name__) for row in FAULTS])
def test_what_was_tampered_with_is_named_with_its_place(tamper: Callable[[Chain], None], said: str) -> None:
    chain = Chain()
    tamper(chain)
    fault = fault_of(chain)
    assert re.fullmatch(said, fault), fault


@pytest.mark.parametrize("signer", [CLIENTS["union"], Signer.of(FOREIGN, "orderer"), None])
def test_with_raft_an_orderer_signs_each_block(signer: Signer | None) -> None:
    chain = Chain(Configuration("etcdraft"))
    block = chain.send(carrying("x", {}))
    sign_block(block, [] if signer is None else [(0, signer)], "etcdraft")
    assert "block 1: signed by nobody, and 1 of its orderers must" == fault_of(chain)


OTHER_BANK = FOREIGN.certificate.public_bytes(Encoding.PEM).decode()
ONE_HAS_TWO = (ORDERERS["union"], Signer.of(AUTHORITIES["union"], "orderer"), ORDERERS["bank"], ORDERERS["employer"])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            Configuration(members=ROOTS | {"bank": OTHER_BANK}),
            "the configuration gives bank other roots than are known",
        ),
        (Configuration(members=ROOTS | {"rival": OTHER_BANK}), "the configuration adds an organisation 'rival'"),
        (
            Configuration(members={name: root for name, root in ROOTS.items() if name != "bank"}),
            "the configuration leaves out bank",
        ),
        (Configuration("solo"), "the configuration's ordering is 'solo', expected BFT or etcdraft"),
        (Configuration(units=False), "the configuration of .* does not tell peers, orderers and clients apart"),
        (Configuration(orderers=()), "the configuration has no orderers, one number twice, or more .*"),
        (Configuration(orderers=ONE_HAS_TWO), "the configuration has no orderers, .* or more of one organisation .*"),
        (
            Configuration(orderers=(*THREE, ORDERERS["union"])),
            "the configuration's orderer 1 is none, or stands there twice",
        ),
        (
            Configuration(orderers=(*ORDERERS.values(), ORDERERS["union"])),
            "the configuration's orderer 5 is none, or stands there twice",
        ),
        (
            Configuration(orderers=(Signer.of(FOREIGN, "orderer"),)),
            "the configuration's orderer 1: an identity of bank: CertificateRefused.case=foreign.",
        ),
    ],
)
def test_a_configuration_keeps_to_the_organisations_and_roots_that_are_known(changed: Configuration, said: str) -> None:
    with pytest.raises(LedgerFault, match=f"^block 0: {said}$"):
        verified(Chain(changed))
    chain = Chain()
    chain.add([configuration_entry(changed)])
    assert re.fullmatch(f"block 1: {said}", fault_of(chain))


def test_a_configuration_is_signed_by_the_orderers_before_it_and_names_those_after_it() -> None:
    renewed = tuple(Signer.of(authority, "orderer") for authority in AUTHORITIES.values())
    chain = Chain()
    chain.add([configuration_entry(Configuration(orderers=renewed))])
    block = chain.send(carrying("x", {}))
    assert "block 2: signed by nobody, and 3 of its orderers must" == fault_of(chain)
    sign_block(block, list(enumerate(renewed, 1)))
    assert 3 == len(verified(chain))


def test_what_a_configuration_revokes_endorses_no_more() -> None:
    chain = Chain()
    chain.send(carrying("x", {}))
    chain.add([configuration_entry(Configuration(revoked=(PEERS["bank"],)))])
    chain.send(carrying("y", {}), codes=bytes([ENDORSEMENT_POLICY_FAILURE]))
    chain.send(carrying("z", {}))
    assert (
        "block 4, transaction 0: it is marked valid, but endorsed by employer, union, and 3 organisations must"
        == fault_of(chain)
    )


def test_a_configuration_stands_alone_and_cannot_be_marked_invalid() -> None:
    chain = Chain()
    chain.add([configuration_entry(chain.configuration)], codes=bytes([6]))
    assert "block 1: its configuration is marked INVALID_CONFIG_TRANSACTION" == fault_of(chain)


def test_a_channel_begins_with_its_configuration() -> None:
    later = Chain().send(carrying("x", {}))
    later.header.number = 0
    later.header.previous_hash = b""
    with pytest.raises(LedgerFault, match=r"^block 0: it holds no configuration, as a channel's first block does$"):
        verifier().check(later)


def test_a_block_that_is_refused_changes_nothing_and_the_true_one_follows() -> None:
    chain = Chain()
    true = chain.send(carrying("x", {"k": b"1"}), carrying("y", {}, reads={"k": None}), codes=bytes([0, 11]))
    chain.send(carrying("z", {}, reads={"k": (1, 0)}))
    false = common_pb2.Block.FromString(true.SerializeToString())
    false.metadata.metadata[common_pb2.TRANSACTIONS_FILTER] = bytes([0, 0])
    verifying = verifier()
    verifying.check(chain.blocks[0])
    with pytest.raises(LedgerFault, match=r"^block 1, transaction 1: it is marked valid, but the key 'k'"):
        verifying.check(false)
    verifying.check(true)
    assert 2 == verifying.check(chain.blocks[2]).number


# What Fabric passes over, whoever sends a transaction can put into it: it must not fail in audit.


def a_tail_after_a_signature(action: Any) -> None:
    for one in action.action.endorsements:
        one.signature += b"tail"


def a_tail_within_a_signature(action: Any) -> None:
    for one in action.action.endorsements:
        one.signature = bytes([0x30, one.signature[1] + 2]) + one.signature[2:] + b"\x05\x00"


def a_long_tail_within_a_signature(action: Any) -> None:
    for one in action.action.endorsements:
        content = one.signature[2:] + bytes(200)
        one.signature = bytes([0x30, 0x82]) + len(content).to_bytes(2) + content


def endorsements_that_are_none(action: Any) -> None:
    good = list(action.action.endorsements)
    del action.action.endorsements[:]
    for identity, signature in (
        (b"", b""),
        (b"\xff", b"\x30"),
        (good[0].endorser, b"\x30\x02"),
        (b"\x0a\x05union", b""),
    ):
        action.action.endorsements.add(endorser=identity, signature=signature)
    action.action.endorsements.extend([*good, *good])


@pytest.mark.parametrize(
    "change",
    [
        a_tail_after_a_signature,
        a_tail_within_a_signature,
        a_long_tail_within_a_signature,
        endorsements_that_are_none,
    ],
)
def test_what_fabric_passes_over_is_passed_over(change: Callable[[Any], None]) -> None:
    chain = Chain()
    chain.add([resealed(entry(carrying("x", {})), CLIENTS["union"], change)])
    assert ("bank", "employer", "union") == verified(chain)[1].carried[0].endorsers


@pytest.mark.parametrize(
    "around",
    [
        b"before\n%s",
        b"%safter\n",
        b"-----BEGIN CERTIFICATE-----\nKey: value\n\n%.0s" + CLIENTS["union"].certificate_pem.partition(b"\n")[2],
    ],
)
def test_a_sender_is_who_its_certificate_says_whatever_stands_around_it(around: bytes) -> None:
    union = CLIENTS["union"]
    chain = Chain()
    chain.send(carrying("x", {}, sender=Signer("union", around % union.certificate_pem, union.key)))
    assert verified(chain)[1].carried[0].valid


def test_what_cannot_be_read_may_only_be_invalid() -> None:
    def change(action: Any) -> None:
        action.action.proposal_response_payload = b"\xff"

    unreadable = resealed(entry(carrying("x", {})), CLIENTS["union"], change)
    chain = Chain()
    chain.add([unreadable], codes=bytes([21]))
    assert [False] == [one.valid for one in verified(chain)[1].carried]
    chain.add([resealed(entry(carrying("y", {})), CLIENTS["union"], change)])
    assert "block 2, transaction 0: its bytes are no ProposalResponsePayload" == fault_of(chain)


def test_an_id_is_used_up_by_what_failed_too() -> None:
    sending = carrying("x", {})
    chain = Chain()
    chain.send(sending, sending, codes=bytes([0, DUPLICATE_TXID]))
    bad = carrying("y", {}, endorsers=())
    chain.send(bad, codes=bytes([ENDORSEMENT_POLICY_FAILURE]))
    chain.send(replace(bad, endorsers=THREE), codes=bytes([DUPLICATE_TXID]))
    assert 4 == len(verified(chain))


@pytest.mark.fabric
def test_the_block_that_fabric_makes_is_a_good_beginning(tmp_path: Path) -> None:
    fabric = needed_fabric()
    made = found_fabric(tmp_path / "c", "test", True, b"passphrase", FROM, TO, describe(ORGANISATIONS))
    make_genesis_block(made, fabric)
    block = common_pb2.Block.FromString(genesis_block(made).read_bytes())
    checked = BlockVerifier(CHANNEL, CHAINCODE, made.roots(), 3).check(block)
    assert (0, ()) == (checked.number, checked.carried)


CHAIN = Chain()
BLOCK = CHAIN.send(
    carrying("x", {"a": b"1"}), carrying("y", {"b": b"2"}, endorsers=()), codes=bytes([0, ENDORSEMENT_POLICY_FAILURE])
).SerializeToString()


def meaning(block: FabricBlock) -> FabricBlock:
    """Of invalid ones the reason is each peer's own."""
    carried = (msgspec.structs.replace(one, code="") for one in block.carried)
    return msgspec.structs.replace(block, carried=tuple(carried))


MEANING = meaning(verified(CHAIN)[1])


@settings(max_examples=examples(300), deadline=None)
@given(st.integers(0, len(BLOCK) - 1), st.integers(1, 255))
def test_a_damaged_block_is_a_fault_or_says_what_it_said(place: int, flip: int) -> None:
    damaged = bytearray(BLOCK)
    damaged[place] ^= flip
    verifying = verifier()
    verifying.check(CHAIN.blocks[0])
    with suppress(DecodeError):  # not a block at all: that is for gRPC to say
        block = common_pb2.Block.FromString(bytes(damaged))
        with suppress(LedgerFault):
            assert MEANING == meaning(verifying.check(block))
