"""The end of a month: the union closes it with its figures, bank and regulator countersign what they found."""

from datetime import date
from typing import Final

from msgspec.structs import replace

from lxr_chaincode.caller import BANK, REGULATOR
from lxr_chaincode.command import Command, handles
from lxr_chaincode.custody_records import Custody, custodies, statements
from lxr_chaincode.days import day_of
from lxr_chaincode.refusals import AlreadySigned, Exists, FiguresDiffer, HashDiffers, PeriodNotReady
from lxr_chaincode.registry import Directory, directories, employers
from lxr_chaincode.types import CustodyNo, Digest, PeriodNo, Record, digest
from lxr_chaincode.world import Table, World
from lxr_token.fen import Fen


class Figures(Record, frozen=True):
    """The custody account at the close of a month. supply = reserve + in_transit."""

    supply_fen: Fen
    reserve_fen: Fen
    in_transit_fen: Fen
    minted_fen: Fen
    burned_fen: Fen
    returned_fen: Fen


class MonthContent(Record, frozen=True):
    """All of a month that its countersigners agree to. statement: the last one of the bank that is in it."""

    period: PeriodNo
    custody: CustodyNo
    figures: Figures
    statement: int


class Month(Record, frozen=True):
    """A closed month. statement: the last one of the bank that is in it. signed: who found the same content."""

    custody: CustodyNo
    figures: Figures
    statement: int
    closed_ms: int
    signed: tuple[str, ...]


months: Final = Table("period", Month)


class ClosePeriod(Command, frozen=True, kw_only=True, tag="period.close"):
    """Close a month."""

    period: PeriodNo
    custody: CustodyNo


class Countersign(Command, frozen=True, kw_only=True, tag="period.countersign"):
    """Sign a closed month with the figures that one's own audit found. digest: of the whole MonthContent."""

    period: PeriodNo
    figures: Figures
    digest: Digest


class MonthAnswer(Record, frozen=True):
    """The month's figures, and who has signed them."""

    period: PeriodNo
    figures: Figures
    signed: tuple[str, ...]


@handles(ClosePeriod, "union/treasurer")
def close_period(world: World, command: ClosePeriod) -> MonthAnswer:
    """Close a month. Refuses: Unknown, Exists, PeriodNotReady."""
    # READ
    there = world.get(months, command.period)
    custody = world.need(custodies, command.custody)
    in_part = world.get(statements, command.custody, custody.sequence + 1) is not None
    directory = world.get(directories) or Directory(())
    found = world.get_many(employers, [(number,) for number in directory.employers])
    # REFUSE
    if there is not None:
        raise Exists(what="period", number=command.period)
    open_runs = [run for employer in found if employer for run in employer.open_runs]
    problem = _problem(custody, in_part, command.period, day_of(world.at_ms), open_runs)
    if problem is not None:
        raise PeriodNotReady(period=command.period, problem=problem)
    # COMPUTE
    figures = figures_of(custody)
    assert figures.supply_fen == figures.reserve_fen + figures.in_transit_fen
    # WRITE: from here on it must succeed
    month = Month(command.custody, figures, custody.sequence, world.at_ms, (world.caller.organisation,))
    world.put(months, month, command.period)
    world.put(custodies, replace(custody, last_period=command.period), command.custody)
    return MonthAnswer(command.period, figures, month.signed)


@handles(Countersign, f"{BANK}/auditor", f"{REGULATOR}/auditor")
def countersign(world: World, command: Countersign) -> MonthAnswer:
    """Countersign. Refuses: Unknown, AlreadySigned, HashDiffers, FiguresDiffer."""
    # READ
    month = world.need(months, command.period)
    # REFUSE
    if world.caller.organisation in month.signed:
        raise AlreadySigned(organisation=world.caller.organisation, what=command.period)
    # With the figures as given: a refusal of those names the one that differs.
    if command.digest != digest(MonthContent(command.period, month.custody, command.figures, month.statement)):
        raise HashDiffers(what=f"period {command.period}")
    for name in Figures.__struct_fields__:
        there, given = getattr(month.figures, name), getattr(command.figures, name)
        if there != given:
            raise FiguresDiffer(what=f"{name} of {command.period}", there=there, given=given)
    # WRITE: from here on it must succeed
    signed = (*month.signed, world.caller.organisation)
    world.put(months, replace(month, signed=signed), command.period)
    return MonthAnswer(command.period, month.figures, signed)


def figures_of(custody: Custody) -> Figures:
    """The figures of a custody account as it stands."""
    return Figures(
        supply_fen=custody.supply_fen,
        reserve_fen=custody.closing_fen,
        in_transit_fen=custody.in_transit_fen,
        minted_fen=custody.minted_fen,
        burned_fen=custody.burned_fen,
        returned_fen=custody.returned_fen,
    )


def first_day_after(period: str) -> date:
    """The first day after a month given as 2026-08."""
    year, month = int(period[:4]), int(period[5:])
    return date(year + month // 12, month % 12 + 1, 1)


def _problem(custody: Custody, in_part: bool, period: str, today: date, open_runs: list[str]) -> str | None:
    after = first_day_after(period)
    if today < after:
        return "it is not over"
    if custody.last_period is not None and period <= custody.last_period:
        return f"{custody.last_period} is closed already"
    if custody.shortfall_fen:
        return f"custody is short of {custody.shortfall_fen} fen"
    if custody.instructed_fen:
        return f"{custody.instructed_fen} fen are with the bank, neither paid nor sent back"
    if custody.closing_day is None or (custody.closing_day - after).days < -1:
        return f"the bank's statements end on {custody.closing_day}"
    if in_part:
        return f"statement {custody.sequence + 1} is booked in part"
    for run in open_runs:
        if run.split("-")[1] < after.isoformat().replace("-", ""):
            return f"run {run} is not finished"
    return None
