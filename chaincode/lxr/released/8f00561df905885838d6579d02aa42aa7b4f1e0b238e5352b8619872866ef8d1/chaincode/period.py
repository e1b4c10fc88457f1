"""The end of a month: the union closes it with its figures, bank and regulator countersign what they found.

Months close in order. What is not resolved is carried over by name, and the next month closes only after the bank has
signed the last one. Until bank and regulator have both signed it the union can close the last month anew.
"""

from datetime import date
from typing import Annotated, Final

from msgspec import Meta
from msgspec.structs import replace

from ..token.fen import Fen, SignedFen
from .bank_refusals import PeriodNotReady
from .caller import BANK, REGULATOR
from .carried import ITEMS_MAX, Item, not_named
from .command import Command, handles
from .custody_records import Custody, custodies, statements
from .days import day_of
from .employers import Directory, directories, employers
from .refusals import AlreadySigned, Exists, FiguresDiffer, HashDiffers, NothingChanges
from .reserve import read_transit
from .things import Thing
from .types import CustodyNo, Digest, PeriodNo, Record, digest
from .world import Table, World


class Figures(Record, frozen=True):
    """The custody account at the close of a month.

    supply = reserve + in_transit + blocked + shortfall + unmatched: see Custody.
    """

    supply_fen: Fen
    reserve_fen: SignedFen
    in_transit_fen: Fen
    blocked_fen: Fen
    shortfall_fen: Fen
    unmatched_fen: Fen
    minted_fen: Fen
    burned_fen: Fen
    returned_fen: Fen


class MonthContent(Record, frozen=True):
    """All of a month that its countersigners agree to. statement: the last one of the bank that is in it.

    carried: what was not resolved.
    """

    period: PeriodNo
    custody: CustodyNo
    figures: Figures
    statement: int
    carried: tuple[Item, ...]


class Month(Record, frozen=True):
    """A closed month: see MonthContent. signed: who found the same content. anew: how often it was closed once more."""

    custody: CustodyNo
    figures: Figures
    statement: int
    carried: tuple[Item, ...]
    closed_ms: int
    signed: tuple[str, ...]
    anew: int = 0


months: Final = Table("period", Month)


class MonthAnswer(Record, frozen=True):
    """The month's figures, who has signed them, and how often it was closed once more."""

    period: PeriodNo
    figures: Figures
    signed: tuple[str, ...]
    anew: int = 0


class ClosePeriod(Command[MonthAnswer], frozen=True, kw_only=True, tag="period.close"):
    """Close a month. carried: everything that is not resolved, by name."""

    period: PeriodNo
    custody: CustodyNo
    carried: Annotated[tuple[Item, ...], Meta(max_length=ITEMS_MAX)] = ()


class Countersign(Command[MonthAnswer], frozen=True, kw_only=True, tag="period.countersign"):
    """Sign a closed month with the figures that one's own audit found. digest: of the whole MonthContent."""

    period: PeriodNo
    figures: Figures
    digest: Digest


@handles(ClosePeriod, "union/treasurer")
def close_period(world: World, command: ClosePeriod) -> MonthAnswer:
    """Close a month, or close it anew, which takes back what others signed.

    Refuses: Unknown, Exists: all have signed it, or a later one; PeriodNotReady, NothingChanges: it is closed so.
    """
    # READ
    there = world.get(months, command.period)
    custody = world.need(custodies, command.custody)
    before = world.get(months, before_of(command.period))
    in_part = world.get(statements, command.custody, custody.statements + 1) is not None
    transit = read_transit(world, command.custody)
    directory = world.get(directories) or Directory(())
    found = world.get_many(employers, [(number,) for number in directory.employers])
    # REFUSE
    anew = there is not None and not {BANK, REGULATOR} <= set(there.signed) and custody.last_period == command.period
    if there is not None and not anew:
        raise Exists(what=Thing.PERIOD, number=command.period)
    open_runs = [run for employer in found if employer for run in employer.open_runs]
    due_runs = [run for run in open_runs if run.split("-")[1] < f"{first_day_after(command.period):%Y%m%d}"]
    refusal = not_yet(custody, before, in_part, command.period, day_of(world.at_ms), anew=anew)
    refusal = refusal or not_named(world, command.period, command.custody, custody, transit, due_runs, command.carried)
    if refusal is not None:
        raise refusal
    figures = figures_of(custody)
    new = figures, custody.statements, set(command.carried)  # in whatever order: no signature is taken back for nothing
    if there is not None and (there.figures, there.statement, set(there.carried)) == new:
        raise NothingChanges(what=Thing.PERIOD, number=command.period)
    # COMPUTE
    assert custody.supply_fen == custody.backing_fen
    times = 0 if there is None else there.anew + 1
    # WRITE: from here on it must succeed
    signed = (world.caller.organisation,)
    month = Month(command.custody, figures, custody.statements, command.carried, world.at_ms, signed, times)
    world.put(months, month, command.period)
    world.put(custodies, replace(custody, last_period=command.period), command.custody)
    return MonthAnswer(command.period, figures, month.signed, times)


@handles(Countersign, f"{BANK}/auditor", f"{REGULATOR}/auditor")
def countersign(world: World, command: Countersign) -> MonthAnswer:
    """Countersign. Refuses: Unknown, AlreadySigned, HashDiffers, FiguresDiffer."""
    # READ
    month = world.need(months, command.period)
    # REFUSE
    if world.caller.organisation in month.signed:
        raise AlreadySigned(organisation=world.caller.organisation, what=Thing.PERIOD, number=command.period)
    # With the figures as given: a refusal of those names the one that differs.
    if command.digest != digest(_content(command.period, month, command.figures)):
        raise HashDiffers(what=Thing.PERIOD, number=command.period)
    for name in Figures.__struct_fields__:
        there_fen, given_fen = getattr(month.figures, name), getattr(command.figures, name)
        if there_fen != given_fen:
            raise FiguresDiffer(
                case="month", figure=name, period=command.period, there_fen=there_fen, given_fen=given_fen
            )
    # WRITE: from here on it must succeed
    signed = (*month.signed, world.caller.organisation)
    world.put(months, replace(month, signed=signed), command.period)
    return MonthAnswer(command.period, month.figures, signed, month.anew)


def _content(period: str, month: Month, figures: Figures) -> MonthContent:
    return MonthContent(period, month.custody, figures, month.statement, month.carried)


def figures_of(custody: Custody) -> Figures:
    """The figures of a custody account as it stands."""
    return Figures(
        supply_fen=custody.supply_fen,
        reserve_fen=custody.closing_fen,
        in_transit_fen=custody.in_transit_fen,
        blocked_fen=custody.blocked_fen,
        shortfall_fen=custody.shortfall_fen,
        unmatched_fen=custody.unmatched_fen,
        minted_fen=custody.minted_fen,
        burned_fen=custody.burned_fen,
        returned_fen=custody.returned_fen,
    )


def first_day_after(period: str) -> date:
    """The first day after a month given as 2026-08."""
    year, month = int(period[:4]), int(period[5:])
    return date(year + month // 12, month % 12 + 1, 1)


def before_of(period: str) -> str:
    """Return the month before a month given as 2026-08."""
    year, month = int(period[:4]), int(period[5:])
    return f"{year - (month == 1):04}-{(month + 10) % 12 + 1:02}"


def not_yet(
    custody: Custody, before: Month | None, in_part: bool, period: str, today: date, *, anew: bool = False
) -> PeriodNotReady | None:
    """Return why a month cannot be closed yet, whatever is open in it; None where it can.

    before: the month before it. in_part: the bank's next statement is booked in part. anew: it is the last one that was
    closed, and not all have signed it.
    """
    after = first_day_after(period)
    last = custody.last_period
    due = f"{custody.since:%Y-%m}" if last is None else f"{first_day_after(last):%Y-%m}"
    if period != due and not anew:
        return PeriodNotReady(case="next", period=period, next=due)
    if today < after:
        return PeriodNotReady(case="not_over", period=period)
    if before is not None and BANK not in before.signed:
        return PeriodNotReady(case="not_signed", period=period, last=before_of(period))
    if custody.closing_day is None:
        return PeriodNotReady(case="no_statement", period=period)
    if (custody.closing_day - after).days < -1:
        return PeriodNotReady(case="statements", period=period, closing_day=custody.closing_day.isoformat())
    if in_part:
        return PeriodNotReady(case="in_part", period=period, statement=custody.statements + 1)
    return None
