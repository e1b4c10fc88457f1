"""What an organisation has seen: kept whole, moved only forward, and compared with whatever ledger is shown next."""

import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from msgspec.structs import replace

from lxr.chaincode.envelope import Envelope
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.node.audit import Restored, audit
from lxr.node.embedded import EmbeddedLedger
from lxr.node.restore import declare_restored
from lxr.node.said import Said
from lxr.node.sealing import Identity
from lxr.node.seen import Memory, Seen, SeenFault, audit_with_memory, difference
from rebuilding import rebuild

BLOCKS = [(f"{number:x}" * 64, f"{number + 8:x}" * 64) for number in range(4)]
SEEN = Seen(BLOCKS[0][0], 3, *BLOCKS[2])


@pytest.mark.parametrize(
    ("changes", "height", "said"),
    [
        ({}, 3, None),
        ({}, 4, None),
        ({}, 2, "truncated: the ledger ends at block 1, bank has seen block 2 on it"),
        ({"height": 10**30}, 4, "truncated: the ledger ends at block 3, bank has seen block"),
        ({"block_hash": "f" * 64}, 4, f"forked: block 2 is {BLOCKS[2][0]}, bank has seen {'f' * 64} there"),
        ({"root": "f" * 64}, 4, f"forked: the root after block 2 is {BLOCKS[2][1]}, bank has seen {'f' * 64} there"),
        ({"ledger": "f" * 64}, 4, f"another ledger: its first block is {BLOCKS[0][0]}, bank has seen {'f' * 64}"),
    ],
)
def test_a_ledger_that_does_not_go_on_from_what_was_seen_is_told(
    changes: dict[str, object], height: int, said: str | None
) -> None:
    told = difference(replace(SEEN, **changes), "bank", height, BLOCKS.__getitem__, ())
    assert told is None if said is None else str(told).startswith(said)


@pytest.mark.parametrize(("height", "seen_before", "excused"), [(2, False, True), (2, True, False), (3, False, False)])
def test_what_was_seen_above_a_backup_is_gone_once_two_organisations_say_so_and_only_that_once(
    height: int, seen_before: bool, excused: bool
) -> None:
    tx_ids = ("a" * 64, "b" * 64)
    seen = replace(SEEN, restored_by=tx_ids[:1] if seen_before else ())
    restored = [Restored(height, tx_ids, ("union", "regulator"))]
    assert excused == (difference(seen, "bank", 2, BLOCKS.__getitem__, restored) is None)


def test_an_audit_goes_on_from_a_restored_ledger_and_not_from_one_that_one_organisation_cut_off(
    ledger: EmbeddedLedger,
    tmp_path: Path,
    sealed: Callable[..., Envelope],
    propose: Callable[..., Propose],
    identity: Callable[[str, str], Identity],
) -> None:
    ledger.submit([sealed(propose(1))])
    shutil.copyfile(ledger.path, tmp_path / "backup.db")
    ledger.submit([sealed(propose(2))])
    ledger.submit([sealed(propose(3))])
    at_ms, memory = ledger.genesis.founded_ms, Memory("bank", tmp_path)
    assert audit_with_memory(ledger, memory).ok
    for organisations, says in ((("union",), False), (("union", "regulator"), True)):
        shutil.copyfile(tmp_path / "backup.db", tmp_path / "restored.db")
        restored = EmbeddedLedger.open(tmp_path / "restored.db")
        declare_restored(restored, [identity(each, "admin") for each in organisations], "lost", at_ms)
        said = [each.envelope for each in next(restored.blocks(restored.height() - 1)).transactions]
        report = audit_with_memory(restored, Memory("bank", tmp_path))
        assert (says, says) == (report.ok, bool(report.restored))
        restored.submit([sealed(propose(4))])
        assert audit_with_memory(restored, Memory("bank", tmp_path)).ok == says
        restored.close()
    shutil.copyfile(tmp_path / "backup.db", tmp_path / "again.db")
    again = EmbeddedLedger.open(tmp_path / "again.db")
    assert not audit_with_memory(again, Memory("bank", tmp_path)).ok  # cut off after it was restored
    for envelope in said:  # the same words, packed in another way by whoever holds the file
        again.submit([envelope])
    assert not audit_with_memory(again, Memory("bank", tmp_path)).ok
    again.close()
    ledger.close()


def test_a_yes_moves_it_forward_and_nothing_moves_it_back(
    ledger: EmbeddedLedger, tmp_path: Path, sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    assert None is Memory("bank", tmp_path).seen
    early = audit_with_memory(ledger, Memory("bank", tmp_path))
    ledger.submit([sealed(propose(1))])
    late = audit_with_memory(ledger, Memory("bank", tmp_path))
    Memory("bank", tmp_path).move(early)
    seen = Memory("bank", tmp_path).seen
    assert seen is not None
    assert (1, 2, late.block_hash, late.root) == (early.height, seen.height, seen.block_hash, seen.root)
    assert 0o600 == Memory("bank", tmp_path).path.stat().st_mode & 0o777
    assert ["ledger.db", "seen.json"] == sorted(
        path.name for path in tmp_path.iterdir() if not path.name.startswith("ledger.db-")
    )


def test_a_memory_of_many_restorations_can_be_read_again(ledger: EmbeddedLedger, tmp_path: Path) -> None:
    """Whoever signs one after another would make it too long to be read, and have it removed."""
    memory = Memory("bank", tmp_path)
    report = audit_with_memory(ledger, memory)
    told = tuple(f"{number:064x}" for number in range(5_000))
    memory.move(replace(report, restored=(Restored(1, told, ("union", "bank")),)))
    seen = Memory("bank", tmp_path).seen
    assert seen is not None
    assert told == seen.restored_by


def test_an_audit_that_says_no_leaves_it_as_it_was(
    ledger: EmbeddedLedger, tmp_path: Path, sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    audit_with_memory(ledger, Memory("bank", tmp_path))
    before = Memory("bank", tmp_path).path.read_bytes()
    ledger.submit([sealed(propose(1))])
    assert not audit_with_memory(ledger, Memory("bank", tmp_path), None, [lambda _, __: Said("something else")]).ok
    assert before == Memory("bank", tmp_path).path.read_bytes()


def test_a_ledger_built_anew_is_forked_and_one_cut_off_truncated_where_a_bare_audit_says_yes(
    ledger: EmbeddedLedger, tmp_path: Path, sealed: Callable[..., Envelope], propose: Callable[..., Propose]
) -> None:
    for number in range(3):
        ledger.submit([sealed(propose(number))])
    audit_with_memory(ledger, Memory("bank", tmp_path))
    ledger.submit([sealed(propose(3))])
    path = ledger.path
    ledger.close()
    for left_out, said in (
        (2, "forked: block 3 is "),
        (3, "truncated: the ledger ends at block 2, bank has seen block 3 on it"),
    ):
        rebuild(path, lambda number, _, gone=left_out: number != gone)  # type: ignore[misc]
        again = EmbeddedLedger.open(path)
        assert (True, said) == (
            audit(again).ok,
            str(audit_with_memory(again, Memory("bank", tmp_path)).fault)[: len(said)],
        )
        again.close()


def test_a_ledger_founded_anew_with_other_root_certificates_is_not_this_nodes(
    ledger: EmbeddedLedger, founded: Callable[..., Found]
) -> None:
    own = founded().roots
    for roots, said in ((own, None), ({**own, "bank": own["union"]}, "founded with other root certificates")):
        opened = EmbeddedLedger.open(ledger.path, roots=partial(dict, roots))
        fault = audit(opened).fault
        opened.close()
        assert fault is None if said is None else said in str(fault)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff", b"[" * 100_000, b'{"height":1}', b'{"height":true}' * 999])
def test_one_that_is_damaged_is_one_line_that_says_what_to_do(
    ledger: EmbeddedLedger, tmp_path: Path, content: bytes
) -> None:
    memory = Memory("bank", tmp_path)
    memory.path.write_bytes(content)
    for use in (lambda: audit_with_memory(ledger, memory), lambda: memory.difference_of(ledger, ())):
        with pytest.raises(SeenFault) as caught:
            use()
        assert "seen.json: is damaged: what bank has seen" in str(caught.value)
        assert "remove it and audit with a checkpoint of another organisation" in str(caught.value)
        assert "\n" not in str(caught.value)
    assert content == memory.path.read_bytes()


def test_a_directory_that_is_gone_is_one_line(ledger: EmbeddedLedger, tmp_path: Path) -> None:
    with pytest.raises(SeenFault, match="No such file"):
        audit_with_memory(ledger, Memory("bank", tmp_path / "none"))
