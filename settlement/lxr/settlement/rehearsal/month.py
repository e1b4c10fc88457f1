"""Plausible records to rehearse with: a month of delivery orders and the rosters of the riders, made from a seed.

The people, accounts and orders are made up. A rider delivers about ten orders a day, fewer than in life, so that a
rehearsal of the month stays short.
"""

import csv
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from stdnum import luhn

from lxr.node.said import Said
from lxr.settlement.errors import InputFault

EMPLOYERS_MAX: Final = 99
WORKERS_MAX: Final = 9_999

ORDER_COLUMNS: Final = ("order_no", "rider", "started_at", "delivered_at", "distance_km")
ROSTER_COLUMNS: Final = ("worker_ref", "name", "bank_account", "bank_code", "bank_name")

SURNAMES: Final = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN: Final = "伟强磊军洋勇艳杰娟涛明超霞平刚桂英华玉兰红建国志海波鹏飞宇浩然子轩梓晨雨欣佳怡思远文博俊峰春梅"
# Clearing numbers (CNAPS) of head offices.
BANKS: Final = (
    ("102100099996", "中国工商银行"),
    ("103100000026", "中国农业银行"),
    ("104100000004", "中国银行"),
    ("105100000017", "中国建设银行"),
    ("301290000007", "交通银行"),
    ("308584000013", "招商银行"),
    ("403100000004", "中国邮政储蓄银行"),
)
# The hours a rider may start a stint of orders at: lunch, tea, dinner, and a late one that may pass midnight.
LUNCH, TEA, DINNER, LATE = (10, 45), (14, 15), (17, 0), (22, 30)


@dataclass(frozen=True, slots=True)
class EmployerFiles:
    """One employer's two files. employer_ref: `E01`…; its riders are numbered `R0001`… apart from other employers'."""

    employer_ref: str
    orders: Path
    roster: Path


@dataclass(frozen=True, slots=True)
class MonthFiles:
    """What write_month wrote, by employer."""

    month: date
    employers: tuple[EmployerFiles, ...]


@dataclass(frozen=True, slots=True)
class _Rider:
    ref: str
    rest_days: tuple[int, ...]
    stints: tuple[tuple[int, int], ...]
    orders_a_day: int


@dataclass(frozen=True, slots=True)
class _Order:
    started: datetime
    delivered: datetime
    rider: str
    tenths_km: int


def write_month(directory: Path, seed: int, month: date, employers: int = 3, workers: int = 200) -> MonthFiles:
    """Write one order file and one roster for each employer, which examples/riders.toml maps.

    The same seed and month give the same bytes; the same seed gives the same riders in every month. month: any day of
    it. employers: 1..99. workers: of all employers together, employers..9,999; shared out evenly.
    Raises InputFault for numbers outside these, and where a file cannot be written.
    """
    if not 1 <= employers <= EMPLOYERS_MAX:
        raise InputFault(
            file=str(directory),
            field="employers",
            problem=Said("is {value}", value=employers),
            expected="1..99",
        )
    if not employers <= workers <= WORKERS_MAX:
        raise InputFault(
            file=str(directory),
            field="workers",
            problem=Said("is {value}", value=workers),
            expected=Said("{employers}..{workers_max}", employers=employers, workers_max=WORKERS_MAX),
        )
    rng = Random(seed)
    cards = 0
    files: list[EmployerFiles] = []
    riders: list[list[_Rider]] = []
    for index in range(employers):
        employer_ref = f"E{index + 1:02d}"
        made = EmployerFiles(
            employer_ref, directory / f"{employer_ref}-orders.csv", directory / f"{employer_ref}-roster.csv"
        )
        refs = [f"R{number + 1:04d}" for number in range(workers // employers + (index < workers % employers))]
        _write(made.roster, ROSTER_COLUMNS, [_roster_row(rng, ref, cards + k) for k, ref in enumerate(refs)])
        cards += len(refs)
        files.append(made)
        riders.append([_rider(rng, ref) for ref in refs])
    for made, team in zip(files, riders, strict=True):
        _write(made.orders, ORDER_COLUMNS, _order_rows(rng, team, month))
    return MonthFiles(month.replace(day=1), tuple(files))


def write_roster(path: Path, seed: int, refs: Sequence[str], first_card: int) -> None:
    """Write a roster of made-up people for workers of whom only the numbers are known.

    first_card: 0.., apart from other rosters' by at least their lengths, so that no two people share a card.
    Raises InputFault where the file cannot be written.
    """
    rng = Random(f"{seed}/{first_card}")
    _write(path, ROSTER_COLUMNS, [_roster_row(rng, ref, first_card + place) for place, ref in enumerate(refs)])


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([columns, *rows])
    except OSError as fault:
        raise InputFault(file=str(path), problem=Said("cannot be written: {fault}", fault=fault)) from None


def _roster_row(rng: Random, ref: str, card: int) -> tuple[str, ...]:
    name = rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))
    # The running number makes the card unique among all rosters.
    digits = rng.choice((4, 7))
    payload = f"620000{card:05d}{rng.randrange(10**digits):0{digits}d}"
    bank_code, bank_name = rng.choice(BANKS)
    return ref, name, payload + luhn.calc_check_digit(payload), bank_code, bank_name


def _rider(rng: Random, ref: str) -> _Rider:
    return _Rider(
        ref=ref,
        rest_days=tuple(rng.sample(range(7), rng.choice((1, 1, 2)))),
        stints=rng.choice(
            ((LUNCH, DINNER), (LUNCH, DINNER), (LUNCH, TEA, DINNER), (TEA, DINNER, LATE), (DINNER, LATE))
        ),
        orders_a_day=rng.randrange(8, 14),
    )


def _order_rows(rng: Random, team: list[_Rider], month: date) -> list[tuple[str, ...]]:
    orders: list[_Order] = []
    for day in range(1, monthrange(month.year, month.month)[1] + 1):
        today = month.replace(day=day)
        for rider in team:
            absent = rng.randrange(100) < 4
            if today.weekday() not in rider.rest_days and not absent:
                orders += _orders_of_a_day(rng, rider, today)
    orders.sort(key=lambda order: (order.started, order.rider, order.delivered))
    return [
        (
            f"{order.started:%Y%m%d}{number:06d}",
            order.rider,
            order.started.isoformat(),
            order.delivered.isoformat(),
            f"{order.tenths_km // 10}.{order.tenths_km % 10}",
        )
        for number, order in enumerate(orders, start=1)
    ]


def _orders_of_a_day(rng: Random, rider: _Rider, today: date) -> list[_Order]:
    count = rider.orders_a_day + rng.randrange(-2, 3)
    orders: list[_Order] = []
    for index, (hour, minute) in enumerate(rider.stints):
        clock = datetime(today.year, today.month, today.day, hour, minute) + timedelta(seconds=rng.randrange(2400))
        share = count // len(rider.stints) + (index < count % len(rider.stints))
        for _ in range(share):
            if clock.date() > today:
                break
            tenths_km = rng.randrange(6, 61)
            delivered = clock + timedelta(seconds=420 + tenths_km * 18 + rng.randrange(600))
            orders.append(_Order(clock, delivered, rider.ref, tenths_km))
            if rng.randrange(100) < 20:
                # Two orders on one trip: the next is fetched before this one is handed over.
                clock += timedelta(seconds=rng.randrange(60, 400))
            else:
                clock = delivered + timedelta(seconds=rng.randrange(20, 900))
    return orders
