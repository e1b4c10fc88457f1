"""What one file cannot show, an audit finds by what it is compared with; what one auditor signs stops nobody else."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from commandline import LXR, Lxr
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.restoration import Restore
from lxr.chaincode.types import canonical
from lxr.network.consortium import open_consortium
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.embedded import EmbeddedLedger
from lxr.node.seen import Memory, SeenFault
from lxr.settlement.messages import tell
from rebuilding import Keep, rebuild

AT = "2026-08-03T10:00"
PASSPHRASE = b"an unlikely passphrase"


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Lxr:
    """An employer, a deposit, three audits, one more deposit and one more audit of the union."""
    lxr = Lxr(tmp_path_factory.mktemp("compared") / "home", AT)
    lxr.json("init", lxr.directory, "--rehearsal")
    lxr.json("employer", "add", "E001")
    lxr.json("bank", "attest-deposit", "E001", "50.00", "--booking", "B1")
    for organisation in ("union", "bank", "regulator"):
        lxr.json(organisation, "audit")
    lxr.json("bank", "attest-deposit", "E001", "70.00", "--booking", "B2")
    lxr.json("union", "audit")
    return lxr


@pytest.fixture
def lxr(founded: Lxr, tmp_path: Path) -> Lxr:
    shutil.copytree(founded.directory, tmp_path / "home")
    return Lxr(tmp_path / "home", AT)


def sign(lxr: Lxr, organisation: str, **changes: object) -> Finding:
    """An auditor signs what the ledger does not hold."""
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    report = audit(ledger)
    right = {name: getattr(report, name) for name in Finding.__struct_fields__}
    finding = Finding(**(right | changes))
    who = open_consortium(lxr.directory).identity(organisation, "auditor", passphrase=PASSPHRASE)
    client = Client(ledger, who.certificate_pem, who.private_key, lambda: 1_785_722_400_000)
    client.submit(SignCheckpoint(request_id=f"wrong-{finding.height}", finding=finding))
    ledger.close()
    return finding


def told(lxr: Lxr, *words: object) -> str:
    """The one line of a command that is refused, in whichever form, with exit code 1."""
    ran, as_json = lxr(*words), lxr("--json", *words)
    assert (1, 1) == (ran.code, as_json.code), ran
    assert 1 == len(ran.err.splitlines()), ran
    assert isinstance(as_json.json, dict)
    return ran.err


WAYS: dict[str, Keep] = {
    "cut off": lambda number, _: number < 10,
    "without checkpoints": lambda _, command: command != "checkpoint.sign",
    "without deposits": lambda _, command: command != "custody.attest_deposit",
}


@pytest.mark.parametrize("way", WAYS)
def test_a_ledger_rebuilt_without_some_of_its_transactions_is_not_what_was_seen(lxr: Lxr, way: str) -> None:
    rebuild(lxr.directory / "ledger.db", WAYS[way])
    assert 0 == lxr("ledger", "audit", "--as", "employer/witness").code  # which has seen nothing
    for organisation, words in (
        ("union", ("ledger", "audit")),
        ("bank", ("ledger", "audit", "--as", "bank/auditor")),
        ("union", ("union", "audit")),
        ("bank", ("bank", "audit")),
        ("regulator", ("union", "audit", "--as", "regulator/witness")),
    ):
        kind = "truncated: the ledger ends at" if way == "cut off" else "(truncated: the ledger ends at|forked:)"
        assert re.search(f"audit says no: {kind} block .*{organisation} has seen", told(lxr, *words))


def test_a_ledger_rebuilt_with_something_else_instead_is_forked(lxr: Lxr) -> None:
    rebuild(lxr.directory / "ledger.db", lambda _, command: command != "custody.attest_deposit")
    for booking in ("C1", "C2", "C3"):
        lxr.json("bank", "attest-deposit", "E001", "1.00", "--booking", booking)
    assert "audit says no: forked: block " in told(lxr, "ledger", "audit")
    assert "union has seen" in told(lxr, "union", "audit")


def test_an_audit_says_whose_memory_it_was_compared_with(lxr: Lxr) -> None:
    end = lxr.tip()[0] - 1
    assert "compared with what the union has seen: block" in lxr("ledger", "audit").out
    assert f"compared with what the union has seen: block {end}" in lxr("ledger", "audit").out
    assert "the employer has seen nothing before" in lxr("ledger", "audit", "--as", "employer/witness").out
    memory = lxr.json("ledger", "audit", "--as", "employer/witness")["memory"]
    assert ("employer", end + 1) == (memory["organisation"], memory["seen"]["height"])


def test_a_memory_that_is_damaged_is_one_line_and_nothing_is_signed(lxr: Lxr) -> None:
    (lxr.directory / "orgs" / "bank" / "seen.json").write_text("{}")
    before = lxr.tip()
    for words in (("bank", "audit"), ("bank", "countersign", "2026-08"), ("ledger", "audit", "--as", "bank/auditor")):
        assert "orgs/bank/seen.json: is damaged: what the bank has seen of the ledger cannot be read" in told(
            lxr, *words
        )
    assert before == lxr.tip()
    assert 0 == lxr("ledger", "audit").code


def test_a_backup_takes_the_memory_along(lxr: Lxr, tmp_path: Path) -> None:
    lxr.json("ledger", "backup", tmp_path / "lxr.tar")
    restored = Lxr(tmp_path / "new", AT)
    restored.json("ledger", "restore", tmp_path / "lxr.tar", restored.directory)
    names = [f"orgs/{organisation}/seen.json" for organisation in ("union", "bank", "regulator")]
    assert [(lxr.directory / name).read_bytes() for name in names] == [
        (restored.directory / name).read_bytes() for name in names
    ]
    assert True is restored.json("ledger", "audit")["ok"]


def test_one_wrong_checkpoint_makes_no_audit_fail_and_blocks_no_height(lxr: Lxr) -> None:
    wrong = sign(lxr, "bank", root="0" * 64)
    sign(lxr, "bank", height=10_000)
    ran = lxr("regulator", "audit")
    assert 0 == ran.code
    assert "; signed by the regulator" in ran.out
    first, second = ran.err.splitlines()
    assert f"lxr: wrong checkpoint {wrong.height}: the auditor of the bank signed root {wrong.root}, found " in first
    assert "lxr: wrong checkpoint 10000: the auditor of the bank signed it in block " in second
    report = lxr.json("ledger", "audit")
    named = [
        (each["height"], each["organisation"], each["differs"], each["early"]) for each in report["wrong_checkpoints"]
    ]
    assert (True, [(wrong.height, "bank", ["root"], False), (10_000, "bank", [], True)]) == (report["ok"], named)


def declare(lxr: Lxr, organisation: str, height: int, block_hash: str) -> None:
    """An administrator says that the ledger was restored from its first blocks."""
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    who = open_consortium(lxr.directory).identity(organisation, "admin", passphrase=PASSPHRASE)
    client = Client(ledger, who.certificate_pem, who.private_key, lambda: 1_785_722_400_000)
    request_id = f"restore:{organisation}:{height}"
    client.submit(Restore(request_id=request_id, height=height, block_hash=block_hash, reason="lost"))
    ledger.close()


def test_a_misplaced_restoration_is_named_by_every_audit_with_who_signed_it_and_where(lxr: Lxr) -> None:
    height = lxr.json("ledger", "show")["height"]
    declare(lxr, "bank", 2, "0" * 64)
    declare(lxr, "union", height + 1, "0" * 64)
    ran = lxr("ledger", "audit")
    assert 0 == ran.code
    first, second = ran.err.splitlines()
    assert (
        f"lxr: misplaced restoration: the bank signed in block {height} that this ledger goes on from a backup "
        in first
    )
    assert "of its first 2 blocks, which only block 2 can say" in first
    assert f"the union signed in block {height + 1} that this ledger goes on from a backup of its first " in second
    assert f"whose last is {'0' * 64}, found " in second
    report = lxr.json("ledger", "audit")
    named = [(each["organisation"], each["height"], each["block"]) for each in report["misplaced_restorations"]]
    assert (True, [("bank", 2, height), ("union", height + 1, height + 1)]) == (report["ok"], named)


def test_a_wrong_checkpoint_is_superseded_by_an_audit_with_a_reason(lxr: Lxr) -> None:
    sign(lxr, "bank", root="0" * 64)
    assert 1 == len(lxr.json("bank", "audit", "--reason", "read from a copy")["wrong_checkpoints"])
    assert [] == lxr.json("bank", "audit", "--reason", "read from a copy")["wrong_checkpoints"]


def test_every_organisation_signs_by_its_witness_too_and_an_employer_by_nobody_else(lxr: Lxr) -> None:
    lxr.json("bank", "attest-deposit", "E001", "1.00", "--booking", "B3")
    for organisation in ("union", "bank", "regulator"):
        assert f"; signed by the {organisation}" in lxr(organisation, "audit", "--as", f"{organisation}/witness").out
    assert "; signed by the employer" in lxr("employer", "audit").out
    assert "union, employer, bank, regulator" == lxr.json("ledger", "show")["checkpoints"][-1][1]
    assert "; signed by the bank" in lxr("union", "audit", "--as", "bank/auditor").out
    assert "union/teller" in lxr("union", "audit", "--as", "union/teller").err


def exported(lxr: Lxr, file: Path) -> tuple[int, Path]:
    """A file of the last checkpoint."""
    height = int(lxr.json("ledger", "show")["checkpoints"][-1][0])
    ran = lxr("ledger", "checkpoint", height, "--out", file)
    assert 0 == ran.code, ran
    return height, file


def test_a_checkpoints_file_finds_what_was_cut_off_or_built_anew_without_any_memory(lxr: Lxr, tmp_path: Path) -> None:
    height, file = exported(lxr, tmp_path / "checkpoint.json")
    for organisation in ("union", "bank", "regulator"):
        (lxr.directory / "orgs" / organisation / "seen.json").unlink()
    first = lxr.directory / "orgs" / "employer"
    assert 0 == lxr("ledger", "audit", "--checkpoint", file, "--as", "employer/witness").code
    (first / "seen.json").unlink()
    rebuild(lxr.directory / "ledger.db", lambda number, _: number < height - 2)
    for words in (("ledger", "audit"), ("bank", "audit"), ("employer", "audit")):
        line = told(lxr, *words, "--checkpoint", file)
        assert f"truncated: the ledger ends at block {height - 3}, union signed block {height - 1} of it" in line
    assert 0 == lxr("ledger", "audit").code
    for booking in ("C1", "C2", "C3"):
        lxr.json("bank", "attest-deposit", "E001", "1.00", "--booking", booking)
    said = f"forked: union signed block_hash {json.loads(file.read_text())['finding']['block_hash']} at height {height}"
    assert said in told(lxr, "ledger", "audit", "--checkpoint", file)


def test_several_checkpoints_files_are_each_compared(lxr: Lxr, tmp_path: Path) -> None:
    _, file = exported(lxr, tmp_path / "one.json")
    wrong = sign(lxr, "bank", root="0" * 64)
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    signing = list(ledger.blocks())[-1].transactions[0].envelope
    ledger.close()
    signed = [{"payload": signing.payload.decode(), "signature": signing.signature.hex()}]
    other = tmp_path / "two.json"
    other.write_bytes(canonical({"finding": wrong, "signed": signed}))
    line = told(lxr, "ledger", "audit", "--checkpoint", file, "--checkpoint", other)
    assert f"forked: bank signed root {wrong.root} at height {wrong.height}" in line


def test_a_height_that_nobody_has_signed_is_not_known_yet_and_one_that_nobody_signed_rightly_has_no_file(
    lxr: Lxr, tmp_path: Path
) -> None:
    assert (3, "lxr: nobody has signed a checkpoint 3\n") == ((ran := lxr("ledger", "checkpoint", 3)).code, ran.err)
    lxr.json("bank", "attest-deposit", "E001", "1.00", "--booking", "B3")
    wrong = sign(lxr, "bank", root="0" * 64)
    line = told(lxr, "ledger", "checkpoint", wrong.height, "--out", tmp_path / "none")
    assert f"nobody has signed what the ledger holds at height {wrong.height}" in line
    assert not (tmp_path / "none").exists()


Plain = dict[str, Any]
BAD: list[tuple[Callable[[Plain], object], str]] = [
    (lambda _: b"", "is no checkpoint"),
    (lambda _: b"\xff", "is no checkpoint"),
    (lambda _: b"[" * 100_000, "is no checkpoint"),
    (lambda _: b" " * 300_000, "more than 200000 bytes"),
    (lambda plain: plain | {"signed": []}, "is no checkpoint"),
    (lambda plain: plain | {"more": 1}, "is no checkpoint"),
    (lambda plain: plain | {"signed": plain["signed"] * 2}, "signature 2: the union has signed already"),
    (
        lambda plain: plain | {"finding": plain["finding"] | {"supply_fen": 1}},
        "signature 1: the auditor of the union signed something else than its checkpoint",
    ),
    (
        lambda plain: plain | {"signed": [plain["signed"][0] | {"signature": "30" * 8}]},
        "signature 1: the signature is not the certificate's over this command",
    ),
    (
        lambda plain: plain | {"signed": [plain["signed"][0] | {"payload": "{}"}]},
        "signature 1: the payload: field ledger at $ is missing",
    ),
]


@pytest.mark.parametrize(("change", "said"), BAD)
def test_a_checkpoints_file_that_is_none_is_one_line(
    lxr: Lxr, tmp_path: Path, change: Callable[[Plain], object], said: str
) -> None:
    _, file = exported(lxr, tmp_path / "checkpoint.json")
    made = change(json.loads(file.read_text()))
    file.write_bytes(made if isinstance(made, bytes) else canonical(made))
    assert f"checkpoint.json: {said}" in told(lxr, "ledger", "audit", "--checkpoint", file)
    before = lxr.tip()
    told(lxr, "bank", "audit", "--checkpoint", file)
    assert before == lxr.tip()


def test_a_checkpoint_of_another_ledger_is_one_line(lxr: Lxr, tmp_path: Path) -> None:
    other = Lxr(tmp_path / "other", AT)
    other.json("init", other.directory, "--rehearsal")
    other.json("union", "audit")
    _, file = exported(other, tmp_path / "checkpoint.json")
    line = told(lxr, "ledger", "audit", "--checkpoint", file)
    assert "signature 1: it was signed for ledger" in line


def test_a_voucher_is_verified_with_a_checkpoints_file_and_the_signers_are_named(lxr: Lxr, tmp_path: Path) -> None:
    lxr.json("bank", "audit")
    _, file = exported(lxr, tmp_path / "checkpoint.json")
    lxr.json("voucher", "show", "2026-08-03/B2", "--proof", "--out", tmp_path / "voucher.json")
    (lxr.directory / "ledger.db").rename(tmp_path / "away.db")
    ran = lxr("voucher", "verify", tmp_path / "voucher.json", "--checkpoint", file)
    assert 0 == ran.code, ran
    assert "root signed by: the union, the bank" in ran.out
    answer = lxr.json("voucher", "verify", tmp_path / "voucher.json", "--checkpoint", file)
    assert "union, bank" == answer["root_signed_by"]
    both = lxr("voucher", "verify", tmp_path / "voucher.json", "--checkpoint", file, "--root", "0" * 64)
    assert (2, "lxr: give --root or --checkpoint, not both\n") == (both.code, both.err)
    (tmp_path / "away.db").rename(lxr.directory / "ledger.db")
    lxr.json("bank", "attest-deposit", "E001", "1.00", "--booking", "B3")
    lxr.json("bank", "audit")
    _, later = exported(lxr, tmp_path / "later.json")
    assert "is not the trusted one" in told(lxr, "voucher", "verify", tmp_path / "voucher.json", "--checkpoint", later)


def test_a_damaged_memory_is_told_in_chinese(tmp_path: Path) -> None:
    (tmp_path / "seen.json").write_text("{}")
    with pytest.raises(SeenFault) as caught:
        Memory("bank", tmp_path).comparisons()
    assert "seen.json：已损坏，无法读取银行先前所见的账本；请从备份取回" in tell(caught.value, "zh")


def test_a_wrong_checkpoint_is_told_in_chinese_too(lxr: Lxr) -> None:
    wrong = sign(lxr, "bank", root="0" * 64)
    environment = os.environ | {"LXR_DIR": str(lxr.directory), "LXR_AT": AT, "LXR_LANG": "zh"}
    ran = subprocess.run([LXR, "ledger", "audit"], env=environment, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode
    assert f"检查点 {wrong.height} 有误：银行审计员所签根为 {wrong.root}，审计所得为 " in ran.stderr
    assert "已与工会先前所见核对：区块 " in ran.stdout


def test_a_misplaced_restoration_is_told_in_chinese_too(lxr: Lxr) -> None:
    height = lxr.json("ledger", "show")["height"]
    declare(lxr, "bank", 2, "0" * 64)
    declare(lxr, "bank", height + 1, "0" * 64)
    environment = os.environ | {"LXR_DIR": str(lxr.directory), "LXR_AT": AT, "LXR_LANG": "zh"}
    ran = subprocess.run([LXR, "ledger", "audit"], env=environment, capture_output=True, text=True, check=False)
    assert 0 == ran.returncode
    assert (
        f"恢复声明位置不符：银行在区块 {height} 中声明账本自前 2 个区块的备份继续，该声明只能载于区块 2" in ran.stderr
    )
    assert f"其最后区块为 {'0' * 64}，审计所得为 " in ran.stderr


def test_a_voucher_of_a_copy_is_not_good_by_a_checkpoint_that_was_signed_for_the_copy(lxr: Lxr, tmp_path: Path) -> None:
    """Auditors sign honestly on a copy to train with, on which there is money that the original does not have."""
    lxr.json("ledger", "backup", tmp_path / "lxr.tar")
    copy = Lxr(tmp_path / "copy", AT)
    copy.json("ledger", "restore", tmp_path / "lxr.tar", copy.directory, "--copy")
    copy.json("bank", "attest-deposit", "E001", "999999.00", "--booking", "B9")
    copy.json("bank", "audit")
    _, file = exported(copy, tmp_path / "checkpoint.json")
    copy.json("voucher", "show", "2026-08-03/B9", "--proof", "--out", tmp_path / "voucher.json")
    assert 0 == copy("voucher", "verify", tmp_path / "voucher.json", "--checkpoint", file).code
    words = "voucher", "verify", tmp_path / "voucher.json", "--checkpoint", file
    assert "it was signed for ledger" in told(lxr, *words)
