"""Contracts side by side: each transaction runs, and is checked, under the one in force at its place."""

import py_compile
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import msgspec
import pytest

import releases
from lxr.chaincode.checkpoint import Finding, SignCheckpoint
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.contract import Call
from lxr.chaincode.envelope import Envelope, SignedPayload
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.ledger_refusals import ContractMissing
from lxr.chaincode.parameter_refusals import ParameterInvalid
from lxr.chaincode.parameters import proposals
from lxr.chaincode.receipt import open_receipt
from lxr.chaincode.refusals import (
    BY_CODE,
    CertificateRefused,
    Exists,
    MalformedCommand,
    WrongState,
)
from lxr.chaincode.types import digest
from lxr.chaincode.upgrade import ProposeContract, StateContract, SwitchContract, contract_digest, proposed_contracts
from lxr.node import contracts
from lxr.node.audit import audit
from lxr.node.contracts import contract_at, contracts_here, founder, version_in_force
from lxr.node.dry_run import DryRun
from lxr.node.embedded import EmbeddedLedger
from lxr.node.port import Committed, LedgerFault, Located
from lxr.node.receipts import Receipts, recomputed_root
from lxr.node.version import contract_version
from lxr.released import RELEASES
from lxr.settlement.errors import CheckpointFault
from lxr.settlement.ledger.checkpoints import signers_of
from lxr.settlement.reports.vouchers.verify import _check_envelope, _signer_problems
from lxr.token.refusal import Refusal

AT_MS: Final = 1_788_220_800_000
THREE: Final = ("union", "employer", "regulator")
Sealed = Callable[..., Envelope]
Founds = Callable[..., Found]
Proposes = Callable[..., Propose]

OTHER_WRITES: Final = {"chaincode/governance.py": ('        "open",\n', '        "new",\n')}
"""An earlier contract that kept another word for an open proposal."""


@dataclass
class Upgraded:
    """A ledger that was founded under an earlier contract, on a node that has this one and the newest."""

    ledger: EmbeddedLedger
    sealed: Sealed
    propose: Proposes
    earlier: str
    id: str

    def envelope(self, command: AnyCommand, org: str = "union", role: str = "admin") -> Envelope:
        return self.sealed(command, org, role, ledger=self.id)

    def give(self, command: AnyCommand, org: str = "union", role: str = "admin") -> Committed | Refusal:
        (answer,) = self.ledger.submit([self.envelope(command, org, role)])
        return answer

    def named(self, version: str) -> dict[str, Any]:
        (value,) = self.ledger.read([proposed_contracts.key("union")])
        assert value is not None
        return {
            "version": version,
            "proposed_by": "union",
            "digest": contract_digest(proposed_contracts.decode(value)),
        }

    def prepare(self, version: str) -> None:
        """Propose the version, and have three witnesses state that their nodes have it."""
        source = "release notes"
        proposal = ProposeContract(request_id=f"p-{version}", version=version, not_before_ms=AT_MS, source=source)
        assert isinstance(self.give(proposal), Committed)
        for org in THREE:
            request = f"s-{version}"
            word = StateContract(request_id=request, **self.named(version))
            assert isinstance(self.give(word, org, "witness"), Committed)

    def switch(self, version: str, request: str = "switch-1") -> Committed | Refusal:
        return self.give(SwitchContract(request_id=request, **self.named(version)), "bank")

    def state_of(self, number: int) -> str:
        (value,) = self.ledger.read([proposals.key(f"PUNION-{number}")])
        assert value is not None
        return proposals.decode(value).state


@pytest.fixture(params=[releases.A_COMMENT, OTHER_WRITES], ids=["a comment", "other writes"])
def begun(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    sealed: Sealed,
    founded: Founds,
    propose: Proposes,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Upgraded]:
    earlier = releases.made(tmp_path, request.param)
    releases.released(tmp_path, earlier, monkeypatch)
    founding = founded(version=earlier)
    ledger = EmbeddedLedger.create(tmp_path / "ledger.db", sealed(founding), lambda: AT_MS)
    yield Upgraded(ledger, sealed, propose, earlier, digest(founding))
    ledger.close()
    contracts.contract.cache_clear()


@pytest.fixture
def upgraded(begun: Upgraded) -> Upgraded:
    """One proposal under the earlier contract, the switch in a block with one before and one after it, one later."""
    assert isinstance(begun.give(begun.propose(1)), Committed)
    begun.prepare(contract_version())
    switch = begun.envelope(SwitchContract(request_id="switch-1", **begun.named(contract_version())), "bank")
    envelopes = [begun.envelope(begun.propose(2)), switch, begun.envelope(begun.propose(3))]
    assert all(isinstance(answer, Committed) for answer in begun.ledger.submit(envelopes))
    assert isinstance(begun.give(begun.propose(4)), Committed)
    return begun


def open_word(upgraded: Upgraded) -> str:
    """How the earlier contract calls an open proposal."""
    return upgraded.state_of(1)


def test_each_transaction_runs_under_the_contract_in_force_at_its_place(upgraded: Upgraded) -> None:
    before = open_word(upgraded)
    assert before in ("open", "new")
    assert [before, before, "open", "open"] == [upgraded.state_of(number) for number in (1, 2, 3, 4)]
    assert contract_version() == version_in_force(upgraded.ledger)


def test_an_audit_of_both_sides_of_a_switch_says_yes_and_needs_both_contracts(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = audit(upgraded.ledger)
    assert (True, None) == (report.ok, report.fault)
    monkeypatch.delitem(RELEASES, "earlier")
    contracts.contract.cache_clear()
    report = audit(upgraded.ledger)
    assert "block 0, transaction 0" in str(report.fault)
    assert f"ContractMissing(contract={upgraded.earlier})" in str(report.fault)


def test_receipts_and_roots_hold_on_both_sides(upgraded: Upgraded) -> None:
    ledger = upgraded.ledger
    height = ledger.height()
    root = next(ledger.blocks(height - 1)).header.root
    assert root == recomputed_root(ledger, height)
    receipts = Receipts(ledger, height)
    under = []
    for block in ledger.blocks():
        for position, transaction in enumerate(block.transactions):
            located = Located(block.header.number, position, transaction)
            _, leads_to = open_receipt(receipts.of(located, lambda *_: True), height)
            assert root == leads_to
            under.append(contract_at(ledger, block.header.number, position).version)
    assert [upgraded.earlier] * (len(under) - 2) + [contract_version()] * 2 == under


def test_a_dry_run_over_a_switch_goes_on_under_the_new_contract(begun: Upgraded) -> None:
    begun.prepare(contract_version())
    dry = DryRun(begun.ledger)
    switch = begun.envelope(SwitchContract(request_id="switch-1", **begun.named(contract_version())), "bank")
    envelopes = [begun.envelope(begun.propose(1)), switch, begun.envelope(begun.propose(2))]
    assert all(isinstance(answer, Committed) for answer in dry.submit(envelopes))
    read = [
        proposals.decode(value).state for value in dry.read([proposals.key(f"PUNION-{n}") for n in (1, 2)]) if value
    ]
    assert "open" == read[1]
    assert begun.earlier == version_in_force(begun.ledger)


def test_what_was_admitted_before_a_switch_is_admitted_anew_under_the_contract_after_it(begun: Upgraded) -> None:
    begun.prepare(contract_version())
    switch = begun.envelope(SwitchContract(request_id="switch-1", **begun.named(contract_version())), "bank")
    first, second = begun.envelope(begun.propose(1)), begun.envelope(begun.propose(1))  # one request, sent twice
    answers = begun.ledger.submit([first, switch, second])
    assert [False, False, True] == [answer.replay for answer in answers if isinstance(answer, Committed)]


def test_a_refusal_of_an_earlier_contract_is_the_newest_ones(begun: Upgraded) -> None:
    assert isinstance(begun.give(begun.propose(1)), Committed)
    refused = begun.give(msgspec.structs.replace(begun.propose(1), request_id="once-again"))
    assert type(refused) is Exists
    refused = begun.give(begun.propose(2, value=msgspec.Raw(b"-1")))
    assert type(refused) is ParameterInvalid


def test_a_node_without_a_contract_states_nothing_of_it_and_does_not_switch(
    begun: Upgraded,
) -> None:
    mistyped = "0" * 64
    proposal = ProposeContract(request_id="proposed-1", version=mistyped, not_before_ms=AT_MS, source="a slip")
    assert isinstance(begun.give(proposal), Committed)
    word = StateContract(request_id="stated-1", **begun.named(mistyped))
    refused = begun.give(word, "bank", "witness")
    assert (ContractMissing, {"contract": mistyped}) == (type(refused), getattr(refused, "facts", None))
    assert isinstance(begun.switch(mistyped), ContractMissing)
    assert isinstance(begun.give(begun.propose(1)), Committed)  # and all goes on


def test_a_switch_sent_twice_brings_nothing_the_second_time(upgraded: Upgraded) -> None:
    assert isinstance(upgraded.switch(contract_version(), "switch-2"), WrongState)
    again = upgraded.switch(contract_version())
    assert isinstance(again, Committed)
    assert again.replay


@pytest.mark.parametrize("link", [False, True], ids=["bytecode", "link"])
def test_a_package_without_source_does_not_run_in_place_of_a_released_file(
    begun: Upgraded, tmp_path: Path, *, link: bool
) -> None:
    """Python takes the folder days/ before days.py; and what is no source, or elsewhere, is in no version."""
    chaincode = tmp_path / begun.earlier / "chaincode"
    elsewhere = tmp_path / "elsewhere" if link else chaincode / "days"
    elsewhere.mkdir()
    if link:
        shutil.copy(chaincode / "days.py", elsewhere / "__init__.py")
        (chaincode / "days").symlink_to(elsewhere, target_is_directory=True)
    else:
        py_compile.compile(str(chaincode / "days.py"), cfile=str(elsewhere / "__init__.pyc"))
    contracts.contract.cache_clear()
    with pytest.raises(LedgerFault, match=rf"holds {'days' if link else '__init__.pyc'}: this release is damaged"):
        begun.give(begun.propose(1))


def test_a_damaged_release_is_not_run(begun: Upgraded, tmp_path: Path) -> None:
    folder = tmp_path / begun.earlier
    with (folder / "chaincode" / "days.py").open("a") as file:
        file.write("\n")
    (folder / "chaincode" / "days.so").write_bytes(b"runs in place of days.py")
    contracts.contract.cache_clear()
    with pytest.raises(LedgerFault, match=r"holds days\.so: this release is damaged"):
        begun.give(begun.propose(1))
    (folder / "chaincode" / "days.so").unlink()
    with pytest.raises(LedgerFault, match=f"{re.escape(str(folder))}: holds contract .* this release is damaged"):
        begun.give(begun.propose(1))
    shutil.rmtree(folder)
    with pytest.raises(LedgerFault, match="this release is damaged"):
        begun.give(begun.propose(1))


def test_every_release_is_here_as_its_version_says_and_none_comes_twice() -> None:
    folders = {path.name for path in contracts.RELEASED.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders == set(RELEASES.values())
    for version in contracts_here():
        assert version == contracts.contract(version).version
    assert len(contracts_here()) == len(set(contracts_here()))


def test_no_refusal_of_a_release_is_missing_in_the_newest_contract() -> None:
    for version in RELEASES.values():
        there = contracts.load(version, contracts.RELEASED / version).Refusal.__subclasses__()
        assert {each.code: each.__name__ for each in there} == {
            each.code: BY_CODE[each.code].__name__ for each in there
        }


def test_a_founding_that_the_newest_contract_would_not_take_is_read_by_the_one_that_it_names(
    tmp_path: Path, sealed: Sealed, founded: Founds, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = ("min_length=1, max_length=60", "min_length=1, max_length=80")
    earlier = releases.made(tmp_path, {"chaincode/founding.py": change})
    releases.released(tmp_path, earlier, monkeypatch)
    named = msgspec.structs.replace(founded(version=earlier), consortium="x" * 70)
    ledger = EmbeddedLedger.create(tmp_path / "ledger.db", sealed(named), lambda: AT_MS)
    assert (True, None) == ((report := audit(ledger)).ok, report.fault)
    ledger.close()
    with pytest.raises(MalformedCommand):
        founder(sealed(msgspec.structs.replace(named, contract=contract_version())))
    contracts.contract.cache_clear()


def test_what_an_earlier_contract_took_is_shown_by_that_one_where_the_newest_is_stricter(
    upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a voucher of what came before a switch proves as much as it did before."""

    def stricter(*_: object) -> Call:
        raise CertificateRefused(case="foreign")

    finding = Finding(1, "ab" * 32, "cd" * 32, 0, 0)
    signed = upgraded.envelope(SignCheckpoint(request_id="checkpoint-1", finding=finding), "bank", "auditor")

    (first, *_) = next(upgraded.ledger.blocks(1)).transactions
    roots = upgraded.ledger.genesis.roots
    monkeypatch.setattr("lxr.chaincode.admission._admit", stricter)
    act = contract_at(upgraded.ledger, 1, 0).act(1, 0, first)
    _check_envelope(act, msgspec.structs.replace(first.envelope, seed=b""), dict(roots))
    proof: Any = SimpleNamespace(finding=finding, signed=("bank",), signers=[SignedPayload.of(signed)])
    assert [] == _signer_problems(proof, dict(roots))
    with pytest.raises(CheckpointFault):  # a checkpoint's file has nothing but its signatures: the newest judges them
        signers_of([signed], finding, None, roots)
