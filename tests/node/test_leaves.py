"""The leaves of a transaction: salted by a seed that only the envelope has, and the same wherever they are hashed."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from lxr.chaincode.envelope import Envelope
from lxr.chaincode.governance import Propose
from lxr.chaincode.leaves import ActRecord, act_of, leaf_hashes, leaves_of, transaction_leaf, transaction_root
from lxr.chaincode.merkle import root_of
from lxr.chaincode.rows import Row, RowState
from lxr.chaincode.sheet import Sheet
from lxr.chaincode.types import canonical
from lxr.node.blocks import Transaction
from placing import placed

ANNA, BO = "W7K2M9QXT4B1Z", "W0123456789AB"
ROW = Row({"orders": 20}, 1, RowState.SUBMITTED)
SHEET = canonical(Sheet(1, times=(5,)).with_rows({ANNA: ROW, BO: ROW}))


@pytest.fixture
def transaction(sealed: Callable[..., Envelope], propose: Callable[..., Propose]) -> Transaction:
    envelope = sealed(propose(1))
    writes = (("custodian", b'{"custody":"1234"}'), ("sheet/E001/2026-08-03/0", SHEET))
    return Transaction(envelope.tx_id, envelope, True, writes, b"{}")


def of(transaction: Transaction, **changes: Any) -> Transaction:
    return msgspec.structs.replace(transaction, **changes)


def test_a_leaf_is_the_written_formula(transaction: Transaction) -> None:
    key, value = b"sheet/E001/2026-08-03/0", b'[{"orders":20},"s",1,null]'
    name = len(key).to_bytes(4, "big") + key + len(ANNA).to_bytes(4, "big") + ANNA.encode()
    salt = hmac.new(transaction.envelope.seed, name, hashlib.sha256).digest()
    expected = hashlib.sha256(b"\x02" + salt + name + value).digest()
    hashes = leaf_hashes(placed(5, 2, transaction))
    assert expected == hashes[4]
    assert [leaf.hash for leaf in leaves_of(placed(5, 2, transaction))] == hashes
    assert root_of(hashes) == transaction_root(placed(5, 2, transaction))
    assert hashlib.sha256(b"\x03" + root_of(hashes)).digest() == transaction_leaf(root_of(hashes))


def test_the_leaves_are_the_act_and_each_part_by_key_and_number(transaction: Transaction) -> None:
    sheet = "sheet/E001/2026-08-03/0"
    assert [("", ""), ("custodian", ""), (sheet, ""), (sheet, BO), (sheet, ANNA)] == [
        (leaf.key, leaf.of) for leaf in leaves_of(placed(5, 2, transaction))
    ]
    act = msgspec.json.decode(leaves_of(placed(5, 2, transaction))[0].value)
    signing = act.pop("signing")
    assert {"block": 5, "position": 2, "tx_id": transaction.tx_id, "valid": True} == act
    assert ("governance.propose", "union", "admin", None, transaction.envelope.signature.hex()) == (
        signing["command"],
        signing["organisation"],
        signing["role"],
        signing["employer"],
        signing["signature"],
    )


def test_the_same_content_under_another_seed_has_none_of_the_same_leaves(
    transaction: Transaction, sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    """So a hidden leaf cannot be guessed: whoever knows all but the seed cannot tell which of two contents it has."""
    again = of(transaction, envelope=sealed(propose(1)))
    assert {leaf.value for leaf in leaves_of(placed(5, 2, transaction))[1:]} == {
        leaf.value for leaf in leaves_of(placed(5, 2, again))[1:]
    }
    assert not set(leaf_hashes(placed(5, 2, transaction))) & set(leaf_hashes(placed(5, 2, again)))


def test_anything_else_is_another_root(transaction: Transaction) -> None:
    (first, second), root = transaction.writes, transaction_root(placed(5, 2, transaction))
    others = [
        (6, 2, transaction),
        (5, 3, transaction),
        (5, 2, of(transaction, tx_id="00" * 32)),
        (5, 2, of(transaction, valid=False)),
        (5, 2, of(transaction, writes=(first,))),
        (5, 2, of(transaction, writes=(first, (second[0], SHEET.replace(b"20", b"30"))))),
        (5, 2, of(transaction, writes=(first, (second[0] + "0", SHEET)))),
    ]
    assert len(others) + 1 == len({root, *(transaction_root(placed(*other)) for other in others)})


def test_of_a_transaction_that_is_not_valid_there_is_one_leaf_and_nothing_in_it_was_read(
    transaction: Transaction,
) -> None:
    for envelope in (transaction.envelope, Envelope(b"[" * 100_000, b""), Envelope(b"\xff", b"\x00")):
        lost = of(transaction, envelope=envelope, valid=False, writes=())
        assert ActRecord(5, 2, transaction.tx_id, False, None) == act_of(placed(5, 2, lost))
        assert leaf_hashes(placed(5, 2, of(transaction, valid=False, writes=()))) == leaf_hashes(placed(5, 2, lost))


@pytest.mark.parametrize(
    "payload",
    [b"", b"{}", b"\xff", b"[" * 100_000, b'{"seed_digest":"00"}'],
)
def test_an_envelope_that_nobody_admitted_is_a_leaf_that_names_nobody(transaction: Transaction, payload: bytes) -> None:
    assert None is act_of(placed(5, 2, of(transaction, envelope=Envelope(payload, b"")))).signing


@pytest.mark.parametrize("value", [b"", b"{}", b"\xff\xfe", b"[" * 100_000, SHEET[:-1], b'{"content":1}'])
def test_what_no_record_of_its_table_is_is_one_leaf(transaction: Transaction, value: bytes) -> None:
    for key in ("sheet/E001/2026-08-03/0", "lines/E001-20260915/0", "nothing/known", ""):
        assert 2 == len(leaf_hashes(placed(5, 2, of(transaction, writes=((key, value),)))))
        assert 2 == len(leaves_of(placed(5, 2, of(transaction, writes=((key, value),)))))


@pytest.mark.parametrize("depth", [16, 1_000, 100_000])
def test_what_is_nested_too_deep_for_a_record_is_one_leaf_whatever_stack_there_is(
    transaction: Transaction, depth: int
) -> None:
    nested = f'{{"lines":{{"{ANNA}":{"[" * depth}{"]" * depth}}}}}'.encode()
    assert 2 == len(leaf_hashes(placed(5, 2, of(transaction, writes=(("lines/E001-20260915/0", nested),)))))
