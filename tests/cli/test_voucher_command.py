"""A voucher's file at the command line: shown, saved, and checked by whose root one chooses."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from commandline import PASSPHRASE, Lxr
from forger import forged_ledger
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.network.consortium import open_consortium
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.vouchers import encode_voucher, find, verify_voucher

Given = Callable[[str], Lxr]


def saved(lxr: Lxr, path: Path) -> str:
    """The month's voucher with its proof, in this file, and the root of its checkpoint."""
    lxr.json("voucher", "show", "2026-09", "--proof", "--out", path)
    return str(msgspec.json.decode(path.read_bytes())["proof"]["finding"]["root"])


def test_a_voucher_is_good_by_ones_own_blocks_or_by_a_root_that_nobody_signed_and_it_is_said_which(
    given: Given, tmp_path: Path
) -> None:
    lxr = given("regulator audit")
    path = tmp_path / "month.json"
    root = saved(lxr, path)
    for words, source in (
        ((), "recomputed from this ledger's own blocks"),
        (("--root", root), "nobody"),
    ):
        told = lxr.json("voucher", "verify", path, *words)
        assert (True, [], source) == (told["good"], told["problems"], told["root_signed_by"])
        assert f"root signed by: {source}\n" in lxr("voucher", "verify", path, *words).out


def test_a_voucher_without_a_proof_or_of_another_root_is_not_good(given: Given, tmp_path: Path) -> None:
    lxr = given("regulator audit")
    path = tmp_path / "month.json"
    saved(lxr, path)
    ran = lxr("voucher", "verify", path, "--root", "0" * 64)
    assert (1, True) == (ran.code, "is not the trusted one" in ran.err)
    lxr.json("voucher", "show", "2026-09", "--out", path)
    ran = lxr("voucher", "verify", path)
    assert (1, True) == (ran.code, "there is none; no signed checkpoint covered it" in ran.err)


def test_one_auditor_who_signs_the_root_of_a_forged_ledger_makes_no_voucher_good(given: Given, tmp_path: Path) -> None:
    lxr = given("bank countersign 2026-09")
    consortium = open_consortium(lxr.directory)
    identity = consortium.identity("bank", "auditor", None, passphrase=PASSPHRASE.encode())
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    height = ledger.height()
    at_ms = max(
        msgspec.json.decode(each.envelope.payload)["at_ms"] for block in ledger.blocks() for each in block.transactions
    )
    dearer = forged_ledger(
        ledger,
        tmp_path / "forged.db",
        lambda key, value: value.replace(b'"supply_fen":', b'"supply_fen":9') if key.startswith("period/") else value,
    )
    tip = dearer.tip()
    assert tip is not None
    finding = Finding(height, next(dearer.blocks(height - 1)).hash, tip.root, 0, 0)
    signing = SignCheckpoint(request_id="unused-height", finding=finding)
    auditor = Client(ledger, identity.certificate_pem, identity.private_key, lambda: at_ms)
    auditor.submit(signing)
    auditor.on(dearer).submit(signing)
    projection = Projection.open(f"sqlite:///{tmp_path / 'projection.db'}")
    forged = encode_voucher(find(dearer, projection, "2026-09"))
    for each in (projection, dearer, ledger):
        each.close()
    assert [] == verify_voucher(forged, finding)  # it proves what the auditor signed
    path = tmp_path / "forged.json"
    path.write_bytes(forged)
    ran = lxr("--json", "voucher", "verify", path)
    assert 1 == ran.code
    assert "the root of its checkpoint is not the trusted one" in ran.out
