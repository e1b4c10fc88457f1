"""MT940: statements behind SWIFT's tags. What moves money is strict, though the library that reads them is not."""

from datetime import date
from decimal import Decimal
from typing import Final

import mt940 as library
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lxr.settlement.bank.formats.mt940 import read, recognises
from lxr.settlement.bank.model import Statement
from lxr.settlement.bank.statement_lines import facts_of, lines_of
from lxr.settlement.errors import InputFault
from mutations import fuzz, mangled_bytes, one_line

ACCOUNT: Final = "6222021"
ORDER: Final = "LX260901WGABCDEFGHIJKLN"
DAY: Final = f"""\
:20:STARTUM
:25:{ACCOUNT}
:28C:97/1
:60F:C260831CNY0,00
:61:2609010901C1000,NTRFNONREF//BR1
:86:166?00转账存入?20E001?21 deposit?31622202?32甲公司
:61:2609010901D0,3NCHGNONREF
:86:手续费
:61:2609010901D400,00NTRF{ORDER}//BR3
SUPPLEMENT
:62F:C260901CNY599,70
:64:C260901CNY599,70
:86:all of it
"""


def statements(text: str, file: str = "a.sta", encoding: str = "utf-8") -> tuple[Statement, ...]:
    return read(text.encode(encoding), file, ACCOUNT).statements


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("frame", ["{}", "{{1:F01BANKCNBJ}}{{2:O940}}{{4:\n{}-}}\n", "{}-\n"])
def test_a_statement_is_read_with_its_texts_whatever_stands_around_it(encoding: str, frame: str) -> None:
    text = frame.format(DAY).replace("\n", "\r\n")
    assert recognises(text.encode(encoding)) or frame[0] == "{" == frame[1]
    (statement,) = statements(text, encoding=encoding)
    assert (97, date(2026, 9, 1), 0, 59970) == (
        statement.sequence,
        statement.date,
        statement.opening_fen,
        statement.closing_fen,
    )
    deposit, fee, payout = statement.entries
    assert (100000, -30, -40000) == (deposit.signed_fen, fee.signed_fen, payout.signed_fen)
    assert ("BR1", "97-1-2", "BR3") == (deposit.bank_ref, fee.bank_ref, payout.bank_ref)
    assert ("甲公司", "622202", "E001 deposit", None) == (
        deposit.counterparty_name,
        deposit.counterparty_account,
        deposit.remittance,
        deposit.end_to_end_id,
    )
    assert ("E001", ORDER) == (facts_of(deposit, "BR1").payer, facts_of(payout, "BR3").order)
    assert ("", "手续费", "SUPPLEMENT") == (fee.remittance, fee.bank_text, payout.bank_text)


@pytest.mark.parametrize(
    ("mark", "code", "signed_fen", "reversal", "returned"),
    [
        ("C", "NTRF", 500, False, None),
        ("D", "NTRF", -500, False, None),
        ("RC", "NTRF", -500, True, "reversal"),
        ("RD", "NTRF", 500, True, "reversal"),
        ("C", "NRTI", 500, False, "RRTN"),
    ],
)
def test_reversals_go_the_other_way_and_returned_items_are_no_deposits(
    mark: str, code: str, signed_fen: int, reversal: bool, returned: str | None
) -> None:
    sign, closing = ("C", 1000 + signed_fen) if signed_fen > -1000 else ("D", -1000 - signed_fen)
    (statement,) = statements(
        f":20:A\n:25:{ACCOUNT}\n:28C:1\n:60F:C260831CNY10,\n:61:260901{mark}5,{code}NONREF//B\n:86:166?20E001\n"
        f":62F:{sign}260901CNY{closing // 100},\n"
    )
    (entry,) = statement.entries
    line = facts_of(entry, "B")
    assert (signed_fen, reversal, returned) == (entry.signed_fen, entry.reversal, line.returned)
    assert (line.payer is None) == (returned is not None or signed_fen < 0)


@pytest.mark.parametrize(
    ("code", "of_the_bank"), [("NTRF", None), ("NCHG", "fee"), ("FCOM", "fee"), ("NINT", "interest"), ("NRTI", None)]
)
def test_the_banks_fee_and_interest_are_told_by_its_code(code: str, of_the_bank: str | None) -> None:
    (statement,) = statements(
        f":20:A\n:25:{ACCOUNT}\n:28C:1\n:60F:C260831CNY10,\n:61:260901D5,{code}NONREF//B\n:86:166?20E001\n"
        ":62F:C260901CNY5,\n"
    )
    assert [of_the_bank] == [entry.of_the_bank for entry in statement.entries]


def test_several_days_and_pages_are_statements_and_other_accounts_are_named() -> None:
    page_1 = (
        f":20:A\n:25:{ACCOUNT}\n:28C:98/1\n:60F:C260901CNY599,70\n:61:260902C1,NTRFNONREF//A\n:62M:C260902CNY600,70\n"
    )
    page_2 = (
        f":20:A\n:25:{ACCOUNT}\n:28C:98/2\n:60M:C260902CNY600,70\n:61:260902D2,NTRFNONREF//A\n:62F:C260902CNY598,70\n"
    )
    other = ":20:A\n:25:BANKCN/777\n:28C:1\n:60F:C260901USD5,\n:62F:C260901USD5,\n"
    found = read((DAY + other + page_1 + page_2).encode(), "a.sta", ACCOUNT)
    assert ("777",) == tuple(name for each in found.passed_over for name in each.names)
    first, second = found.statements
    assert (97, 59970, 98, 59970, 59870) == (
        first.sequence,
        first.closing_fen,
        second.sequence,
        second.opening_fen,
        second.closing_fen,
    )
    assert ["98-1-1", "98-2-1"] == [entry.bank_ref for entry in second.entries]  # the bank's own is that of both
    assert 2 == len(lines_of(second, "a.sta"))
    for text, fault in (
        (DAY + page_2, "field 60: goes on from a page that is missing"),
        (page_1 + DAY, "field 60: begins before the last one ends"),
        (page_1, "field 62M: is not the last page"),
        (page_1 + page_2.replace("98/2", "99/2"), "field 60M: does not follow the page before"),
        (
            page_1 + page_2.replace("60M:C260902CNY600,70", "60M:C260902CNY500,70").replace("598", "498"),
            "does not follow",
        ),
    ):
        with pytest.raises(InputFault, match=fault):
            statements(text)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("C1000,NTRF", "C1000NTRF", "row 5, field 61: has .*; expected an entry like"),
        ("C1000,NTRF", "c1000,NTRF", "row 5, field 61: has "),
        ("C1000,NTRF", f"C1000,NTRF{'X' * 50_000}//{'Y' * 50_000}", "row 5, field 61: has "),
        ("C1000,NTRF", "C１000,NTRF", "row 5, field 61: has "),
        ("C1000,NTRF", "C1,000,NTRF", "row 5, field 61: has "),
        ("C1000,NTRFNONREF//BR1", "C1000,", "row 5, field 61: has "),
        ("C1000,NTRF", "C1000,005NTRF", "row 5, field 61: has .*; expected whole fen"),
        ("C1000,NTRF", "C999,NTRF", "row 11, field 62F: is 599.70; expected 598.70, which is the opening balance"),
        ("2609010901C", "2602300230C", "row 1: is no MT940"),
        ("2609010901C", "2609010902C", "row 5, field 61: 2026-09-02 is after the statement; expected 2026-09-01"),
        ("CNY0,00", "USD0,00", "row 4, field 60F: has 'USD'; expected CNY"),
        ("CNY0,00", "CNY0,00x", "row 4, field 60F: has 'C260831CNY0,00x'; expected a balance like"),
        (":60F:", ":60E:", "row 4, field 60E: is no opening or closing balance"),
        (":62F:", ":62F:C260901CNY1,\n:62F:", "row 12, field 62F: is there twice"),
        (":28C:97/1\n", "", "row 1, field 28: is missing"),
        (":20:STARTUM", "hello\n:20:A", "row 1: stands before the first field"),
        ("手续费", "手续费\n" * 150, "row 8, field 86: more than 100 lines"),
        (":64:", ":90C:2CNY1000,00\n:64:", "row 12, field 90C: has '2CNY1000,00'; expected 1 entries of 1000.00"),
    ],
)
def test_what_moves_money_is_strict_though_the_library_is_not(old: str, new: str, fault: str) -> None:
    assert old in DAY
    with pytest.raises(InputFault, match=f"a.sta, {fault}"):
        statements(DAY.replace(old, new, 1))


def test_sums_that_are_given_and_fit_are_taken() -> None:
    assert 1 == len(statements(DAY.replace(":64:", ":90D:2CNY400,30\n:90C:1CNY1000,\n:64:")))


def test_what_an_entry_says_goes_to_no_other() -> None:
    (statement,) = statements(DAY)
    assert not any("all of it" in entry.bank_text + entry.remittance for entry in statement.entries)
    assert "手续费" not in statement.entries[2].bank_text


def test_the_library_keeps_amounts_as_decimals_and_takes_no_path_for_a_file() -> None:
    parsed = library.models.Transactions(options=library.Options.all())
    parsed.parse(DAY.replace(ORDER, "NONREF"))
    assert [Decimal("1000"), Decimal("-0.3"), Decimal("-400.00")] == [each.data["amount"].amount for each in parsed]
    with pytest.raises(InputFault, match="stands before the first field"):
        statements("/etc/passwd")


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 10**12)), max_size=9))
def test_entries_and_balances_come_out_as_they_went_in(moved: list[tuple[bool, int]]) -> None:
    total = sum(fen if credit else -fen for credit, fen in moved)

    def amount(fen: int) -> str:
        return f"{abs(fen) // 100},{abs(fen) % 100:02d}"

    entries = "".join(f":61:260901{'C' if credit else 'D'}{amount(fen)}NTRFNONREF\n" for credit, fen in moved)
    closing = f"{'D' if total < 0 else 'C'}260901CNY{amount(total)}"
    (statement,) = statements(f":20:A\n:25:{ACCOUNT}\n:28C:1\n:60F:C260831CNY0,\n{entries}:62F:{closing}\n")
    assert (total, [fen if credit else -fen for credit, fen in moved]) == (
        statement.closing_fen,
        [entry.signed_fen for entry in statement.entries],
    )


@fuzz(300)
@given(mangled_bytes(DAY.encode()))
def test_a_damaged_file_is_refused_in_one_line_or_still_adds_up(data: bytes) -> None:
    with one_line(InputFault):
        for each in read(data, "a.sta", ACCOUNT).statements:
            assert each.closing_fen == each.opening_fen + sum(entry.signed_fen for entry in each.entries)
