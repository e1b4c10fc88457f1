"""Two cores say what one says, of good signatures and of bad ones wherever they stand."""

import sys
from datetime import date
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec.structs import replace

from consortium import NAME, rehearsal
from lxr.node import audit as audits
from lxr.node import parallel_verifier, second_process
from lxr.node.audit import audit
from lxr.node.contracts import Contract, contract
from lxr.node.parallel_verifier import ALONE, BATCH_BYTES, ParallelVerifier
from lxr.node.version import contract_version
from lxr.settlement.work.signing import public_key_of
from waiting import PATIENCE_S

KEY = ec.derive_private_key(7, ec.SECP256R1())
PUBLIC, MESSAGE = public_key_of(KEY), bytes(400)
GOOD = KEY.sign(MESSAGE, ec.ECDSA(SHA256()))
BAD = KEY.sign(NAME.encode(), ec.ECDSA(SHA256()))
IN_A_BATCH = -(-BATCH_BYTES // len(MESSAGE))
COUNT = ALONE + 20 * IN_A_BATCH + 1


@pytest.fixture(autouse=True)
def _started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second process has its part in every test, however slowly it starts."""
    monkeypatch.setattr(second_process, "START_WAIT_S", PATIENCE_S)


def take(core: ParallelVerifier, count: int, bad: int | None = None) -> None:
    verify = core.by(contract(contract_version()))
    for number in range(count):
        assert verify(PUBLIC, BAD if number == bad else GOOD, MESSAGE)


@pytest.mark.parametrize("bad", [None, 0, ALONE - 1, ALONE + IN_A_BATCH, ALONE + 10 * IN_A_BATCH, COUNT - 1])
def test_one_bad_signature_among_thousands_is_found_wherever_it_stands(bad: int | None) -> None:
    with ParallelVerifier() as core:
        take(core, COUNT, bad)
        assert (bad is None) == core.all_good()
        process = core._second._process
        assert process is not None
    assert process.returncode is not None


def test_for_few_signatures_no_process_is_started() -> None:
    with ParallelVerifier() as core:
        take(core, ALONE - 1)
        assert core.all_good()
        assert core._second._process is None


def test_what_a_process_that_died_would_have_said_is_taken_for_a_no() -> None:
    with ParallelVerifier() as core:
        take(core, COUNT)
        assert core._second._process is not None
        core._second._process.kill()
        core._second._process.wait()
        take(core, COUNT)
        assert not core.all_good()
        take(core, COUNT)  # from then on this one checks them all
        assert core.all_good()
        take(core, 1, bad=0)
        assert not core.all_good()


def test_a_process_that_cannot_be_started_is_taken_for_a_no(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with ParallelVerifier() as core:
        take(core, COUNT)
        assert not core.all_good()


@pytest.mark.parametrize("bad", [None, COUNT - 1])
def test_a_process_of_another_release_judges_nothing(monkeypatch: pytest.MonkeyPatch, bad: int | None) -> None:
    """One was installed since this process began: what the newest contract is, is no longer the same for both."""
    with ParallelVerifier() as core:
        take(core, ALONE - 1)
        monkeypatch.setattr(second_process, "contract_version", lambda: "f" * 64)
        take(core, COUNT, bad)
        assert core._second._process is not None
        assert (0, False) == (core._second.waiting, core.all_good())
        take(core, COUNT, bad)  # from here on without it
        assert (bad is None) == core.all_good()


@pytest.mark.parametrize("bad", [None, COUNT - 1])
def test_nothing_waits_for_a_process_that_is_starting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: int | None
) -> None:
    never = tmp_path / "python"
    never.write_text("#!/bin/sh\nexec sleep 600\n")
    never.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(never))
    monkeypatch.setattr(second_process, "START_WAIT_S", 0)
    with ParallelVerifier() as core:
        take(core, COUNT, bad)
        assert (bad is None) == core.all_good()
        assert core._second._process is not None
        assert core._second._process.poll() is None


def test_each_block_is_asked_for_by_itself() -> None:
    with ParallelVerifier() as core:
        for bad in (None, 5, None):
            take(core, COUNT, bad)
            assert (bad is None) == core.all_good()


@pytest.mark.parametrize("alone", [0, ALONE])
def test_an_audit_on_two_cores_names_the_transaction_with_a_workers_bad_signature(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alone: int
) -> None:
    monkeypatch.setattr(parallel_verifier, "ALONE", alone)
    monkeypatch.setattr(parallel_verifier, "BATCH_BYTES", 1)
    with rehearsal(tmp_path) as house:
        team, day = house.employ(workers=3, shards=1), house.clock.go(date(2026, 8, 3))
        house.work(day, team.rows(orders=20, minutes=480))
        sound = audit(house.ledger)
        with monkeypatch.context() as broken:
            run = Contract.execute
            broken.setattr(Contract, "execute", lambda under, state, call: run(under, state, call, lambda *_: True))
            worker = team.workers["R0002"]
            team.keys[worker] = KEY
            house.confirm(team.all, day)
        house.certify(team.all, day)
        on_two = audit(house.ledger)
        on_one = audits._audit(house.ledger, None, None, ())
    assert (True, False) == (sound.ok, on_two.ok)
    assert str(on_one.fault) == str(on_two.fault)  # a refusal in it is equal to itself alone
    assert replace(on_one, fault=None) == replace(on_two, fault=None)
    named = f"SignatureWrong(case=confirmation, days={day}, worker={worker})"
    assert str(on_two.fault).startswith(f"block {sound.height}, transaction 0 (")
    assert str(on_two.fault).endswith(named)
