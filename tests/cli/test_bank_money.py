"""Whose the money at the bank is, by commands: deposits ahead of the statement, lines that wait, acceptance, months."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bankstatement import written
from commandline import Lxr, refused
from lxr.chaincode.bank_refusals import LineDiffers, PeriodNotReady
from lxr.chaincode.refusals import DepositMissing, NotAllowed, NotCovered, PayoutsStopped
from lxr.cli.texts import node_faults
from lxr.cli.texts import told as told_lines
from lxr.settlement.messages import render
from lxr.token.refusal import Refusal

Given = Callable[[str], Lxr]
FIRST = "2026-07-30/2026073000000001"
"""The line of the first deposit, of 500.00."""
FEE = "2026-09-30/2026093000000001"


@pytest.fixture
def lxr(given: Given) -> Lxr:
    """A deposit of 500.00 is on the ledger; it is the third of August."""
    return replace(given("bank statement import"), at="2026-08-03T08:00")


def test_a_deposit_is_attested_for_today_under_the_one_form_of_its_reference_and_once(lxr: Lxr) -> None:
    for reference in ("b 7.x", "Ｂ7.x"):
        lxr.json("bank", "attest-deposit", "E001", "5.00", "--booking", reference)
    (deposit,) = lxr.json("bank", "deposit", "list")["deposits"]
    assert ("2026-08-03", "B7.X", 5_00, "attested", False) == tuple(
        deposit[name] for name in ("day", "booking", "amount_fen", "state", "cosigned")
    )
    assert 505_00 == lxr.json("ledger", "show")["supply_fen"]


def test_a_reference_that_is_known_of_another_day_is_attested_again_only_with_its_day(lxr: Lxr, tmp_path: Path) -> None:
    attest = "bank", "attest-deposit", "E001"
    lxr.json(*attest, "9.00", "--booking", "B7")
    lxr = replace(lxr, at="2026-08-04T08:00")
    lxr.json(*attest, "9.00", "--booking", "B7")  # it waits: the same again does nothing
    line = refused(lxr, 2, *attest, "8.00", "--booking", "B7")
    assert "2026-08-03/B7 is attested already, with 9.00; give --day" in line
    file = written(tmp_path / "a.xml", date(2026, 8, 3), 2, 500_00, ("B7", 9_00, "E001"), ("B8", 5_00, "E001"))
    lxr.json("bank", "statement", "import", file)
    for reference, fen in (("B7", "9.00"), ("b8", "5.00")):
        line = refused(lxr, 2, *attest, fen, "--booking", reference)
        assert f"2026-08-03/{reference.upper()} is on a statement already, with {fen}; give --day" in line
    assert 514_00 == lxr.json("ledger", "show")["supply_fen"]
    lxr.json(*attest, "9.00", "--booking", "B7", "--day", "2026-08-04")
    assert 523_00 == lxr.json("ledger", "show")["supply_fen"]


def test_a_deposit_that_its_statement_has_confirmed_the_same_day_is_said_to_be(lxr: Lxr, tmp_path: Path) -> None:
    attest = "bank", "attest-deposit", "E001", "9.00", "--booking", "B7"
    lxr.json(*attest)
    file = written(tmp_path / "a.xml", date(2026, 8, 3), 2, 500_00, ("B7", 9_00, "E001"))
    lxr.json("bank", "statement", "import", file)
    assert (0, "2026-08-03/B7: a statement has confirmed it already\n") == (lxr(*attest).code, lxr(*attest).out)
    assert 509_00 == lxr.json("ledger", "show")["supply_fen"]


def test_a_deposit_that_was_reversed_is_none_and_its_reference_is_free(given: Given) -> None:
    lxr = replace(given("bank deposit agree-reversal"), at="2026-09-01T10:00")
    lxr.json("bank", "attest-deposit", "E001", "100.00", "--booking", "B7")
    assert ["2026-09-01"] == [each["day"] for each in lxr.json("bank", "deposit", "list")["deposits"]]


def test_a_second_person_of_the_bank_signs_a_deposit_and_the_first_cannot(lxr: Lxr) -> None:
    lxr.json("bank", "attest-deposit", "E001", "5.00", "--booking", "B7")
    line = refused(lxr, 1, "--as", "bank/teller", "bank", "deposit", "cosign", "2026-08-03/B7")
    assert "another person" in line
    lxr.json("bank", "deposit", "cosign", "2026-08-03/b7")
    assert [True] == [each["cosigned"] for each in lxr.json("bank", "deposit", "list")["deposits"]]
    assert "attested by two persons" in lxr("bank", "deposit", "list").out


def test_a_missing_deposit_is_listed_and_so_is_its_reversal_until_the_union_agrees(given: Given) -> None:
    lxr = given("bank deposit list")
    assert "missing" in lxr("bank", "deposit", "list").out
    lxr.json("bank", "deposit", "reverse", "2026-08-31/B7", "--reason", "another account")
    (deposit,) = lxr.json("bank", "deposit", "list")["deposits"]
    assert ("missing", "another account", 100_00) == (deposit["state"], deposit["reversal"], deposit["blocked_fen"])
    assert "reversal proposed" in lxr("bank", "deposit", "list").out
    lxr.json("bank", "deposit", "agree-reversal", "2026-08-31/B7")
    assert [] == lxr.json("bank", "deposit", "list")["deposits"]


def test_statements_are_imported_in_order_of_date_number_and_balance_whatever_order_they_are_given_in(
    lxr: Lxr, tmp_path: Path
) -> None:
    files = [
        written(tmp_path / "a.xml", date(2026, 8, 2), None, 660_00, ("D4", 3_00, "E001")),
        written(tmp_path / "b.xml", date(2026, 8, 2), None, 650_00, ("D3", 10_00, "E001")),
        written(tmp_path / "c.xml", date(2026, 8, 1), 2, 500_00, ("D1", 100_00, "E001")),
        written(tmp_path / "d.xml", date(2026, 8, 1), 3, 600_00, ("D2", 50_00, "E001")),
    ]
    reports = lxr.json("bank", "statement", "import", *files)["statements"]
    assert [600_00, 650_00, 660_00, 663_00] == [each["closing_fen"] for each in reports]
    assert [2, 3, 4, 5] == [each["statement"] for each in reports]
    assert reports == lxr.json("bank", "statement", "import", *reversed(files))["statements"]


def test_numbers_that_begin_anew_within_a_day_are_put_in_order_by_balance(lxr: Lxr, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "a.xml", date(2026, 8, 1), 1, 600_00, ("D2", 50_00, "E001")),
        written(tmp_path / "b.xml", date(2026, 8, 1), 2, 500_00, ("D1", 100_00, "E001")),
    ]
    reports = lxr.json("bank", "statement", "import", *files)["statements"]
    assert [(2, 600_00), (1, 650_00)] == [(each["number"], each["closing_fen"]) for each in reports]


def test_of_statements_that_make_no_chain_none_is_imported(lxr: Lxr, tmp_path: Path) -> None:
    files = [
        written(tmp_path / "a.xml", date(2026, 8, 1), 2, 500_00, ("D1", 100_00, "E001")),
        written(tmp_path / "b.xml", date(2026, 8, 2), 4, 650_00, ("D3", 10_00, "E001")),
    ]
    before = lxr.tip()
    line = refused(lxr, 1, "bank", "statement", "import", *files)
    assert "b.xml: it opens with 650.00; expected 600.00, with which a.xml closes" in line
    assert before == lxr.tip()


def test_a_line_that_waits_is_listed_with_its_marks_and_ends_where_bank_and_union_say(lxr: Lxr, tmp_path: Path) -> None:
    file = written(tmp_path / "a.xml", date(2026, 8, 2), 2, 500_00, ("X1", 7_00, "退汇 E001"), ("X2", 9_00, "hello"))
    assert "2 lines wait: lxr bank line list" in lxr("bank", "statement", "import", file).out
    waiting = lxr.json("union", "line", "list")["lines"]
    assert [("2026-08-02/X1", 7_00, "退汇"), ("2026-08-02/X2", 9_00, None)] == [
        (each["line"], each["amount_fen"], each["returned"]) for each in waiting
    ]
    line = refused(lxr, 1, "bank", "line", "assign", "2026-08-02/X1", "--employer", "E001")
    assert "line 2026-08-02/X1 bears the marks of a payment that came back" in line
    assert "must be named by the bank" in lxr("union", "line", "agree", "2026-08-02/X2").err
    lxr.json("bank", "line", "assign", "2026-08-02/X2", "--platform")
    lxr.json("bank", "line", "assign", "2026-08-02/x2", "--employer", "E001")
    assert "a deposit of E001" in lxr("bank", "line", "list").out
    assert "is a deposit of E001: waiting" in lxr("bank", "line", "assign", "2026-08-02/X2", "--employer", "E001").out
    ran = lxr("union", "line", "agree", "2026-08-02/X2")
    assert "2026-08-02/X2: credit 9.00 → a deposit of E001\n2026-08-02/X2: booked as a deposit\n" == ran.out
    assert 509_00 == lxr.json("employer", "statement", "E001")["closing_fen"]
    ran = lxr("bank", "line", "assign", "2026-08-02/X2", "--employer", "E001")
    assert (0, "2026-08-02/X2 is booked already, as a deposit\n") == (ran.code, ran.out)
    line = refused(lxr, 1, "bank", "line", "assign", "2026-08-02/X2", "--platform")
    assert "statement line 2026-08-02/X2 is booked as a deposit, and must be waiting" in line
    line = refused(lxr, 1, "union", "line", "agree", FIRST)
    assert f"statement line {FIRST} is booked as a deposit, and must be waiting" in line


def test_a_debit_that_takes_a_deposit_back_is_agreed_to_by_union_and_employer(lxr: Lxr, tmp_path: Path) -> None:
    lxr.json(
        "bank", "statement", "import", written(tmp_path / "a.xml", date(2026, 8, 2), 2, 500_00, ("X1", -500_00, ""))
    )
    lxr.json("bank", "line", "assign", "2026-08-02/X1", "--undoes", FIRST)
    assert "waiting" == lxr.json("union", "line", "agree", "2026-08-02/X1")["kind"]
    assert "there is no employer E009" in lxr("employer", "line", "consent", "E009", "2026-08-02/X1").err
    ran = lxr("employer", "line", "consent", "E001", "2026-08-02/X1")
    assert (0, f"2026-08-02/X1: debit 500.00 → the undoing of {FIRST}") == (ran.code, ran.out.splitlines()[0])
    assert [] == lxr.json("bank", "line", "list")["lines"]
    assert (0, 0) == tuple(lxr.json("ledger", "show")[name] for name in ("supply_fen", "reserve_fen"))


def test_a_line_of_several_things_is_split_and_each_part_is_named_as_the_line_and_its_number(
    lxr: Lxr, tmp_path: Path
) -> None:
    file = written(tmp_path / "a.xml", date(2026, 8, 2), 2, 500_00, ("X1", -30_00, ""))
    lxr.json("bank", "statement", "import", file)
    ran = lxr("bank", "line", "assign", "2026-08-02/x1", "--part", "29.00", "--part", "1.00")
    assert "2026-08-02/X1 is several things, of 29.00, 1.00: waiting for the union\n" == ran.out
    assert "booked as several things" in lxr("union", "line", "agree", "2026-08-02/X1").out
    assert ["2026-08-02/X1~1", "2026-08-02/X1~2"] == [
        each["line"] for each in lxr.json("bank", "line", "list")["lines"]
    ]
    ran = lxr("bank", "line", "assign", "2026-08-02/x1~1", "--employer", "E001")
    assert "2026-08-02/X1~1 is money given back to E001: waiting for the union\n" == ran.out
    lxr.json("union", "line", "agree", "2026-08-02/X1~1")
    assert "refund" == lxr.json("employer", "line", "consent", "E001", "2026-08-02/X1~1")["kind"]
    lxr.json("bank", "line", "assign", "2026-08-02/X1~2", "--platform")
    assert "platform" == lxr.json("union", "line", "agree", "2026-08-02/X1~2")["kind"]
    shown = lxr.json("ledger", "show")
    assert (470_00, 1_00) == (shown["reserve_fen"], shown["supply_fen"] - shown["reserve_fen"])
    assert "'X1~0'; expected the number of a part" in refused(
        lxr, 2, "bank", "line", "assign", "2026-08-02/X1~0", "--platform"
    )


def test_a_line_is_the_deposit_that_was_attested_under_another_reference(lxr: Lxr, tmp_path: Path) -> None:
    lxr.json("bank", "attest-deposit", "E001", "9.00", "--booking", "B7", "--day", "2026-08-02")
    lxr.json("bank", "statement", "import", written(tmp_path / "a.xml", date(2026, 8, 2), 2, 500_00, ("X2", 9_00, "")))
    lxr.json("bank", "line", "assign", "2026-08-02/X2", "--deposit", "2026-08-02/b7")
    assert "deposit" == lxr.json("union", "line", "agree", "2026-08-02/X2")["kind"]
    assert [] == lxr.json("bank", "deposit", "list")["deposits"]
    assert 509_00 == lxr.json("ledger", "show")["supply_fen"]


def test_the_bank_pays_no_file_that_its_teller_has_not_accepted(given: Given) -> None:
    lxr = given("union cashout approve")
    (problem,) = lxr.json("bank", "simulate")["problems"]
    assert "it is not the file of a cash-out that the bank has accepted" in problem
    line = refused(lxr, 1, "union", "payday", "sweep", "E001-20260915")
    assert "approved and not accepted by the bank, and must be accepted by the bank" in line
    assert ["CE001-20260915"] == [each["cashout"] for each in lxr.json("bank", "cashout", "accept")["accepted"]]
    assert [] == lxr.json("bank", "cashout", "accept")["accepted"]
    lxr = replace(lxr, at="2026-09-16T10:00")
    assert ([], 263_33) == tuple(lxr.json("bank", "simulate")[name] for name in ("problems", "closing_fen"))


def test_the_teller_accepts_no_file_but_the_one_that_was_approved(given: Given) -> None:
    lxr = given("union cashout approve")
    file = lxr.directory / "bank" / "inbox" / "CE001-20260915.xml"
    approved = file.read_bytes()
    file.write_bytes(approved.replace(b"98.75", b"99.75"))
    assert "the ledger names a file of digest" in refused(lxr, 1, "bank", "cashout", "accept")
    file.unlink()
    assert "CE001-20260915.xml" in refused(lxr, 1, "bank", "cashout", "accept")
    file.write_bytes(approved)
    assert refused(lxr, 1, "--as", "union/treasurer", "bank", "cashout", "accept").startswith(
        "lxr: the treasurer of the union"
    )


def test_a_cash_out_that_cannot_be_accepted_keeps_no_other_back(given: Given) -> None:
    lxr = given("union cashout approve")
    ran = lxr("bank", "cashout", "accept", "C1", "CE001-20260915", "C2")
    assert (1, "CE001-20260915: accepted, 3 orders, 236.67\n") == (ran.code, ran.out)
    assert "C1" in ran.err
    assert [] == lxr.json("bank", "cashout", "accept")["accepted"]


def test_a_cash_out_is_cancelled_until_the_bank_has_accepted_it(given: Given) -> None:
    lxr = given("union cashout approve")
    assert "cancelled" == lxr.json("union", "cashout", "cancel", "CE001-20260915")["state"]
    assert "is cancelled" in refused(lxr, 1, "bank", "cashout", "accept", "CE001-20260915")
    assert [] == lxr.json("bank", "cashout", "accept")["accepted"]


def test_an_accepted_cash_out_is_not_cancelled(given: Given) -> None:
    lxr = given("bank cashout accept")
    assert "CE001-20260915 is accepted" in refused(lxr, 1, "union", "cashout", "cancel", "CE001-20260915")


def test_a_month_with_something_open_is_not_closed_without_carry_and_says_what_is_open(given: Given) -> None:
    lxr = replace(given("bank deposit list"), at="2026-09-01T09:00")
    before = lxr.tip()
    ran, told = lxr("union", "period", "close", "2026-08"), lxr("--json", "union", "period", "close", "2026-08")
    assert (1, 1, before) == (ran.code, told.code, lxr.tip())
    assert "deposit on no statement" in ran.out
    assert "2026-08 is not closed: 1 items are open" in ran.err
    item = {"kind": "deposit", "name": "2026-08-31/B7", "amount_fen": 100_00}
    assert {"period": "2026-08", "closed": False, "open": [item]} == told.json
    assert [item] == lxr.json("union", "period", "close", "2026-08", "--carry")["carried"]


def test_what_a_month_carries_is_countersigned_by_the_bank_before_the_next_one_closes(given: Given) -> None:
    lxr = given("union period close 2026-08 --carry")
    lxr = replace(lxr, at="2026-10-01T09:00")
    lxr.json("bank", "simulate")
    lxr.json("bank", "statement", "import")
    close = "union", "period", "close", "2026-09", "--carry"
    assert "the bank has not signed what 2026-08 carries over" in refused(lxr, 1, *close)
    lxr.json("bank", "countersign", "2026-08")
    assert lxr.json(*close)["closed"]
    assert "months close in order, the next one is 2026-10" in refused(
        lxr, 1, "union", "period", "close", "2026-11", "--carry"
    )


def test_a_month_is_closed_anew_with_what_is_open_by_then_until_it_is_countersigned(given: Given) -> None:
    lxr = replace(given("bank deposit list"), at="2026-09-01T09:00")
    first = lxr.json("union", "period", "close", "2026-08", "--carry")["carried"]
    assert first == lxr.json("union", "period", "close", "2026-08")["carried"]
    assert 1 == lxr("union", "period", "close", "2026-08", "--anew").code  # something is open, and nothing carries it
    for booking in ("B8", "B9"):
        assert ["union", "bank"] == lxr.json("bank", "countersign", "2026-08")["signed"]
        lxr.json("bank", "attest-deposit", "E001", "50.00", "--booking", booking)
        anew = lxr.json("union", "period", "close", "2026-08", "--anew", "--carry")
        assert ["union"] == anew["signed"]
    assert (len(first) + 2, 2) == (len(anew["carried"]), anew["anew"])
    for organisation in ("bank", "regulator"):
        signed = lxr.json(organisation, "countersign", "2026-08")["signed"]
    assert ["union", "bank", "regulator"] == signed
    line = refused(lxr, 1, "union", "period", "close", "2026-08", "--anew", "--carry")
    assert "period 2026-08" in line


def test_a_month_that_is_not_the_next_one_is_refused_before_what_is_open_is_listed(given: Given) -> None:
    lxr = replace(given("bank deposit list"), at="2026-09-01T09:00")
    for month, said in (
        ("2026-09", "months close in order, the next one is 2026-08"),
        ("2026-06", "months close in order, the next one is 2026-08"),
    ):
        assert said in refused(lxr, 1, "union", "period", "close", month)
        assert "" == lxr("union", "period", "close", month).out
    lxr = replace(lxr, at="2026-08-31T23:00")
    assert "2026-08 cannot be closed: it is not over" in refused(lxr, 1, "union", "period", "close", "2026-08")


@pytest.mark.parametrize(
    ("identity", "words", "command"),
    [
        ("union/treasurer", ("bank", "statement", "import", "/none.xml"), "custody.book_statement"),
        ("union/treasurer", ("bank", "attest-deposit", "E009", "5", "--booking", "B1"), "custody.attest_deposit"),
        ("bank/auditor", ("bank", "deposit", "cosign", "2026-08-01/B9"), "custody.cosign_deposit"),
        (
            "union/treasurer",
            ("bank", "deposit", "reverse", "2026-08-01/B9", "--reason", "x"),
            "custody.reverse_deposit",
        ),
        ("bank/teller", ("bank", "deposit", "agree-reversal", "2026-08-01/B9"), "custody.agree_reversal"),
        ("union/treasurer", ("bank", "line", "assign", "2026-08-01/B9", "--platform"), "custody.assign_line"),
        ("bank/teller", ("union", "line", "agree", "2026-08-01/B9"), "custody.agree_line"),
        ("union/treasurer", ("employer", "line", "consent", "E001", "2026-08-01/B9"), "custody.consent_line"),
        ("union/operator", ("union", "period", "close", "2026-09"), "period.close"),
        ("bank/teller", ("bank", "countersign", "2026-09"), "period.countersign"),
        ("bank/teller", ("bank", "audit"), "checkpoint.sign"),
        ("union/operator", ("union", "cashout", "instruct", "CE009"), "cashout.instruct"),
        ("bank/teller", ("union", "cashout", "approve", "CE009"), "cashout.approve"),
        ("union/treasurer", ("bank", "cashout", "accept"), "cashout.accept"),
    ],
)
def test_a_key_of_the_wrong_role_is_named_before_anything_is_read(
    lxr: Lxr, identity: str, words: tuple[str, ...], command: str
) -> None:
    told = render(NotAllowed(caller=identity, command=command), "en")
    assert f"lxr: {told}\n" == refused(lxr, 1, "--as", identity, *words)


def test_the_rehearsals_bank_closes_no_day_that_has_not_come(lxr: Lxr) -> None:
    line = refused(lxr, 1, "bank", "simulate", "--day", "2026-08-04")
    assert "2026-08-04 is in the future: today is 2026-08-03" in line
    assert "2026-08-03" == lxr.json("bank", "simulate", "--day", "2026-08-03")["day"]


def test_a_wage_is_sent_back_where_the_rehearsals_bank_is_told_to(given: Given) -> None:
    lxr = given("union certify")
    line = refused(lxr, 3, "bank", "simulate", "--return", "E001/R0001")
    assert "no payment order pays E001/R0001 yet" in line


def test_a_fee_overdraws_the_account_and_every_command_shows_its_balance_below_zero(lxr: Lxr) -> None:
    assert "500.00 → -1.00, " in lxr("bank", "simulate", "--fee", "501.00").out
    assert "closing -1.00" in lxr("bank", "statement", "import").out
    assert "reserve -1.00" in lxr("ledger", "show").out
    assert "supply 500.00, reserve -1.00" in lxr("union", "reconcile").out
    assert "supply 500.00, reserve -1.00" in lxr("bank", "audit").out


def test_a_fee_for_which_a_statement_has_no_room_is_not_taken(lxr: Lxr) -> None:
    line = refused(lxr, 1, "bank", "simulate", "--fee", "10000000000.01")
    assert "field fee: the day's statement has no room for 10000000000.01; expected less, or another day" in line


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (NotCovered(owner="platform", have_fen=1, need_fen=2), "平台：银行对账单可支付金额为 0.01 元，需要 0.02 元"),
        (NotCovered(owner="E001", have_fen=1, need_fen=2), "E001：银行对账单可支付金额为 0.01 元，需要 0.02 元"),
        (
            LineDiffers(case="debit", line=FEE),
            f"对账单行 {FEE} 为借方，借方不是存款",
        ),
        (
            DepositMissing(day="2026-08-31", closing_day="2026-08-31"),
            "截至 2026-08-31 的对账单已登记入账：2026-08-31 的存款应在其中",
        ),
        (PayoutsStopped(owner="platform", shortfall_fen=5), "平台的支付已停止：其托管资金短缺 0.05 元"),
        (
            PeriodNotReady(case="next", period="2026-09", next="2026-08"),
            "期间 2026-09 不能关账：须按月份顺序关账，下一个是 2026-08",
        ),
    ],
)
def test_what_is_refused_of_money_at_the_bank_is_said_in_chinese(
    monkeypatch: pytest.MonkeyPatch, refusal: Refusal, said: str
) -> None:
    monkeypatch.setattr(told_lines, "LANGUAGE", "zh")
    told = node_faults.told_of_node(refusal)
    assert told is not None
    assert said == told.line
