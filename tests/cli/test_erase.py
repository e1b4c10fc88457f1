"""`lxr union worker erase`: whom the law has kept is in no file of the consortium afterwards, free pages included."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import EXAMPLES, Lxr, Month
from leaver import CASH_OUT, REASON, REF, Left, in_files
from lxr.settlement.errors import PeopleFault
from lxr.settlement.people import redaction, rows_of_tables
from lxr.settlement.people.store import People
from lxr.settlement.rehearsal import books


@pytest.fixture
def left(month: Month, tmp_path: Path) -> Left:
    return Left(month, tmp_path)


def test_in_no_file_of_the_consortium_is_anything_left_of_whoever_is_erased(left: Left) -> None:
    assert {"books.db", "copy.csv", "older.csv", ".X.xml.part", f"{CASH_OUT}.xml"} < set(
        in_files(left.lxr.directory, left.person)
    )
    batches = [path for path in left.lxr.directory.glob("*.json") if left.worker in path.read_text()]
    assert batches
    lxr = left.let_the_law_pass()
    done = left.erase()
    assert ("erased", [], []) == (done["state"], done["left"], done["backups"])
    assert [] == in_files(lxr.directory, left.person)
    for path in batches:
        assert ('"R0003"' in path.read_text(), left.worker in path.read_text()) == (False, False)
    with left.people() as people:
        for number, other in left.others.items():
            assert other == people.get(number)
        for refused in (people.get, people.get_blocked):
            with pytest.raises(PeopleFault, match="is erased"):
                refused(left.worker)
        with pytest.raises(PeopleFault, match="are not in the store"):
            people.blind(CASH_OUT)
    assert [other.name in left.roster.read_text("utf-8-sig") for other in left.others.values()] == [True, True]


def test_everything_else_goes_on_after_somebody_is_erased(left: Left) -> None:
    lxr = left.let_the_law_pass()
    left.erase()
    assert [] == lxr.json("union", "reconcile")["breaks"]
    assert 0 == lxr("bank", "simulate").code
    assert 0 == lxr("bank", "statement", "import").code
    assert 0 == lxr("union", "audit").code
    assert 0 == lxr("worker", "balance", left.worker).code
    assert 0 == lxr("ledger", "persons").code
    for word in (left.worker, REF):
        ran = lxr("worker", "account", "set", word, "--card-file", EXAMPLES / "walkthrough" / "new-card.txt", *BANK)
        assert (1, 1) == (ran.code, len(ran.err.splitlines())), ran


BANK = ("--bank-code", "102100099996", "--bank-name", "中国工商银行")


def test_while_a_retention_runs_the_data_are_blocked_and_shown_for_a_reason_only(left: Left) -> None:
    lxr = left.lxr = Lxr(left.lxr.directory, "2026-10-22T10:00")
    done = left.erase(REF)
    assert ("blocked", "2056-12-31") == (done["state"], done["until"])
    assert done == left.erase()
    lxr = left.lxr
    assert (
        1
        == lxr(
            "worker", "account", "set", left.worker, "--card-file", EXAMPLES / "walkthrough" / "new-card.txt", *BANK
        ).code
    )
    assert 2 == lxr("union", "worker", "show", left.worker).code
    shown = lxr.json("union", "worker", "show", left.worker, "--reason", "the tribunal asks")
    assert (left.person.name, left.person.bank_account) == (shown["name"], shown["bank_account"])
    (kept,) = lxr.json("ledger", "persons")["persons"]
    assert (left.worker, "blocked", 1) == (kept["worker"], kept["state"], kept["shown"])
    lxr.json("union", "worker", "unblock", left.worker, "--reason", "an award came")
    with left.people() as people:
        assert left.person == people.get(left.worker)


def test_backups_with_the_person_in_them_are_named_and_no_others(left: Left, tmp_path: Path) -> None:
    lxr = left.lxr
    lxr.json("ledger", "backup", left.backup)
    lost = tmp_path / "lost.tar"
    lxr.json("ledger", "backup", lost)
    lost.unlink()
    lxr = left.let_the_law_pass()
    ran = lxr("--json", "union", "worker", "erase", left.worker, *REASON)
    assert [{"file": str(left.backup), "readable": True}, {"file": str(lost), "readable": False}] == ran.json["backups"]
    assert [f"lxr: a backup still has them: {left.backup}", str(lost) in ran.err] == [ran.err.splitlines()[0], True]
    lxr.json("ledger", "backup", tmp_path / "after.tar")
    left.backup.unlink()
    again = lxr("--json", "union", "worker", "erase", left.worker, *REASON).json
    assert [str(left.backup), str(lost)] == [each["file"] for each in again["backups"]]


def test_a_file_that_only_its_owner_can_change_is_named_and_nothing_is_destroyed_before_it_is_gone(left: Left) -> None:
    lxr = left.let_the_law_pass()
    letter = lxr.directory / "letter.txt"
    letter.write_text(f"{left.person.name}, {left.worker}")
    ran = lxr("--json", "union", "worker", "erase", left.worker, *REASON)
    assert (1, [str(letter)]) == (ran.code, json.loads(ran.out.splitlines()[0])["left"])
    letter.unlink()
    assert "erased" == left.erase()["state"]
    assert [] == in_files(lxr.directory, left.person)


class Broken(OSError):
    pass


def breaking(monkeypatch: pytest.MonkeyPatch, at: int) -> Callable[[], int]:
    """Lets the at-th step of an erasure fail, and those after it. Gives how many steps there were."""
    done = 0

    def patched(owner: object, name: str) -> None:
        real = getattr(owner, name)

        def call(*words: object, **named: object) -> object:
            nonlocal done
            done += 1
            if done > at:
                raise Broken(5, "broken off")
            return real(*words, **named)

        monkeypatch.setattr(owner, name, call)

    patched(Path, "unlink")
    patched(redaction, "write_durably")
    patched(rows_of_tables, "write_durably")
    patched(books.Books, "forget")
    patched(People, "destroy_blinds")
    patched(People, "erase")
    return lambda: done


@pytest.mark.parametrize("at", range(8))
def test_broken_off_anywhere_the_same_command_again_finishes_it(
    left: Left, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lxr = left.let_the_law_pass()
    with monkeypatch.context() as patched:
        breaking(patched, at)
        ran = lxr("union", "worker", "erase", left.worker, *REASON)
        assert (1, 1) == (ran.code, len(ran.err.splitlines())), ran
    assert "erased" == left.erase()["state"]
    assert [] == in_files(lxr.directory, left.person)
