"""The same command again changes nothing, or goes on; other commands in between are not forgotten."""

import sys
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer

from commandline import PASSPHRASE, Lxr, Month, document, refused
from lxr.node.client import Client
from lxr.settlement.people.person import Person
from lxr.settlement.people.store import People

Given = Callable[[str], Lxr]
BANK = ("--bank-code", "102100099996", "--bank-name", "中国工商银行")
CARD, OTHER = "6200000000123456782", "6200000000456789015"


def test_each_step_of_the_walk_through_given_twice_changes_nothing_the_second_time(month: Month) -> None:
    assert [] == [
        (str(done.step), done.second) for done in month.done if (0, "") != (done.second.code, done.second.err)
    ]
    assert [] == [str(done.step) for done in month.done if done.between != done.after]


def test_a_batch_that_is_submitted_again_is_said_to_be_there_already(month: Month) -> None:
    done = next(done for done in month.done if str(done.step) == "employer batch submit E001 my-rehearsal/day1.json")
    assert "all 3 rows are on the ledger already, and nothing has changed" in done.second.out, done.second.out


@pytest.fixture
def lxr(given: Given) -> Lxr:
    """Before the first day of work."""
    return replace(given("bank statement import"), at="2026-08-03T08:00")


@pytest.mark.parametrize(
    "words",
    [
        ("employer", "set", "E001", "suspended", "2026-08-10", "--reason", "unpaid"),
        ("worker", "set", "E001/R0001", "suspended", "2026-08-10", "--reason", "ill"),
        ("worker", "account", "set", "E001/R0001", "--card-file", "CARD", *BANK),
        ("worker", "key", "replace", "E001/R0001", "--reason", "lost"),
        ("terms", "end", "E001", "TE001-RIDERS", "2026-12-31", "--reason", "the contract ends"),
        ("terms", "amend", "E001", "TERMS"),
        ("union", "params", "propose", "answer.days", "5", "--from", "2027-01-01", "--source", "union rule"),
        ("union", "payee", "fee", "--name", "洛小茸工会", "--account", CARD, *BANK, "--from", "2026-08-04"),
        ("bank", "attest-deposit", "E001", "12.34", "--booking", "B77"),
        (
            *("union", "deduction", "order", "E001/R0001", "tax", "1.50", "--number", "DE001-1"),
            *("--basis", "a ruling", "--document", "NOTICE"),
        ),
    ],
)
def test_a_command_given_twice_is_done_once(lxr: Lxr, month: Month, words: tuple[str, ...]) -> None:
    files = {"TERMS": terms_without_bonus(lxr, month), "CARD": card_file(lxr, OTHER), "NOTICE": document(lxr)}
    given = [files.get(word, word) for word in words]
    before, first = lxr.tip(), lxr(*given)
    between, second = lxr.tip(), lxr(*given)
    assert (0, 0, "", "") == (first.code, second.code, first.err, second.err)
    assert before != between == lxr.tip()


def card_file(lxr: Lxr, number: str) -> Path:
    """A file with that card number."""
    file = lxr.directory / "card.txt"
    file.write_text(f"{number}\n", "utf-8")
    return file


def terms_without_bonus(lxr: Lxr, month: Month) -> Path:
    """The terms of the walk-through, changed."""
    file = lxr.directory / "terms.toml"
    text = (month.base / "examples" / "terms_riders.toml").read_text("utf-8")
    file.write_text(text.replace('rate = "6.50"', 'rate = "7.00"'), "utf-8")
    return file


def test_a_standing_said_again_after_another_is_said_anew(lxr: Lxr) -> None:
    statuses = ("suspended", "active", "suspended")
    heights = [
        (lxr.json("worker", "set", "E001/R0002", status, "2026-08-10", "--reason", "x"), lxr.tip()[0])[1]
        for status in statuses
    ]
    assert 3 == len(set(heights))
    line = refused(lxr, 1, "worker", "set", "E001/R0002", "suspended", "2026-08-09", "--reason", "x")
    assert "E001/R0002" not in line


@pytest.mark.parametrize(("group", "number"), [("worker", "E001/R0002"), ("employer", "E001")])
def test_an_ending_made_by_mistake_is_undone_by_two_organisations_and_once(lxr: Lxr, group: str, number: str) -> None:
    refused(lxr, 1, group, "reinstate", number)
    lxr.json(group, "set", number, "ended", "2026-08-04", "--reason", "a slip")
    assert lxr.json(group, "reinstate", number) == lxr.json(group, "reinstate", number)
    undone, before = lxr.json(group, "reinstate", number, "--approve"), lxr.tip()
    assert undone["undone"]
    assert (undone, before) == (lxr.json(group, "reinstate", number, "--approve"), lxr.tip())
    lxr.json(group, "set", number, "suspended", "2026-08-05", "--reason", "ill")


def test_a_key_replaced_twice_is_one_new_key_and_is_good_days_after_another_organisation_approves(lxr: Lxr) -> None:
    first = lxr.json("worker", "key", "replace", "E001/R0003")
    assert first == lxr.json("worker", "key", "replace", "E001/R0003")
    approved = lxr.json("worker", "key", "replace", "E001/R0003", "--approve")
    assert (first["public_key"], "2026-08-07") == (approved["public_key"], approved["good_from"])
    assert first == lxr.json("worker", "key", "replace", "E001/R0003")
    second = replace(lxr, at="2026-08-07T08:00").json("worker", "key", "replace", "E001/R0003")
    assert second["public_key"] != first["public_key"]


def test_a_new_key_that_was_vetoed_is_gone_here_too_and_the_next_is_another(lxr: Lxr) -> None:
    refused(lxr, 3, "worker", "key", "keep", "E001/R0003")
    first = lxr.json("worker", "key", "replace", "E001/R0003")
    lxr.json("worker", "key", "replace", "E001/R0003", "--approve")
    kept = lxr.json("worker", "key", "keep", "E001/R0003")
    refused(lxr, 3, "worker", "key", "keep", "E001/R0003")
    second = lxr.json("worker", "key", "replace", "E001/R0003")
    assert 3 == len({first["public_key"], kept["public_key"], second["public_key"]})
    assert kept == lxr.json("worker", "key", "keep", "E001/R0003")


def test_another_account_and_back_are_two_changes(lxr: Lxr) -> None:
    def paid_to(number: str) -> object:
        words = ("worker", "account", "set", "E001/R0001", "--card-file", card_file(lxr, number), *BANK)
        return lxr.json(*words)["payee_commitment"]

    first, second = paid_to(OTHER), paid_to(CARD)
    assert first != second
    assert second == paid_to(CARD)


def test_a_change_of_account_that_was_cut_off_before_the_ledger_goes_on_with_the_same_commitment_or_back(
    lxr: Lxr, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is held meanwhile is paid to the account that the ledger knows; the store has both."""
    before = lxr.tip()

    def cut_off(number: str) -> Person:
        with monkeypatch.context() as patch:
            patch.setattr(Client, "submit", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            assert 0 != lxr("worker", "account", "set", "E001/R0001", "--card-file", card_file(lxr, number), *BANK).code
        assert before == lxr.tip()
        with People.open(f"sqlite:///{lxr.directory / 'union' / 'store.db'}", PASSPHRASE.encode()) as people:
            return people.get(people.find("E001", ["R0001"])["R0001"])

    def paid_to(number: str) -> object:
        words = ("worker", "account", "set", "E001/R0001", "--card-file", card_file(lxr, number), *BANK)
        return lxr.json(*words)["payee_commitment"]

    first = cut_off(OTHER)
    assert (OTHER, [CARD]) == (first.bank_account, [each.bank_account for each in first.earlier])
    assert first == cut_off(OTHER)
    assert first.earlier[0] == first.behind(str(paid_to(CARD)))
    assert before == lxr.tip()
    again = cut_off(OTHER)
    assert again.payee_commitment == paid_to(OTHER)


def test_a_card_number_comes_from_standard_input_or_a_prompt_as_from_a_file(
    given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    lxr = replace(given("bank statement import"), at="2026-08-03T08:00")
    words = ("worker", "account", "set", "E001/R0001", *BANK)
    changed = lxr.json(*words, "--card-file", card_file(lxr, OTHER))
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(f"{OTHER}\n".encode())))
    assert changed == lxr.json(*words, "--card-file", "-")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    asked: list[tuple[str, bool]] = []

    def answered(question: str, *, hide_input: bool, **_: object) -> str:
        asked.append((question, hide_input))
        return f" {OTHER} "

    monkeypatch.setattr(typer, "prompt", answered)
    assert changed == lxr.json(*words)
    assert [("Card number", True)] == asked


def test_a_founding_that_was_cut_off_goes_on_when_it_is_given_again(given: Given) -> None:
    lxr = replace(given("init"), at=None)
    (lxr.directory / "ledger.db").unlink()
    (lxr.directory / "union" / "store.db").unlink()
    assert "rehearsal" in lxr("init", lxr.directory, "--rehearsal").out
    assert (True, []) == (
        lxr.json("ledger", "audit")["ok"],
        [path.name for path in lxr.directory.glob("union/*.db") if path.name != "store.db"],
    )


def test_the_fee_of_a_run_is_paid_out_to_the_payee_that_union_and_bank_have_signed(given: Given) -> None:
    lxr = given("union payday sweep")
    proposed = lxr.json(
        "union", "payee", "fee", "--name", "洛小茸工会", "--account", CARD, *BANK, "--from", "2026-09-15"
    )
    assert "approved" == lxr.json("bank", "params", "approve", proposed["proposal"])["state"]
    opened = lxr.json("union", "cashout", "open", "CHOUSE1", "--platform")
    assert (1, 4_73) == (opened["orders"], opened["total_fen"])
    assert 1 == lxr.json("union", "cashout", "instruct", "CHOUSE1")["count"]
    assert 4_73 == lxr.json("union", "cashout", "approve", "CHOUSE1")["total_fen"]
    lxr.json("bank", "cashout", "accept", "CHOUSE1")
    lxr = replace(lxr, at="2026-09-16T10:00")
    lxr.json("bank", "simulate")
    lxr.json("bank", "statement", "import")
    (order,) = lxr.json("union", "cashout", "show", "CHOUSE1")["orders"]
    assert "settled" == order["state"]
    assert [] == lxr.json("union", "reconcile")["breaks"]


def test_a_cash_out_of_the_platform_says_what_stays_for_want_of_a_payee(given: Given) -> None:
    lxr = given("union certify")
    order = ("union", "deduction", "order", "E001/R0001", "tax", "1.50", "--number", "DE001-1", "--basis", "a ruling")
    lxr.json(*order, "--document", document(lxr))
    lxr.json("employer", "deduction", "approve", "DE001-1")
    lxr = replace(lxr, at="2026-09-15T10:00")
    lxr.json("union", "payday", "E001", "2026-09-15")
    for step in ("instruct", "approve"):
        lxr.json("union", "cashout", step, "CE001-20260915")
    lxr.json("bank", "cashout", "accept", "CE001-20260915")
    lxr.json("bank", "simulate")
    lxr.json("bank", "statement", "import")
    lxr.json("union", "payday", "sweep", "E001-20260915")
    payee = ("union", "payee", "fee", "--name", "洛小茸工会", "--account", CARD, *BANK, "--from", "2026-09-15")
    lxr.json("bank", "params", "approve", lxr.json(*payee)["proposal"])
    opened = lxr.json("union", "cashout", "open", "CHOUSE1", "--platform")
    assert (1, {"tax": 150}) == (opened["orders"], opened["without_payee"])
    said = lxr("union", "cashout", "open", "CHOUSE1", "--platform").out.splitlines()
    assert "  1.50 of tax stays: no payee of it is approved; propose one with lxr union payee tax" == said[0]
    assert said[1].startswith("CHOUSE1: 1 orders, ")


def test_a_cash_out_of_the_platform_is_refused_while_no_payee_is_approved_and_names_the_payee(given: Given) -> None:
    lxr = given("union payday sweep")
    line = refused(lxr, 1, "union", "cashout", "open", "CHOUSE1", "--platform")
    assert "parameter payee.fee (the platform's payee) has no value in force on 2026-09-15" in line


def test_a_cash_out_is_approved_by_another_person_and_only_then_is_the_file_in_the_banks_inbox(given: Given) -> None:
    lxr = given("union cashout instruct")
    file = lxr.directory / "bank" / "inbox" / "CE001-20260915.xml"
    line = refused(lxr, 1, "--as", "union/treasurer", "union", "cashout", "approve", "CE001-20260915")
    assert "lxr: treasurer@union has prepared or approved cash-out CE001-20260915 already: another person" in line
    assert not file.exists()
    approved = lxr.json("union", "cashout", "approve", "CE001-20260915")
    assert ("instructed", ["operator@union"], str(file), True) == (
        approved["state"],
        approved["approved_by"],
        approved["files"][0]["path"],
        file.exists(),
    )
    shown = lxr.json("union", "cashout", "show", "CE001-20260915")
    assert (["treasurer@union"], ["operator@union"]) == (shown["prepared_by"], shown["approved_by"])


def test_what_is_prepared_and_not_approved_is_taken_back_with_its_run(given: Given) -> None:
    lxr = given("union cashout instruct")
    assert lxr.json("union", "payday", "reverse", "E001-20260915", "--reason", "priced by mistake")["can"]
    assert 1 == lxr("union", "cashout", "approve", "CE001-20260915").code


def test_a_cash_out_that_is_cancelled_gives_back_what_it_held(given: Given) -> None:
    lxr = given("union payday E001 2026-09-15 --dry-run")
    lxr.json("union", "payday", "E001", "2026-09-15")
    assert "cancelled" == lxr.json("union", "cashout", "cancel", "CE001-20260915")["state"]
    assert 98_75 == lxr.json("worker", "balance", "E001/R0001")["closing_fen"]
    one = lxr.json("union", "cashout", "open", "CONE", "--worker", "E001/R0001")
    assert 0 == one["orders"]
    assert lxr.json("union", "payday", "reverse", "E001-20260915", "--reason", "priced by mistake")["can"]
    assert 0 == lxr.json("worker", "balance", "E001/R0001")["closing_fen"]
