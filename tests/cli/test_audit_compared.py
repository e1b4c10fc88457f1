"""What one file cannot show, an audit finds by what it is compared with; what one auditor signs stops nobody else."""

import shutil
from pathlib import Path

import pytest

from commandline import Lxr
from lxr_chaincode.checkpoint import Finding, SignCheckpoint
from lxr_network.consortium import open_consortium
from lxr_node.audit import audit
from lxr_node.client import Client
from lxr_node.embedded import EmbeddedLedger
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


LAST = 10_000


@pytest.mark.parametrize(
    "keep",
    [
        lambda number, _: number < LAST,
        lambda _, command: command != "checkpoint.sign",
        lambda _, command: command != "custody.attest_deposit",
    ],
    ids=["cut off", "without checkpoints", "without deposits"],
)
def test_a_ledger_rebuilt_without_some_of_its_transactions_is_not_what_was_seen(lxr: Lxr, keep: Keep) -> None:
    last = lxr.tip()[0] - 2
    rebuild(lxr.directory / "ledger.db", lambda number, command: number < last and keep(number, command))
    assert 1 == lxr("ledger", "audit").code


def test_one_wrong_checkpoint_makes_no_audit_fail_and_blocks_no_height(lxr: Lxr) -> None:
    sign(lxr, "bank", root="0" * 64)
    assert 0 == lxr("regulator", "audit").code
