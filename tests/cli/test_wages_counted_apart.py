"""Two made-up months under every pay rule, for each contract type, paid by the demo and counted apart from it.

What is counted here is written from docs/terms.md alone, in fractions, and knows nothing of how the contract prices.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from commandline import PASSPHRASE, Lxr
from lxr.chaincode.runs import pay_lines
from lxr.node.embedded import EmbeddedLedger
from lxr.settlement.people.store import People

FIRST, LAST = date(2026, 9, 1), date(2026, 10, 31)
"""Two months with a holiday by itself, a week of them, and make-up days on a Sunday and a Saturday."""
HOLIDAYS = {date(2026, 9, 25), date(2026, 10, 1), date(2026, 10, 2), date(2026, 10, 3)}
DAYS_OFF = HOLIDAYS | {date(2026, 10, 5), date(2026, 10, 6), date(2026, 10, 7)}
MAKE_UP = {date(2026, 9, 20), date(2026, 10, 10)}
HOURLY_FEN, MONTHLY_FEN = 2_300, 233_000
"""The minimum wages of Chengdu, first tier."""

Row = dict[str, int]
Days = dict[date, Row]
Counted = tuple[int, int]
"""A worker's wage of a pay period, and what of it bears the service fee, in fen."""


def fen(exact: Fraction | int) -> int:
    """Rounded to a fen, a half up."""
    return int((exact + Fraction(1, 2)) // 1)


def works(day: date) -> bool:
    return day in MAKE_UP or (day.weekday() < 5 and day not in DAYS_OFF)


def each_day(days: Days, of: Callable[[Row], Fraction | int]) -> int:
    """One line for each day."""
    return sum(fen(of(row)) for row in days.values())


def beyond(days: Days, quota: int, measure: str, extra_fen: Callable[[Row], Fraction], percents: Row) -> int:
    """What is beyond the quota on working days, and all of it on others, at the percentages of its rate."""
    total = 0
    for day, row in days.items():
        kind = "holiday" if day in HOLIDAYS else "working" if works(day) else "rest"
        much = max(0, row[measure] - quota) if kind == "working" else row[measure]
        total += fen(much * extra_fen(row) * percents[kind] / 100)
    return total


def by_paid_days(full_fen: int, days: Days) -> int:
    """What a month's wage, or minimum wage, comes to by the paid days that were there."""
    month = [day for day in every_day() if (day.year, day.month) == (min(days).year, min(days).month)]
    missed = sum(works(day) and day not in days for day in month)
    there = sum(day in days if works(day) else day in HOLIDAYS for day in month)
    a_day = full_fen / Fraction("21.75")
    return fen(max(full_fen - missed * a_day, there * a_day) if missed else Fraction(full_fen))


def every_day() -> list[date]:
    return [FIRST + timedelta(days=each) for each in range((LAST - FIRST).days + 1)]


def minutes(days: Days) -> int:
    return sum(row["minutes"] for row in days.values())


def hourly(days: Days, floor_fen: int, paid_fen: int) -> int:
    """What is missing to so much for each hour of the days."""
    return max(0, fen(Fraction(floor_fen * minutes(days), 60) - paid_fen))


def steps(units: int, *rates: tuple[int, int]) -> int:
    """Units above a step at its rate; units below keep theirs."""
    tops = [*(above for above, _ in rates[1:]), 10**9]
    return sum(rate * max(0, min(units, top) - above) for (above, rate), top in zip(rates, tops, strict=True))


MORE = {"working": 50, "rest": 100, "holiday": 200}
"""Beyond the first 100 %, which the rate has paid."""
WHOLE = {"working": 150, "rest": 200, "holiday": 300}


def office(wage_fen: int) -> Callable[[Days], Counted]:
    def counted(days: Days) -> Counted:
        wage = by_paid_days(wage_fen, days)
        overtime = beyond(days, 480, "minutes", lambda _: wage_fen / Fraction("21.75") / 480, WHOLE)
        missing = max(0, by_paid_days(MONTHLY_FEN, days) - wage)
        return (total := wage + overtime + missing + 50_00), total

    return counted


def assembly(days: Days) -> Counted:
    """By the piece: 0.85 each; boxes of a day 3.00, from the 21st on 3.50, the highest rate, by which overtime goes."""
    pay = each_day(days, lambda row: 85 * row["pieces"])
    pay += each_day(days, lambda row: steps(row["boxes"], (0, 300), (20, 350)))
    pay += 100_00 if sum(row["pieces"] for row in days.values()) >= 900 else 0
    missing = max(0, by_paid_days(MONTHLY_FEN, days) - pay)
    overtime = beyond(days, 60, "pieces", lambda _: Fraction(85), MORE)
    overtime += beyond(days, 25, "boxes", lambda _: Fraction(350), MORE)
    return (total := pay + missing + overtime + 12_00 * len(days)), total


def workshop(days: Days) -> Counted:
    pay = each_day(days, lambda row: Fraction(1_700 * row["minutes"], 60))
    missing = max(0, by_paid_days(MONTHLY_FEN, days) - pay)
    return (total := pay + missing + beyond(days, 480, "minutes", lambda _: Fraction(1_700, 60), MORE)), total


def sorting(days: Days) -> Counted:
    """22.50 an hour, for those at night 2.00 more, less than the minimum wage where few are."""
    pay = each_day(days, lambda row: Fraction(2_250 * row["minutes"], 60))
    pay += each_day(days, lambda row: Fraction(200 * row["night"], 60))
    base = pay + hourly(days, HOURLY_FEN, pay)
    return base + sum(row["tips"] for row in days.values()), base


def riding(days: Days) -> Counted:
    total = {name: sum(row[name] for row in days.values()) for name in min(days.values(), key=str)}
    piece = each_day(days, lambda row: 350 * row["orders"])
    piece += each_day(days, lambda row: Fraction(123 * row["metres"], 1_000))
    piece += each_day(days, lambda row: Fraction(355 * row["parcels"], 100))
    piece += each_day(days, lambda row: 75 * row["night"])
    piece += steps(total["express"], (0, 120), (60, 150), (110, 200))
    piece += each_day(days, lambda row: Fraction(row["value"] * 5, 1_000))
    piece += each_day(days, lambda row: Fraction(row["goods"] * 100 * 25, 1_000))
    bonus = 200_00 if total["orders"] >= 330 else 0
    bonus += sum(15_00 for row in days.values() if row["orders"] >= 28)
    paid = piece + hourly(days, 2_600, piece) + bonus
    base = paid + hourly(days, HOURLY_FEN, paid) + 50_00 + 8_00 * len(days)
    base += each_day({day: row for day, row in days.items() if day in HOLIDAYS}, lambda row: 200 * row["orders"])
    return base + total["tips"], base


def helping(days: Days) -> Counted:
    """30.00 for a day, 0.30 for a minute, 2.5 % of the value; of these two at least 28.00 an hour."""
    pay = 0
    for row in days.values():
        piece = 30 * row["minutes"] + fen(Fraction(row["value"] * 25, 1_000))
        pay += 30_00 + max(piece, fen(Fraction(2_800 * row["minutes"], 60)))
    return pay, pay


def rule(kind: str, **keys: object) -> str:
    said = "\n".join(f"{name} = {f'{value!r}' if isinstance(value, str) else value}" for name, value in keys.items())
    return f"[[rule]]\nkind = {kind!r}\n{said}\n"


@dataclass(frozen=True)
class Case:
    """Terms, what a day can have of each measure, and how a pay period of them is counted."""

    contract_type: str
    payday: str
    fee_bp: int
    most: Row
    rules: tuple[str, ...]
    counted: Callable[[Days], Counted]


def office_rules(amount: str) -> tuple[str, ...]:
    return (
        rule("monthly_wage", amount=amount, leave="leave"),
        rule("overtime", normal_minutes=480),
        rule("allowance", name="phone", amount="50.00", scope="period"),
    )


MONTHLY = "kind = 'monthly'\nday = 15"
STEPS = "[{above = 0, rate = '3.00'}, {above = 20, rate = '3.50'}]"
EXPRESS = "[{above = 0, rate = '1.20'}, {above = 60, rate = '1.50'}, {above = 110, rate = '2.00'}]"
CASES = {
    "by the month": Case(
        "labour", MONTHLY, 100, {"minutes": 720, "leave": 1}, office_rules("5220.00"), office(522_000)
    ),
    "below the minimum": Case(
        "labour", MONTHLY, 100, {"minutes": 720, "leave": 1}, office_rules("2210.00"), office(221_000)
    ),
    "by the piece": Case(
        "labour",
        MONTHLY,
        175,
        {"pieces": 90, "boxes": 40, "minutes": 720},
        (
            rule("per_unit", measure="pieces", rate="0.85"),
            f"{rule('tiers', measure='boxes', scope='day')}steps = {STEPS}\n",
            rule("bonus", measure="pieces", scope="period", threshold=900, amount="100.00"),
            rule("allowance", name="meal", amount="12.00", scope="day"),
            rule("piece_overtime", measure="pieces", quota=60),
            rule("piece_overtime", measure="boxes", quota=25),
        ),
        assembly,
    ),
    "by the hour": Case(
        "labour",
        MONTHLY,
        0,
        {"minutes": 720},
        (rule("per_time", rate="17.00", per_minutes=60), rule("overtime", normal_minutes=480)),
        workshop,
    ),
    "part-time": Case(
        "part_time",
        "kind = 'weekly'\nweekday = 3",
        200,
        {"minutes": 300, "night": 60, "tips": 2_000},
        (
            rule("per_time", rate="22.50", per_minutes=60),
            rule("per_time", rate="2.00", per_minutes=60, measure="night"),
            rule("pass_through", measure="tips"),
        ),
        sorting,
    ),
    "platform": Case(
        "platform_managed",
        MONTHLY,
        225,
        {
            "orders": 30,
            "metres": 40_000,
            "parcels": 300,
            "night": 6,
            "express": 9,
            "value": 90_000,
            "goods": 400,
            "tips": 3_000,
            "minutes": 700,
        },
        (
            rule("per_unit", measure="orders", rate="3.50"),
            rule("per_unit", measure="metres", rate="1.23", per=1_000),
            rule("per_unit", measure="parcels", rate="3.55", per=100),
            rule("per_unit", measure="night", rate="0.75"),
            f"{rule('tiers', measure='express', scope='period')}steps = {EXPRESS}\n",
            rule("share", measure="value", share_percent="0.5", unit_fen=1),
            rule("share", measure="goods", share_percent="2.5", unit_fen=100),
            rule("pass_through", measure="tips"),
            rule("holiday", measure="orders", rate="2.00", per=1),
            rule("bonus", measure="orders", scope="period", threshold=330, amount="200.00"),
            rule("bonus", measure="orders", scope="day", threshold=28, amount="15.00"),
            rule("guarantee", floor_per_hour="26.00", scope="period"),
            rule("allowance", name="phone", amount="50.00", scope="period"),
            rule("allowance", name="meal", amount="8.00", scope="day"),
        ),
        riding,
    ),
    "civil": Case(
        "civil",
        "kind = 'twice_a_month'\nfirst_day = 20\nsecond_day = 5",
        300,
        {"minutes": 600, "value": 30_000},
        (
            rule("fixed_per_day", amount="30.00"),
            rule("per_time", rate="0.30", per_minutes=1),
            rule("share", measure="value", share_percent="2.5", unit_fen=1),
            rule("guarantee", floor_per_hour="28.00", scope="day"),
        ),
        helping,
    ),
}


def period(case: Case, day: date) -> date:
    """The last day of the pay period."""
    if "weekly" in case.payday:
        return day + timedelta(days=6 - day.weekday())
    if "twice" in case.payday and day.day <= 15:
        return day.replace(day=15)
    return LAST if day.month == LAST.month else date(2026, 9, 30)


def worked(case: Case) -> Iterable[tuple[str, str, date, Row]]:
    """Two employers' three workers each: one who misses nothing that is to be worked, one who is away a lot."""
    rng = Random(7)
    for employer, number in [(employer, number) for employer in "AB" for number in range(3)]:
        for day in every_day():
            if rng.random() < ((1.0 if works(day) else 0.3), 0.7, 0.2)[number]:
                row = {name: rng.randint(0, most) for name, most in case.most.items()}
                if "leave" in row:
                    row = {"minutes": 0, "leave": 1} if rng.random() < 0.1 else {**row, "leave": 0}
                row["minutes"] += 0 if row.get("leave") else 1 if row["minutes"] == 0 else 0
                yield employer, f"{employer}{number}", day, row


def written(directory: Path, case: Case) -> tuple[object, ...]:
    """The months' work as an export, its mapping and terms; how the demo is told to play them."""
    names = list(case.most)
    with (directory / "work.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["employer", "worker", "day", *names])
        writer.writerows([employer, ref, day, *row.values()] for employer, ref, day, row in worked(case))
    columns = '[columns]\nemployer = "employer"\nworker = "worker"\ndate = "day"\n[terms]\nfile = "terms.toml"\n'
    folds = "".join(f"[[measure]]\nname = '{name}'\nfold = 'sum'\ncolumn = '{name}'\n" for name in names)
    (directory / "map.toml").write_text(f'zone = "unstated"\n{columns}{folds}')
    place = "" if case.contract_type == "civil" else "minimum_wage_place = '510100-1'\n"
    head = (
        f"number = 'MADE'\npay_class = 'made-up'\ncontract_type = '{case.contract_type}'\neffective_from = 2026-09-01\n"
        f"service_fee_percent = '{case.fee_bp / 100:.2f}'\nanswer_days = 3\n{place}text = 'made up'\n"
    )
    most = "[most_per_day]\n" + "".join(f"{name} = {quantity}\n" for name, quantity in case.most.items())
    (directory / "terms.toml").write_text(f"{head}{most}[payday]\n{case.payday}\n{''.join(case.rules)}")
    return ("demo", "--records", directory / "work.csv", "--map", directory / "map.toml", "--keep", directory / "kept")


def counted(case: Case) -> dict[tuple[str, str, date], Counted]:
    """By employer, worker and last day of the pay period."""
    found: dict[tuple[str, str, date], Days] = defaultdict(dict)
    for employer, ref, day, row in worked(case):
        found[employer, ref, period(case, day)][day] = row
    return {key: case.counted(days) for key, days in found.items()}


def paid(directory: Path) -> dict[tuple[str, str, date], int]:
    """What the runs brought, by employer, worker and last day of the pay period."""
    refs: dict[str, tuple[str, str]] = {}
    with People.open(f"sqlite:///{directory / 'union' / 'store.db'}", PASSPHRASE.encode()) as people:
        for employer, name in (("E001", "A"), ("E002", "B")):
            refs |= {number: (name, ref) for ref, number in people.workers_of(employer).items()}
    found: dict[tuple[str, str, date], int] = defaultdict(int)
    ledger = EmbeddedLedger.open(directory / "ledger.db")
    try:
        for _, value in ledger.scan("lines/"):
            for worker, line in pay_lines.decode(value).lines.items():
                for part in line.parts:
                    found[*refs[worker], part.end] += part.due_fen
    finally:
        ledger.close()
    return dict(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_pay_rule_of_every_contract_type_pays_what_is_counted_apart(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    expected = counted(case)
    figures = Lxr(tmp_path / "kept").json(*written(tmp_path, case))
    assert {key: wage for key, (wage, _) in expected.items()} == paid(tmp_path / "kept")
    assert sum(wage for wage, _ in expected.values()) == figures["gross_fen"] == figures["cashed_out_fen"]
    if case.payday == MONTHLY:  # else a dispute may end after its payday, and its fee is rounded with the next run's
        runs: dict[tuple[str, date], int] = defaultdict(int)
        for (employer, _, end), (_, base) in expected.items():
            runs[employer, end] += base
        assert sum(fen(Fraction(base * case.fee_bp, 10_000)) for base in runs.values()) == figures["fee_fen"]
