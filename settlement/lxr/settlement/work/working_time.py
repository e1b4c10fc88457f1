"""Part-time work beyond the law's hours: at most 4 a day on average, and 24 a week (劳动合同法 art. 68).

It is told, not refused: what was worked is paid, and somebody must look at the contract.
"""

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

from msgspec import Struct

from lxr.chaincode.contract_types import ContractType
from lxr.chaincode.pay_rules import MINUTES
from lxr.chaincode.sheet import sheets
from lxr.chaincode.terms import TermsDocument, documents
from lxr.chaincode.workers import membership_on, workers
from lxr.node.client import Client
from lxr.settlement.lookups import shards_of

DAY_MINUTES: Final = 240
WEEK_MINUTES: Final = 1440
_WEEK: Final = timedelta(days=7)


class LongHours(Struct, frozen=True, forbid_unknown_fields=True):
    """A week of a part-time worker that is too long, from the Monday `since` on, or the days of a month.

    minutes: of the week, or of a day on average, rounded down. most: what the law takes for part-time work. days: with
    work.
    """

    worker: str
    terms: str
    since: date
    weekly: bool
    days: int
    minutes: int
    most: int


def long_hours(client: Client, employer: str, month: date) -> tuple[LongHours, ...]:
    """Return what goes beyond in a month and the weeks that end in it, by worker; month: any day of it.

    Refuses: Unknown.
    """
    first = month.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    monday = first - timedelta(days=first.weekday())
    days = [monday + timedelta(days=number) for number in range((last - monday).days + 1)]
    shards = shards_of(client, employer)
    minutes: dict[str, dict[date, int]] = defaultdict(dict)
    for day in days:
        for sheet in client.get_each(sheets, [(employer, day, shard) for shard in shards]):
            for worker, row in sheet.rows() if sheet else ():
                if row.measures.get(MINUTES, 0):
                    minutes[worker][day] = row.measures[MINUTES]
    papers: dict[tuple[str, int], TermsDocument | None] = {}
    found: list[LongHours] = []
    for worker in sorted(minutes):
        memberships = client.need(workers, worker).memberships
        part_time: dict[str, dict[date, int]] = defaultdict(dict)
        for day, worked in minutes[worker].items():
            bound = membership_on(memberships, day)
            if bound is None:
                continue
            key = bound.terms, bound.version
            if key not in papers:
                papers[key] = client.get(documents, *key)
            paper = papers[key]
            if paper is not None and paper.contract_type is ContractType.PART_TIME:
                part_time[bound.terms][day] = worked
        for terms, own in sorted(part_time.items()):
            found += _of_one(worker, terms, own, first, last, monday)
    return tuple(found)


def _of_one(worker: str, terms: str, own: dict[date, int], first: date, last: date, monday: date) -> list[LongHours]:
    found = []
    in_month = [worked for day, worked in own.items() if day >= first]
    if in_month and sum(in_month) > DAY_MINUTES * len(in_month):
        average = sum(in_month) // len(in_month)
        found.append(LongHours(worker, terms, first, False, len(in_month), average, DAY_MINUTES))
    while monday + _WEEK - timedelta(days=1) <= last:
        week = [worked for day, worked in own.items() if monday <= day < monday + _WEEK]
        if sum(week) > WEEK_MINUTES:
            found.append(LongHours(worker, terms, monday, True, len(week), sum(week), WEEK_MINUTES))
        monday += _WEEK
    return found
