"""The formulas of tax that is withheld, by the tables of 2019 (预扣率表一, 预扣率表二)."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lxr.chaincode.income_tax import (
    Bracket,
    CumulativeTax,
    GapReading,
    PaymentTax,
    TaxedMonth,
    brackets_fault,
    counted,
    cumulative_fen,
    due_fen,
    payment_fen,
)

CUMULATIVE = (
    Bracket(3_600_000, 300, 0),
    Bracket(14_400_000, 1000, 252_000),
    Bracket(30_000_000, 2000, 1_692_000),
    Bracket(42_000_000, 2500, 3_192_000),
    Bracket(66_000_000, 3000, 5_292_000),
    Bracket(96_000_000, 3500, 8_592_000),
    Bracket(None, 4500, 18_192_000),
)
SERVICE = CumulativeTax(cost_bp=2000, monthly_fen=500_000, brackets=CUMULATIVE)
PAYMENT = PaymentTax(
    400_000,
    80_000,
    2000,
    (Bracket(2_000_000, 2000, 0), Bracket(5_000_000, 3000, 200_000), Bracket(None, 4000, 700_000)),
)


def withheld(payments: Sequence[tuple[int, int]], reading: GapReading | None = None) -> list[int]:
    """What each payment (month, fen) has withheld."""
    months: dict[int, TaxedMonth] = {}
    found = []
    for month, income_fen in payments:
        was = months.get(month, TaxedMonth(0, 0))
        months[month] = replace(was, income_fen=was.income_fen + income_fen)
        year = counted(months, month, reading)
        assert year is not None
        fen = due_fen(cumulative_fen(SERVICE, year.income_fen, year.months), year.withheld_fen)
        months[month] = replace(months[month], withheld_fen=was.withheld_fen + fen)
        found.append(fen)
    return found


@pytest.mark.parametrize(
    ("payments", "expected"),
    [
        ([(month, 2_000_000) for month in range(1, 7)], [33_000, 33_000, 33_000, 89_000, 110_000, 110_000]),
        ([(1, 260_000)] * 4, [0, 0, 3720, 6240]),
        ([(1, 2_000_000), (2, 100_000), (3, 1_200_000)], [33_000, 0, 1200]),
        ([(1, 100_000), (2, 2_000_000), (3, 1_200_000)], [0, 20_400, 13_800]),
        ([(1, 1_000_000)], [9000]),
        ([(month, 625_000) for month in (1, 2, 3)], [0, 0, 0]),
        ([(month, 1_000_000) for month in (1, 2, 3)], [9000, 9000, 9000]),
        ([(1, 1_000_000), (2, 200_000), (3, 1_200_000)], [9000, 0, 3600]),
    ],
)
def test_what_a_platform_withholds_is_the_tax_so_far_less_what_was_withheld(
    payments: list[tuple[int, int]], expected: list[int]
) -> None:
    assert expected == withheld(payments)


@pytest.mark.parametrize(
    ("reading", "march_fen"),
    [
        (GapReading.RESET, 9000),
        (GapReading.SINCE_GAP, 24_000),
        (GapReading.PAID_MONTHS, 9000),
        (GapReading.CALENDAR_MONTHS, 0),
    ],
)
def test_a_month_without_income_is_read_as_the_rule_says(reading: GapReading, march_fen: int) -> None:
    assert [9000, march_fen] == withheld([(1, 1_000_000), (3, 1_000_000)], reading)


def test_a_gap_that_nobody_has_said_how_to_read_stops() -> None:
    months = {1: TaxedMonth(1_000_000, 9000), 3: TaxedMonth(1_000_000, 0)}
    assert counted(months, 3, None) is None
    assert counted({3: TaxedMonth(1_000_000, 0)}, 3, None) is not None


@pytest.mark.parametrize(
    ("income_fen", "tax_fen"),
    [
        *((80_000, 0), (300_000, 44_000), (400_000, 64_000), (400_001, 64_000), (1_000_000, 160_000)),
        *((2_500_000, 400_000), (3_000_000, 520_000), (6_250_000, 1_300_000), (7_000_000, 1_540_000)),
    ],
)
def test_a_payment_is_taxed_by_its_own_table(income_fen: int, tax_fen: int) -> None:
    assert tax_fen == payment_fen(PAYMENT, income_fen)


def test_the_continuing_income_of_a_month_is_one_payment() -> None:
    found: list[int] = []
    for count in range(1, 6):
        found.append(due_fen(payment_fen(PAYMENT, 90_000 * count), sum(found)))
    assert [2000, 18_000, 18_000, 18_000, 16_000] == found


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 10_000_000)), max_size=30).map(sorted))
def test_what_was_withheld_is_the_running_maximum_of_the_tax_so_far(payments: list[tuple[int, int]]) -> None:
    """Independent of the code's own sum: in fractions, month by month."""
    taxed = withheld(payments, GapReading.CALENDAR_MONTHS)
    income, most, first = 0, 0, None
    for (month, income_fen), fen in zip(payments, taxed, strict=True):
        income += income_fen
        first = month if first is None and income else first
        months = month - (month if first is None else first) + 1
        base = income * 8000 - 500_000 * months * 10_000
        ranks = [row.rate_bp * base - row.quick_fen * 10**8 for row in CUMULATIVE]
        so_far = (2 * max(0, *ranks) + 10**8) // (2 * 10**8)  # the table's rows are chords: the highest counts
        most, before = max(most, so_far), most
        assert fen == most - before


@pytest.mark.parametrize(
    ("rows", "place"),
    [
        (CUMULATIVE, None),
        (PAYMENT.brackets, None),
        ((Bracket(None, 300, 0),), None),
        ((*CUMULATIVE[:2], *CUMULATIVE[3:]), 3),
        ((*CUMULATIVE[:-1], Bracket(99_000_000, 4500, 18_192_000)), 7),
        ((Bracket(3_600_000, 300, 1), *CUMULATIVE[1:]), 1),
        ((CUMULATIVE[0], Bracket(14_400_000, 1000, 252_001), *CUMULATIVE[2:]), 2),
        ((CUMULATIVE[0], Bracket(3_600_000, 1000, 252_000), *CUMULATIVE[2:]), 2),
        ((Bracket(None, 300, 0), Bracket(None, 1000, 252_000)), 2),
    ],
)
def test_a_rate_table_with_a_gap_an_overlap_or_a_slip_is_found(rows: tuple[Bracket, ...], place: int | None) -> None:
    assert place == brackets_fault(rows)
