import hashlib
from contextlib import suppress
from typing import Any

import pytest
from fabric_protos.common import common_pb2
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from fabricblocks import (
    CHAINCODE,
    CHANNEL,
    CLIENTS,
    Chain,
    Sending,
    carrying,
    channel_header,
    entry,
    envelope,
    sealed,
)
from lxr.node.fabric.blocks.blocks import data_hash_of, decode_block, hash_of_header
from lxr.node.port import LedgerFault

MVCC_READ_CONFLICT = 11


def decode(block: Any) -> Any:
    return decode_block(block, CHANNEL, CHAINCODE)


def der_by_hand(number: int, previous: bytes, data: bytes) -> bytes:
    """Independent of the code under test: 32-byte hashes only, so every length is one byte."""
    digits = f"{number:x}"
    integer = bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
    integer = b"\x00" + integer if integer[0] > 0x7F else integer
    body = bytes([2, len(integer)]) + integer
    body += bytes([4, len(previous)]) + previous + bytes([4, len(data)]) + data
    return bytes([0x30, len(body)]) + body


@pytest.mark.parametrize("number", [0, 1, 127, 128, 255, 256, 65_535, 2**63, 2**64 - 1])
def test_a_header_is_hashed_as_asn_1_der(number: int) -> None:
    previous, data = hashlib.sha256(b"previous").digest(), hashlib.sha256(b"data").digest()
    assert hashlib.sha256(der_by_hand(number, previous, data)).digest() == hash_of_header(number, previous, data)
    assert hashlib.sha256(der_by_hand(number, b"", data)).digest() == hash_of_header(number, b"", data)


def test_a_block_gives_our_transactions_with_what_they_wrote_sorted() -> None:
    chain = Chain()
    lost = carrying("lost", {"a": b"9"}, reads={"a": None})
    block = chain.send(carrying("first", {"b": b"2", "a": b"1"}), lost, codes=bytes([0, MVCC_READ_CONFLICT]))
    decoded = decode(block)
    first, second = decoded.carried
    assert (1, hash_of_header(1, block.header.previous_hash, data_hash_of(block)).hex()) == (
        decoded.number,
        decoded.hash,
    )
    assert (0, envelope("first"), True, "VALID", b'"done"') == (
        first.position,
        first.envelope,
        first.valid,
        first.code,
        first.result,
    )
    assert (("a", b"1"), ("b", b"2")) == first.writes
    assert ("bank", "employer", "union") == first.endorsers
    assert (1, lost.own_tx_id, envelope("lost"), False, "MVCC_READ_CONFLICT", (), b"") == (
        second.position,
        second.fabric_tx_id,
        second.envelope,
        second.valid,
        second.code,
        second.writes,
        second.result,
    )


@pytest.mark.parametrize(
    ("sending", "code"),
    [
        (Sending(args=(b"read", b"keys")), 0),
        (Sending(args=(b"submit", b"no envelope")), 0),
        (Sending(args=(b"submit", b"no envelope"), writes={"a": b"1"}), 10),
        (carrying("x", {"a": b"1"}, chaincode="other", namespace="other"), 0),
        (carrying("x", {"a": b"1"}, channel="other"), 2),
        (Sending(args=()), 0),
    ],
)
def test_what_is_not_ours_is_left_out(sending: Sending, code: int) -> None:
    assert () == decode(Chain().send(sending, codes=bytes([code]))).carried


def test_a_configuration_is_left_out() -> None:
    assert () == decode(Chain().blocks[0]).carried


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(carrying("x", {"a": None}), id="deletes"),
        pytest.param(carrying("x", {"a": b""}), id="deletes, by Fabric's other way"),
        pytest.param(carrying("x", {}, metadata=True), id="metadata"),
        pytest.param(carrying("x", {}, private=True), id="private data"),
        pytest.param(carrying("x", {}, channel="other"), id="other channel"),
        pytest.param(Sending(args=(b"submit", b"y"), writes={"a": b"1"}), id="no envelope"),
        pytest.param(Sending(args=(b"submit",), writes={"a": b"1"}), id="no argument"),
        pytest.param(carrying("x", {"a": b"1"}, chaincode="other"), id="written by another chaincode"),
    ],
)
def test_a_valid_transaction_that_does_what_the_contract_never_does_is_a_fault(wrong: Sending) -> None:
    with pytest.raises(LedgerFault, match=r"^block 1, transaction 1: it "):
        decode(Chain().send(carrying("good", {"a": b"1"}), wrong))


def test_what_a_client_makes_up_is_a_fault_only_where_it_is_marked_valid() -> None:
    sending = carrying("x", {})
    header = common_pb2.Header(
        channel_header=channel_header(common_pb2.ENDORSER_TRANSACTION, sending),
        signature_header=common_pb2.SignatureHeader(creator=b"c", nonce=b"n").SerializeToString(),
    )
    junk = sealed(header, b"\xff\xff", CLIENTS["union"])
    chain = Chain()
    assert 1 == len(decode(chain.add([junk, entry(sending)], codes=bytes([5, 0]))).carried)
    with pytest.raises(LedgerFault, match=r"^block 2, transaction 0: its bytes are no Transaction"):
        decode(chain.add([junk, entry(sending)]))


@pytest.mark.parametrize("codes", [b"", b"\x00", b"\x00\x00\x00"])
def test_every_transaction_has_its_validation_code(codes: bytes) -> None:
    with pytest.raises(LedgerFault, match=r"^block 1: it has 2 transactions and \d validation codes"):
        decode(Chain().send(carrying("x", {}), carrying("y", {}), codes=codes))


def test_two_transactions_cannot_pass_as_one_by_being_joined() -> None:
    two = [entry(carrying("x", {})), entry(carrying("y", {}))]
    chain = Chain()
    apart = chain.add(two)
    joined = chain.add([b"".join(two)])
    assert data_hash_of(apart) == data_hash_of(joined)
    with pytest.raises(LedgerFault, match=r"^block 2, transaction 0: it is not encoded as an entry of a block is"):
        decode(joined)


BLOCK = Chain().send(carrying("x", {"a": b"1"}), carrying("y", {"b": b"2"}), codes=bytes([0, 10])).SerializeToString()


@given(st.integers(0, len(BLOCK) - 1), st.integers(1, 255))
def test_a_damaged_block_is_read_or_is_a_fault(place: int, flip: int) -> None:
    damaged = bytearray(BLOCK)
    damaged[place] ^= flip
    with suppress(DecodeError):  # not a block at all: that is for gRPC to say
        block = common_pb2.Block.FromString(bytes(damaged))
        with suppress(LedgerFault):
            decode(block)
