"""Audit says yes to a sound ledger, and to any other it says no and where."""

import random
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from forger import write_forged
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.restoration import Restore
from lxr.node.audit import AuditReport, MisplacedRestoration, audit
from lxr.node.blocks import Transaction
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import LedgerFault
from lxr.node.sealing import Identity, sign
from lxr.node.version import contract_version
from releases import without

AT_MS = 1_788_220_800_000
Sealed = Callable[..., Envelope]
ENTRIES = {
    "block": ("header",),
    "tx": ("tx_id", "envelope", "writes", "result"),
    "state": ("key", "value"),
    "node": ("hash",),
}

WHERE = {
    "block": ("number", "'block ' || number"),
    "tx": ("rowid", "'block ' || block || ', transaction ' || position"),
    "state": ("key", "key"),
    "node": ("1000 * level + place", "'node ' || place || ' at level ' || level"),
}


@pytest.fixture(scope="module")
def sound(
    tmp_path_factory: pytest.TempPathFactory,
    sealed: Sealed,
    founded: Callable[..., Found],
    propose: Callable[..., Propose],
) -> Path:
    """A file with blocks of 1, 4, 1 and 6 transactions; the third is a checkpoint over the first two."""
    path = tmp_path_factory.mktemp("sound") / "ledger.db"
    ledger = EmbeddedLedger.create(path, sealed(founded()), lambda: AT_MS)
    ledger.submit([sealed(propose(number)) for number in range(4)])
    ledger.submit(
        [sealed(SignCheckpoint(request_id="checkpoint-2", finding=finding(audit(ledger))), "bank", "auditor")]
    )
    ledger.submit([sealed(propose(number)) for number in range(4, 10)])
    ledger.close()
    return path


@pytest.fixture
def copy(sound: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(sound, tmp_path / "copy.db"))


def finding(report: AuditReport) -> Finding:
    return Finding(report.height, report.block_hash, report.root, report.supply_fen, report.reserve_fen)


def verdict(path: Path) -> str | None:
    """The fault of the ledger in this file, None if audit says yes."""
    try:
        ledger = EmbeddedLedger.open(path)
    except LedgerFault as fault:
        return str(fault)
    report = audit(ledger)
    ledger.close()
    assert report.ok == (report.fault is None)
    return None if report.fault is None else str(report.fault)


def change(path: Path, sql: str, *parameters: object) -> None:
    connection = sqlite3.connect(path)
    with connection:
        assert 0 < connection.execute(sql, parameters).rowcount
    connection.close()


def content(path: Path) -> list[Any]:
    connection = sqlite3.connect(path)
    rows = [
        connection.execute(f"SELECT {', '.join(('typeof(' + columns[0] + ')', *columns))} FROM {table}").fetchall()
        for table, columns in ENTRIES.items()
    ]
    rows.append(connection.execute("SELECT number FROM block").fetchall())
    rows.append(connection.execute("SELECT level, place FROM node").fetchall())
    rows.append(connection.execute("SELECT tx_id, block, position FROM tx").fetchall())
    connection.close()
    return [sorted(each) for each in rows]


def test_a_sound_ledger_is_confirmed_with_its_figures(sound: Path) -> None:
    ledger = EmbeddedLedger.open(sound)
    seen: list[tuple[int, int]] = []
    report = audit(ledger, lambda done, total: seen.append((done, total)))
    tip = list(ledger.blocks())[-1]
    first = next(ledger.blocks()).hash
    assert AuditReport(True, 4, first, tip.hash, tip.header.root, 12, 0, 0, None) == report
    assert [(1, 4), (2, 4), (3, 4), (4, 4)] == seen
    ledger.close()


@pytest.mark.parametrize("seed", range(200))
def test_a_byte_changed_in_an_entry_is_found_and_the_entry_is_named(copy: Path, seed: int) -> None:
    chance = random.Random(seed)
    table, column = chance.choice([(table, column) for table, columns in ENTRIES.items() for column in columns])
    row_id, place = WHERE[table]
    connection = sqlite3.connect(copy)
    rows = connection.execute(f"SELECT {row_id}, {place}, {column} FROM {table}").fetchall()
    connection.close()
    row, name, value = chance.choice(rows)
    text = isinstance(value, str)
    data = bytearray(value.encode() if text else value)
    data[chance.randrange(len(data))] ^= 0x40 if text else 1 << chance.randrange(8)  # 0x40: never another entry's key
    changed = data.decode() if text else bytes(data)
    change(copy, f"UPDATE {table} SET {column} = ? WHERE {row_id} = ?", changed, row)
    fault = verdict(copy) or "audit said yes"
    names = [f"key {name!r}", f"key {changed!r}"] if table == "state" else [name]
    assert any(each in fault for each in names), (table, column, name, fault)


@pytest.mark.parametrize("first", range(0, 1000, 50))
def test_bytes_changed_anywhere_in_the_file_are_found_unless_its_content_is_the_same(
    sound: Path, tmp_path: Path, first: int
) -> None:
    original, before = sound.read_bytes(), content(sound)
    path = tmp_path / "copy.db"
    for seed in range(first, first + 50):
        chance = random.Random(seed)
        data = bytearray(original)
        data[chance.randrange(len(data))] ^= chance.randrange(1, 256)
        for stale in tmp_path.iterdir():
            stale.unlink()
        path.write_bytes(data)
        fault = verdict(path)
        assert fault is not None or before == content(path), seed
        assert "\n" not in (fault or "")


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("DELETE FROM tx WHERE block = 3 AND position = 5", "block 3: its header has data"),
        ("DELETE FROM tx WHERE block = 3 AND position = 2", "block 3: a transaction is missing"),
        ("DELETE FROM tx WHERE block = 3", "block 3: holds 0 transactions"),
        ("DELETE FROM block WHERE number = 1", "block 1: its header is missing"),
        ("DELETE FROM block WHERE number = 3", "key 'proposal/PUNION-4'"),
        ("DELETE FROM block", "the ledger has no blocks"),
        ("UPDATE tx SET position = 9 WHERE block = 3 AND position = 5", "block 3: a transaction is missing"),
        ("UPDATE tx SET block = 7 WHERE block = 3 AND position = 5", "block 3: its header has data"),
        ("UPDATE tx SET valid = 0 WHERE block = 3 AND position = 5", "block 3, transaction 5: is marked as not valid"),
        ("DELETE FROM state WHERE key = 'proposal/PUNION-3'", "key 'proposal/PUNION-3'"),
        ("DELETE FROM state WHERE key = 'genesis'", "key 'genesis'"),
        ("INSERT INTO state VALUES ('balance/x', x'5b395d')", "key 'balance/x'"),
        ("DELETE FROM node WHERE level = 1 AND place = 0", "log: node 0 at level 1 is not what the blocks make"),
        ("INSERT INTO node VALUES (0, 9, zeroblob(32))", "log: node 9 at level 0 is not what the blocks make"),
        ("UPDATE node SET place = 7 WHERE level = 2", "log: node 0 at level 2 is not what the blocks make"),
        ("INSERT INTO tx SELECT 'x', 9, 0, 1, envelope, writes, result FROM tx WHERE block = 0", "stand in no block"),
    ],
)
def test_a_row_that_was_removed_moved_or_added_is_named(copy: Path, sql: str, named: str) -> None:
    change(copy, sql)
    assert named in (verdict(copy) or "")


def test_a_state_that_does_not_fit_the_index_of_the_file_is_found(copy: Path) -> None:
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA writable_schema = ON")
    with connection:
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, 'UNIQUE', '') WHERE name = 'valid_once'")
    connection.close()
    assert "not a ledger, or" in (verdict(copy) or "")


Forge = Callable[[list[list[Transaction]]], None]


def forged(path: Path, sound: Path, forge: Forge) -> str | None:
    """The verdict on a ledger whose forger changed transactions and then recomputed every hash, root and state."""
    ledger = EmbeddedLedger.open(sound)
    blocks = [list(block.transactions) for block in ledger.blocks()]
    ledger.close()
    forge(blocks)
    write_forged(path, blocks)
    return verdict(path)


def test_a_forger_who_recomputes_every_hash_is_found_at_the_forged_transaction(
    sound: Path, tmp_path: Path, sealed: Sealed, propose: Callable[..., Propose], identity: Callable[..., Identity]
) -> None:
    def nothing(_: list[list[Transaction]]) -> None:
        pass

    def writes(blocks: list[list[Transaction]]) -> None:
        (key, value), *rest = blocks[1][2].writes
        dearer = ((key, value.replace(b"2300", b"9900")), *rest)
        blocks[1][2] = msgspec.structs.replace(blocks[1][2], writes=dearer)

    def one_more_key(blocks: list[list[Transaction]]) -> None:
        more = (("account/worker:W1", b"[1]"), *blocks[1][2].writes)
        blocks[1][2] = msgspec.structs.replace(blocks[1][2], writes=more)

    def result(blocks: list[list[Transaction]]) -> None:
        blocks[1][2] = msgspec.structs.replace(blocks[1][2], result=b"{}")

    def command(blocks: list[list[Transaction]]) -> None:
        envelope = blocks[1][2].envelope
        other = msgspec.structs.replace(envelope, payload=envelope.payload.replace(b"2300", b"9900"))
        blocks[1][2] = msgspec.structs.replace(blocks[1][2], tx_id=other.tx_id, envelope=other)

    def signer(blocks: list[list[Transaction]]) -> None:
        envelope = blocks[1][2].envelope
        signature = sign(identity("bank", "admin").private_key, envelope.payload)
        other = msgspec.structs.replace(envelope, signature=signature)
        blocks[1][2] = msgspec.structs.replace(blocks[1][2], envelope=other)

    def twice(blocks: list[list[Transaction]]) -> None:
        blocks[3].append(msgspec.structs.replace(blocks[1][2], tx_id="00" * 32))

    def left_out(blocks: list[list[Transaction]]) -> None:
        del blocks[2:]

    def refused(blocks: list[list[Transaction]]) -> None:
        envelope = sealed(propose(77, proposal="PUNION-1"))
        blocks[1][2] = Transaction(envelope.tx_id, envelope, True, (), b"{}")

    def two_foundings(blocks: list[list[Transaction]]) -> None:
        blocks[0] += blocks.pop(1)

    named = "block 1, transaction 2 ("
    for forge, fault in (
        (nothing, None),
        (left_out, None),
        (writes, f"{named}.*'proposal/PUNION-2' is not what the contract writes"),
        (one_more_key, f"{named}.*'account/worker:W1' is not what the contract writes"),
        (result, f"{named}.*its result is not the contract's"),
        (command, f"{named}.*CertificateRefused(case=signature)"),
        (signer, f"{named}.*CertificateRefused(case=signature)"),
        (twice, "block 3, transaction 6 (.*is stored under the id"),
        (refused, f"{named}.*Exists(number=PUNION-1, what=proposal)"),
        (two_foundings, "block 0: holds 5 transactions"),
    ):
        path = tmp_path / f"{forge.__name__}.db"
        found = forged(path, sound, forge)
        if fault is None:
            assert found is None
        else:
            start, _, end = fault.partition(".*")
            assert found is not None
            assert found.startswith(start), found
            assert end in found


@pytest.mark.parametrize(
    ("field", "value"),
    [("block_hash", "0" * 64), ("root", "0" * 64), ("supply_fen", 1), ("reserve_fen", 1), ("height", 1), ("height", 9)],
)
def test_a_checkpoint_that_says_something_else_is_named_and_is_no_fault_of_the_ledger(
    copy: Path, sealed: Sealed, field: str, value: object
) -> None:
    ledger = EmbeddedLedger.open(copy)
    wrong = msgspec.structs.replace(finding(audit(ledger)), **{field: value})
    ledger.submit([sealed(SignCheckpoint(request_id="checkpoint-4", finding=wrong), "regulator", "auditor")])
    report = audit(ledger)
    ledger.close()
    assert report.ok
    (named,) = report.wrong_checkpoints
    assert (wrong.height, "regulator", "regulator/auditor", 4) == (
        *(named.height, named.organisation, named.signer, named.block),
    )
    assert (value == 9, wrong) == (named.early, named.signed)
    assert (field in named.differs) if field != "height" else (named.found is None or "root" in named.differs)


def test_a_height_signed_before_it_was_reached_is_wrong_when_it_is_reached_too(
    copy: Path, sealed: Sealed, propose: Callable[..., Propose]
) -> None:
    ledger = EmbeddedLedger.open(copy)
    early = msgspec.structs.replace(finding(audit(ledger)), height=6)
    ledger.submit([sealed(SignCheckpoint(request_id="checkpoint-6", finding=early), "bank", "witness")])
    ledger.submit([sealed(propose(20))])
    (named,) = audit(ledger).wrong_checkpoints
    ledger.close()
    assert (6, 4, True) == (named.height, named.block, named.early)
    assert named.found is not None


def test_a_checkpoint_that_was_superseded_counts_no_more(copy: Path, sealed: Sealed) -> None:
    ledger = EmbeddedLedger.open(copy)
    right = finding(audit(ledger))
    for number, given in enumerate((msgspec.structs.replace(right, root="0" * 64), right)):
        reason = "wrong copy" if number else None
        command = SignCheckpoint(request_id=f"checkpoint-4:{number}", finding=given, reason=reason)
        ledger.submit([sealed(command, "regulator", "auditor")])
    report = audit(ledger)
    ledger.close()
    assert (True, ()) == (report.ok, report.wrong_checkpoints)


@pytest.mark.parametrize(
    ("height", "own_hash", "named"), [(4, True, False), (3, True, True), (5, True, True), (4, False, True)]
)
def test_a_restoration_that_does_not_stand_where_it_says_is_named_and_is_no_fault_of_the_ledger(
    copy: Path, sealed: Sealed, height: int, own_hash: bool, named: bool
) -> None:
    ledger = EmbeddedLedger.open(copy)
    last = audit(ledger)
    assert 4 == last.height
    said = last.block_hash if own_hash else "0" * 64
    command = Restore(request_id=f"restore:{height}", height=height, block_hash=said, reason="lost")
    envelope = sealed(command, "regulator")
    ledger.submit([envelope])
    report = audit(ledger)
    ledger.close()
    expected = MisplacedRestoration(height, "regulator", 4, envelope.tx_id, said, last.block_hash)
    assert (True, ()) == (report.ok, report.restored)
    assert ((expected,) if named else ()) == report.misplaced_restorations


def test_a_ledger_of_a_contract_that_is_not_here_is_not_confirmed(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without(contract_version(), monkeypatch)
    assert f"ContractMissing(contract={contract_version()})" in (verdict(copy) or "")


def test_audit_sees_one_moment_while_others_submit(copy: Path, sealed: Sealed, propose: Callable[..., Propose]) -> None:
    ledger, other = EmbeddedLedger.open(copy), EmbeddedLedger.open(copy)
    numbers = iter(range(100, 200))

    def submit_another(_done: int, _total: int) -> None:
        other.submit([sealed(propose(next(numbers)))])

    report = audit(ledger, submit_another)
    assert (True, 4) == (report.ok, report.height)
    assert (True, 8) == ((report := audit(ledger)).ok, report.height)
    ledger.close()
    other.close()
