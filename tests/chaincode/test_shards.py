"""Commands for several shards: each shard stands or falls by itself, however they are put together."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engines import A, MemoryEngine
from lxr.chaincode.books import entries
from lxr.chaincode.cashout import CancelCashOut, OpenCashOut
from lxr.chaincode.cashout_holds import HeldShards, HoldShards, ReleaseShards
from lxr.chaincode.command import Command
from lxr.chaincode.employers import AddEmployer
from lxr.chaincode.payroll import ShardAnswers
from lxr.chaincode.refusals import MalformedCommand, ShardNotReady
from lxr.chaincode.registration import AddWorkers
from lxr.chaincode.rows import RowState
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.sheet import sheets
from lxr.chaincode.sheet_certification import CertifiedShard, CertifiedShards, CertifySheets, SeenShard, SeenSheet
from lxr.chaincode.types import digest
from lxr.chaincode.workday import NewRow, SubmitSheet
from lxr.chaincode.workers import workers
from lxr.node.invariants import check
from parties import ANNA, BO, CLEO, CUSTODY, aug, numbered
from quick import examples
from termsdocuments import terms_document
from town import Town

SHARDS: Final = 5
RUN: Final = "E003-20260819"
WEEK_RUN: Final = "E001-20260812"
DAYS: Final = (aug(3), aug(9))

Groups = list[tuple[int, ...]]
CUTS: Final[st.SearchStrategy[Groups]] = st.lists(
    st.sets(st.integers(0, SHARDS - 1), min_size=1).map(lambda shards: tuple(sorted(shards))), max_size=4
)
"""Some groups of shards, which may have shards in common, as of two clients that do not know of each other."""


@pytest.fixture(scope="module")
def worked(template: Any) -> Town:
    """A town with an employer of five shards, whose workers have worked two days."""
    town = Town(MemoryEngine(template.state), "prepared")
    crew = [numbered(number, "E003") for number in range(4000, 4010)]
    town.do(AddEmployer, employer="E003", shard_size=len(crew) // SHARDS)
    town.do(AddWorkers, employer="E003", workers=tuple(town.new_worker(number, "E003") for number in crew))
    town.terms_active("TE003-1", terms_document("E003"))
    town.join("TE003-1", *crew)
    by_shard: dict[int, list[str]] = {}
    for number in crew:
        by_shard.setdefault(town.get(workers, number).shard, []).append(number)
    town.go(aug(9), 23)
    for day in DAYS:
        for shard, some in sorted(by_shard.items()):
            rows = tuple(NewRow(number, {"orders": crew.index(number) + 1}) for number in some)
            town.do(SubmitSheet, employer="E003", day=day, shard=shard, rows=rows)
    town.go(aug(19))
    town.deposit(100_000, employer="E003")
    return town


def whole_payday(worked: Town, cuts: Sequence[Groups]) -> Town:
    """Certify, price, pay, hold and release, each cut so; what a cut leaves is done at last, shard by shard."""
    town = Town(MemoryEngine(dict(worked.engine.scan(""))), "payday")
    town.go(aug(19))
    do = partial(given_once, town)
    certify, price, pay, hold, release = cuts

    def each(groups: Groups, give: Callable[[tuple[int, ...]], object]) -> None:
        for group in [*groups, *((shard,) for shard in range(SHARDS))]:
            with suppress(ShardNotReady):
                give(group)

    for group in certify_groups(town, certify):
        do(CertifySheets, "union/operator", employer="E003", shards=group)
    do(OpenRun, employer="E003", run=RUN, payday=aug(19))
    each(price, lambda shards: do(PriceShards, run=RUN, shards=shards))
    do(FundRun, run=RUN)
    each(pay, lambda shards: do(PayShards, run=RUN, shards=shards))
    do(OpenCashOut, cashout="C1", custody=CUSTODY, scope="run", run=RUN)
    each(hold, lambda shards: do(HoldShards, cashout="C1", shards=shards))
    do(CancelCashOut, cashout="C1")
    each(release, lambda shards: do(ReleaseShards, cashout="C1", shards=shards))
    return town


def given_once(town: Town, kind: type[Command[A]], caller: str = "union/treasurer", **fields: Any) -> A:
    """Give a command without a look at all that is there before and after, which many examples have no time for."""
    town.requests += 1
    command = kind(**{"request_id": f"payday-{town.requests:06d}", **fields})
    return town.engine.submit(caller, command, town.at_ms)


def certify_groups(town: Town, groups: Groups) -> list[tuple[SeenShard, ...]]:
    """What is to be signed of each shard that has sheets, once each."""
    seen: dict[int, list[SeenSheet]] = {}
    for key, value in town.engine.scan("sheet/E003/"):
        _, _, day, shard = key.split("/")
        seen.setdefault(int(shard), []).append(SeenSheet(date.fromisoformat(day), digest(sheets.decode(value))))
    made: list[tuple[SeenShard, ...]] = []
    for group in [*groups, tuple(range(SHARDS))]:
        some = tuple(SeenShard(shard, tuple(seen.pop(shard))) for shard in group if shard in seen)
        made += [some] if some else []
    return made


def left(town: Town) -> tuple[dict[str, bytes], Counter[str]]:
    """All that is on the ledger but for whose transaction it was, and every posting of the payday."""
    state = dict(town.engine.scan(""))
    posted = [entries.decode(value) for key, value in state.items() if key.startswith("entry/")]
    own = [entry for entry in posted if entry.command.startswith(("payroll.", "cashout."))]
    postings = Counter(f"{entry.command} {posting}" for entry in own for posting in entry.postings)
    return {key: each for key, each in state.items() if not key.startswith(("entry/", "request/"))}, postings


def test_shards_come_to_the_same_records_however_they_are_grouped(worked: Town) -> None:
    one_by_one = left(whole_payday(worked, ([], [], [], [], [])))

    @settings(deadline=None, max_examples=examples(25))
    @given(st.tuples(CUTS, CUTS, CUTS, CUTS, CUTS))
    def whatever(cuts: tuple[Groups, ...]) -> None:
        town = whole_payday(worked, cuts)
        assert one_by_one == left(town)
        assert [] == check(town.engine.scan)

    whatever()


def refused_shards(answer: CertifiedShards | HeldShards | ShardAnswers) -> list[tuple[int, str]]:
    """The shards that were left out, and why."""
    return [(each.shard, str(each.refusal)) for each in answer.left_out]


def not_ready(shard: int, number: str, state: str, needed: str) -> str:
    return f"ShardNotReady(case=state, needed={needed}, number={number}, shard={shard}, state={state})"


def test_a_shard_that_is_not_ready_is_named_and_the_others_go_on(week: Town) -> None:
    week.opened(WEEK_RUN)
    week.do(PriceShards, run=WEEK_RUN, shards=(0,))
    answer = week.do(PriceShards, run=WEEK_RUN, shards=(0, 1, 2))
    assert [1] == [shard.shard for shard in answer.shards]
    assert [
        (0, not_ready(0, WEEK_RUN, "priced", "not_priced")),
        (2, f"Unknown(number={WEEK_RUN}/2, what=shard)"),
    ] == refused_shards(answer)
    week.do(FundRun, run=WEEK_RUN)
    week.do(PayShards, run=WEEK_RUN, shards=(1,))
    answer = week.do(PayShards, run=WEEK_RUN, shards=(0, 1))
    assert [0] == [shard.shard for shard in answer.shards]
    assert [(1, not_ready(1, WEEK_RUN, "paid", "priced"))] == refused_shards(answer)
    week.do(OpenCashOut, cashout="C1", custody=CUSTODY, scope="run", run=WEEK_RUN)
    week.do(HoldShards, cashout="C1", shards=(1,))
    held = week.do(HoldShards, cashout="C1", shards=(0, 1))
    assert [(0, 2)] == [(shard.shard, shard.orders) for shard in held.shards]
    assert [(1, not_ready(1, "C1", "held", "not_held"))] == refused_shards(held)
    week.do(CancelCashOut, cashout="C1")
    week.do(ReleaseShards, cashout="C1", shards=(1,))
    released = week.do(ReleaseShards, cashout="C1", shards=(0, 1))
    assert [(0, 2)] == [(shard.shard, shard.orders) for shard in released.shards]
    assert [(1, not_ready(1, "C1", "released", "held"))] == refused_shards(released)


def test_a_shard_whose_sheet_has_changed_is_not_certified_and_the_others_are(town: Town) -> None:
    town.go(aug(3))
    town.work(aug(3), {ANNA: 10, BO: 4})
    town.work(aug(3), {CLEO: 7})
    seen = (*town.seen_shards(ANNA, aug(3)), *town.seen_shards(CLEO, aug(3)))
    town.confirm(ANNA, aug(3))
    answer = town.do(CertifySheets, employer="E001", shards=seen)
    assert (CertifiedShard(shard=1, answered=0, unanswered=1),) == answer.shards
    assert [(0, "HashDiffers(number=E001/2026-08-03/0, what=sheet)")] == refused_shards(answer)
    assert [RowState.CONFIRMED, RowState.SUBMITTED] == [town.row(aug(3), worker).state for worker in (ANNA, BO)]


@pytest.mark.parametrize("shards", [(1, 0), (0, 0)])
def test_shards_are_named_in_ascending_order_and_once(week: Town, shards: tuple[int, ...]) -> None:
    week.opened(WEEK_RUN)
    week.refused(MalformedCommand, PriceShards, run=WEEK_RUN, shards=shards)
