"""The paydays of many employers in one call: what each of them sends next goes out together."""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from lxr.chaincode.employers import employers
from lxr.chaincode.refusals import NotAPayday
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.runs import runs
from lxr.chaincode.shard_heads import shard_heads
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.settlement.errors import InputFault
from lxr.settlement.lookups import shards_of
from lxr.settlement.pay.payday import PaydayReport, paying
from lxr.settlement.permissions import gives
from lxr.settlement.waves import side_by_side
from lxr.token.refusal import Refusal


class Stopped(Struct, frozen=True):
    """An employer whose payday was refused. What was done of it before stands; the same call again goes on there."""

    employer: str
    fault: Refusal | InputFault


@gives(OpenRun)
def paydays(
    treasurer: Client,
    operator: Client,
    numbers: Iterable[str],
    day: date,
    *,
    cash_out: bool = True,
    custody: str | None = None,
    progress: Progress | None = None,
) -> list[PaydayReport | Stopped]:
    """Carry the runs of several employers' payday as far as they go, each as `payday` does.

    Gives what became of each, in the order of their numbers. One that is refused, or short, stops no other.
    """
    asked = sorted(set(numbers))
    told = _Together(progress, len(asked))
    found = side_by_side(
        paying(treasurer, operator, number, day, cash_out=cash_out, custody=custody, progress=told.of(place))
        for place, number in enumerate(asked)
    )
    return [
        Stopped(number, each) if isinstance(each, (Refusal, InputFault)) else each
        for number, each in zip(asked, found, strict=True)
    ]


@gives(OpenRun)
def paydays_due(
    treasurer: Client, operator: Client, day: date, *, progress: Progress | None = None
) -> list[PaydayReport | Stopped]:
    """Do as `paydays` for every employer whose payday it is.

    That is who has a run of that day, or days up to it that no run has taken, and terms by which wages are due on it.
    """
    found = paydays(treasurer, operator, _with_open_days(treasurer, day), day, progress=progress)
    return [each for each in found if not (isinstance(each, Stopped) and isinstance(each.fault, NotAPayday))]


def _with_open_days(client: Client, day: date) -> list[str]:
    return [key[0] for key, _ in client.scan(employers) if _has_open_days(client, key[0], day)]


def _has_open_days(client: Client, employer: str, day: date) -> bool:
    if client.get(runs, f"{employer}-{day:%Y%m%d}") is not None:
        return True
    heads = client.get_each(shard_heads, [(employer, shard) for shard in shards_of(client, employer)])
    return any(open_day.day <= day for head in heads if head is not None for open_day in head.days)


class _Together:
    """The progress of many as one."""

    def __init__(self, progress: Progress | None, count: int) -> None:
        self._progress = progress
        self._done: list[tuple[int, int]] = [(0, 0)] * count

    def of(self, place: int) -> Progress | None:
        if self._progress is None:
            return None
        return lambda done, count: self._tell(place, (done, count))

    def _tell(self, place: int, done: tuple[int, int]) -> None:
        assert self._progress is not None
        self._done[place] = done
        self._progress(*_sums(self._done))


def _sums(pairs: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(done for done, _ in pairs), sum(count for _, count in pairs)
