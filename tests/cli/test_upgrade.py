"""The commands of docs/upgrade.md, as they are written, on both ledgers; and what a user sees around them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

import consortium
import releases
from commandline import Lxr, steps, walkthrough
from fabricnet import fabric_network, on_network
from lxr.chaincode.caller import ORGANISATIONS
from lxr.node import contracts
from lxr.node.version import contract_version

AT: Final = "2026-08-05T09:00"
LEDGERS: Final = ("embedded", pytest.param("fabric", marks=pytest.mark.fabric))


@dataclass(frozen=True)
class Before:
    """A ledger that another contract can come to."""

    lxr: Lxr
    new: str
    old: str

    def words(self, *words: str) -> list[str]:
        return [word.replace("NEW", self.new[:8]) for word in words]


@pytest.fixture(params=LEDGERS)
def before(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Before]:
    here, other = contract_version(), releases.made(tmp_path, releases.A_COMMENT)
    releases.released(tmp_path, other, monkeypatch)
    variables = {"LXR_PASSPHRASE": consortium.PASSPHRASE.decode()}
    if request.param == "embedded":
        monkeypatch.setattr(consortium, "contract_version", lambda: other)
        house = consortium.House(tmp_path)
        house.close()
        yield Before(Lxr(house.consortium.directory, AT, variables), here, other)
    else:
        with fabric_network(tmp_path / "net") as net:
            consortium.House(tmp_path, on_network(net)).close()
            releases.install(net, ORGANISATIONS, releases.next_release(tmp_path, other))
            yield Before(Lxr(net.directory, AT, variables), other, here)
    contracts.contract.cache_clear()


def test_the_commands_of_the_page_bring_another_contract_into_force(before: Before) -> None:
    played = [step.words for step in steps(walkthrough("docs/upgrade.md"))]
    assert ("ledger", "audit") == played[-1]
    assert before.old == before.lxr.json("contract", "list")["in_force"]
    for words in played:
        ran = before.lxr(*before.words(*words))
        assert 0 == ran.code, (words, ran)
    listed = before.lxr.json("contract", "list")
    assert (before.new, [before.old], []) == (listed["in_force"], listed["ended"], listed["proposed"])


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_every_command_says_that_a_contract_is_pending_until_it_is_in_force(before: Before) -> None:
    lxr = before.lxr
    propose, *states, switch, _ = [before.words(*step.words) for step in steps(walkthrough("docs/upgrade.md"))][1:]
    assert "" == lxr("ledger", "show").err
    assert 0 == lxr(*propose).code
    said = f"contract {before.new[:12]}, proposed by union, can come into force from 2026-08-05T02:00 on; it is on "
    assert f"{said}the nodes of -" in lxr("ledger", "show").err
    assert (1, True) == ((early := lxr(*switch)).code, "3 organisations are needed" in early.err)
    for words in states:
        assert 0 == lxr(*words).code
        assert 0 == lxr(*words).code  # said again, it is said once
    assert "union, employer, bank" in lxr("ledger", "show").err
    assert 0 == lxr(*states[0], "--withdraw").code
    assert 1 == lxr(*switch).code
    assert [0, 0, 0] == [lxr(*words).code for words in (states[0], switch, switch)]
    assert "" == lxr("ledger", "show").err


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_a_version_that_this_node_lacks_is_told_with_every_command_and_gets_no_word(before: Before) -> None:
    lxr = before.lxr
    slip = "0" * 64
    assert 1 == lxr("contract", "propose", slip[:8], "--from", AT, "--source", "a slip").code  # nobody knows it
    ran = lxr("contract", "propose", slip, "--from", AT, "--source", "a slip")
    assert (1, True) == (ran.code, f"there is no contract {slip}" in ran.err)


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
@pytest.mark.parametrize("wrong", ["0123abc", "0123ABCD", "0" * 65, "", "x" * 8, "\udcff" * 8])
def test_what_is_no_version_is_named_with_what_was_expected(before: Before, wrong: str) -> None:
    for words in (("propose", wrong, "--from", AT, "--source", "x"), ("state", wrong), ("switch", wrong)):
        ran = before.lxr("contract", *words)
        assert (2, True) == (ran.code, "expected the first 8 to 64 digits of a version, 0-9 a-f" in ran.err), ran


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_who_proposes_is_one_of_four_and_has_proposed_it(before: Before) -> None:
    lxr, new = before.lxr, before.new[:8]
    assert 0 == lxr("contract", "propose", new, "--from", AT, "--source", "x").code
    for command in ("state", "switch"):
        for wrong in ("nobody", "Union", ""):
            ran = lxr("contract", command, new, "--by", wrong)
            assert (2, True) == (ran.code, "expected union, employer, bank or regulator" in ran.err), ran
        ran = lxr("contract", command, new, "--by", "bank")
        assert (1, True) == (ran.code, f"there is no proposal of contract {before.new}/bank" in ran.err), ran


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_a_version_that_is_like_another_is_told_from_it(before: Before, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else one organisation, proposing what begins as a release does, has every command say that there is no such."""
    lxr, near = before.lxr, f"{before.new[:12]}{'0' * 52}"
    with monkeypatch.context() as patched:
        patched.setattr("lxr.settlement.ledger.upgrade.contracts_here", lambda: (near,))
        assert 0 == lxr("--as", "bank/admin", "contract", "propose", near, "--from", AT, "--source", "x").code
    for words in (("propose", "--from", AT, "--source", "x"), ("state",), ("switch",)):
        ran = lxr("contract", words[0], before.new[:12], *words[1:])
        both = ", ".join(sorted((before.new, near)))
        assert (2, True) == (ran.code, f"several contracts begin with {before.new[:12]}: {both}" in ran.err), ran
    assert 0 == lxr("contract", "propose", before.new, "--from", AT, "--source", "x").code


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_what_an_organisation_says_of_its_proposal_is_told_as_its_word(
    before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One administrator's text stands in everybody's commands: nobody is to install what it names as if lxr said so."""
    lxr = before.lxr
    words = ("contract", "propose", before.new, "--from", AT, "--source", "get it at evil.example")
    assert 0 == lxr("--as", "bank/admin", *words).code
    monkeypatch.setattr("lxr.settlement.ledger.upgrade.contracts_here", lambda: (before.old,))
    told = lxr("ledger", "show").err
    assert f"contract {before.new[:12]}, proposed by bank, can come" in told
    assert "(bank says: get it at evil.example)" in told


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
@pytest.mark.parametrize("key", ["proposed_contract/union", "proposed_contract/nobody", "contract"])
@pytest.mark.parametrize("value", [b"x", b'{"version":"\xff"}'], ids=["no JSON", "no UTF-8"])
def test_a_damaged_proposal_keeps_nobody_from_an_audit_which_says_no(before: Before, key: str, value: bytes) -> None:
    lxr = before.lxr
    assert 0 == lxr("contract", "propose", before.new[:8], "--from", AT, "--source", "x").code
    with closing(sqlite3.connect(lxr.directory / "ledger.db")) as file:
        file.execute("INSERT OR REPLACE INTO state(key, value) VALUES (?, ?)", (key, value))
        file.commit()
    ran = lxr("ledger", "audit")
    assert (1, True) == (ran.code, f"the value under key '{key}' is not what the transactions wrote" in ran.err), ran


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_a_word_is_given_on_one_proposal_and_never_on_another_organisations_time(before: Before) -> None:
    """Else the employer could have the union's release come at an hour of its own, with words meant for the union's."""
    lxr, new = before.lxr, before.new[:8]
    late, soon = ("2026-08-06T02:00", "2026-08-05T02:00")
    assert 0 == lxr("--as", "union/admin", "contract", "propose", new, "--from", late, "--source", "0.5.0").code
    assert 0 == lxr("--as", "employer/admin", "contract", "propose", new, "--from", soon, "--source", "0.5.0").code
    ran = lxr("--as", "bank/witness", "contract", "state", new)
    assert (2, True) == (ran.code, f"union from {late}, employer from {soon}" in ran.err), ran
    for organisation in ("union", "bank", "regulator"):
        assert 0 == lxr("--as", f"{organisation}/witness", "contract", "state", new, "--by", "union").code
    assert 1 == lxr("--as", "employer/admin", "contract", "switch", new).code  # of the two it is the one that is stated
    assert 0 == Lxr(lxr.directory, late, lxr.variables)("contract", "switch", new).code


@pytest.mark.parametrize("before", ["embedded"], indirect=True)
def test_backups_of_both_sides_of_a_switch_are_restored(before: Before, tmp_path: Path) -> None:
    lxr = before.lxr
    assert 0 == lxr("ledger", "backup", tmp_path / "before.tar").code
    for step in steps(walkthrough("docs/upgrade.md")):
        assert 0 == lxr(*before.words(*step.words)).code
    assert 0 == lxr("ledger", "backup", tmp_path / "after.tar").code
    for name, version in (("before", before.old), ("after", before.new)):
        place = tmp_path / name
        ran = lxr("ledger", "restore", tmp_path / f"{name}.tar", place)
        assert 0 == ran.code, ran
        assert version == Lxr(place, AT, lxr.variables).json("contract", "list")["in_force"]
