"""Work on many shards, cut into transactions: how large they are, and that it does not matter how they are cut."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, cast

import pytest

from breaksoff import BreaksOff
from consortium import House, rehearsal
from lxr.chaincode.command import AnyCommand
from lxr.chaincode.envelope import Envelope, open_payload, tag_of
from lxr.chaincode.parameter_refusals import ParameterMissing
from lxr.chaincode.payroll import ShardAnswer, ShardAnswers
from lxr.chaincode.refusals import TooLarge
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.runs import ShardState, Totals
from lxr.chaincode.shards import SHARDS_AT_ONCE, LeftOut
from lxr.node.client import Client
from lxr.node.dry_run import DryRun
from lxr.node.invariants import check
from lxr.node.port import Committed, Ledger
from lxr.settlement import shard_groups
from lxr.settlement.pay import payday
from lxr.settlement.shard_groups import GROUP_BYTES, grouped, sending_groups
from lxr.settlement.waves import alone
from lxr.token.refusal import Refusal
from treasury import DAY_FEN, PAYDAY, worked

RUN: Final = "E001-20260915"
LEFT: Final = (
    "account/",
    "wages/",
    "run/",
    "run_shard/",
    "lines/",
    "earned/",
    "shard/",
    "sheet/",
    "cashout",
    "payment_order/",
)


def shards_of(sizes: Sequence[int]) -> list[tuple[int, int, int]]:
    return [(shard, shard, size) for shard, size in enumerate(sizes)]


HALF: Final = GROUP_BYTES // 2


@pytest.mark.parametrize(
    ("sizes", "groups"),
    [
        ([], []),
        ([HALF, HALF, 1], [(0, 1), (2,)]),
        ([HALF, HALF + 1, 1], [(0,), (1, 2)]),
        ([3 * HALF, 1, 1], [(0,), (1, 2)]),
        ([1] * (SHARDS_AT_ONCE + 1), [tuple(range(SHARDS_AT_ONCE)), (SHARDS_AT_ONCE,)]),
    ],
)
def test_shards_go_together_while_there_is_room(sizes: list[int], groups: list[tuple[int, ...]]) -> None:
    assert groups == grouped(shards_of(sizes))


def test_no_group_has_two_parts_of_a_shard() -> None:
    assert [("a",), ("b", "c")] == grouped([(0, "a", 1), (0, "b", 1), (1, "c", 1)])


class Narrow:
    """A client of a ledger whose transactions have room for two shards, and on which shard 3 is refused."""

    scope = "union.treasurer"

    def __init__(self) -> None:
        self.sent: list[tuple[int, ...]] = []
        self.read: list[int] = []

    def get_each(self, _: object, keys: Sequence[object]) -> list[None]:
        self.read.append(len(keys))
        return [None] * len(keys)

    def submit_apart(self, commands: Sequence[AnyCommand]) -> Iterator[ShardAnswers | Refusal]:
        for command in commands:
            assert isinstance(command, PayShards)
            self.sent.append(command.shards)
            missing = ParameterMissing(parameter="a", day="b")
            if len(command.shards) > 2:
                yield TooLarge(case="keys", limit=2)
            elif command.shards == (3,):
                yield missing
            else:
                left_out = (LeftOut(3, missing.code, missing.facts),) if 3 in command.shards else ()
                paid = (ShardAnswer(RUN, shard, ShardState.PAID, Totals()) for shard in command.shards if shard != 3)
                yield ShardAnswers(tuple(paid), left_out)


def test_a_group_that_is_too_large_after_all_goes_in_halves_and_a_refusal_stops_nothing() -> None:
    narrow, done = Narrow(), list[tuple[int, int]]()
    answers, refusals = alone(
        sending_groups(
            cast(Client, narrow),
            [(0, 1, 2, 3, 4), (5,)],
            lambda shards: PayShards(request_id="request-1", run=RUN, shards=shards),
            lambda *progress: done.append(progress),
        )
    )
    assert [(0, 1, 2, 3, 4), (5,), (0, 1), (2, 3, 4), (2,), (3, 4)] == narrow.sent
    assert [0, 1, 2, 4, 5] == sorted(shard.shard for answer in answers for shard in answer.shards)
    assert ["ParameterMissing(day=b, parameter=a)"] == [str(refusal) for refusal in refusals]
    assert [(1, 6), (3, 6), (4, 6), (6, 6)] == done


def test_whether_ids_are_voided_is_asked_once_for_all_groups() -> None:
    narrow = Narrow()
    alone(
        sending_groups(
            cast(Client, narrow),
            [(shard, shard + 1) for shard in range(0, 200, 2)],
            lambda shards: PayShards(request_id="request-1", run=RUN, shards=shards),
        )
    )
    assert [100] == narrow.read


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def made(house: House) -> None:
    """Two days of work of 40 workers in 12 shards, and the money."""
    worked(house, house.employ(40, shards=12), 2)
    house.deposit(10_000_000)


def whole_payday(treasurer: Client, operator: Client) -> payday.PaydayReport:
    return payday.payday(treasurer, operator, "E001", PAYDAY)


def left(house: House) -> dict[str, bytes]:
    return {key: value for prefix in LEFT for key, value in house.ledger.scan(prefix)}


WIDE: Final = ("workday.certify", "payroll.price", "payroll.pay", "cashout.hold")


def test_no_transaction_of_a_payday_writes_more_than_a_group_may(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    bound = 9_000
    monkeypatch.setattr(shard_groups, "GROUP_BYTES", bound)
    made(house)
    height = house.ledger.height()
    assert 40 == whole_payday(house.treasurer, house.operator).paid
    written: dict[str, list[int]] = {name: [] for name in WIDE}
    for block in house.ledger.blocks(height):
        for each in block.transactions:
            size = sum(len(key) + len(value) for key, value in each.writes)
            written.get(tag_of(bytes(open_payload(each.envelope).command)), []).append(size)
    for name, sizes in written.items():
        assert 1 < len(sizes) < 12, (name, sizes)
        assert bound > max(sizes), (name, sizes)


class Dying(DryRun):
    """A real ledger whose client dies after some transactions: the next ones have been made, and come late."""

    def __init__(self, ledger: Ledger, lives: int) -> None:
        super().__init__(ledger)
        self.late: list[Envelope] = []
        self._real = ledger
        self._lives = lives

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        return list(self.submit_apart(envelopes))

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        for place, envelope in enumerate(envelopes):
            if self._lives == 0:
                self.late += envelopes[place:]
                raise BreaksOff
            self._lives -= 1
            yield from self._real.submit([envelope])


def test_a_payday_that_dies_and_is_taken_up_with_other_groups_leaves_the_same_records(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with rehearsal(tmp_path / "calm") as calm:
        made(calm)
        expected = whole_payday(calm.treasurer, calm.operator)
        records = left(calm)
    assert 40 * 2 * DAY_FEN == expected.totals.net_fen
    made(house)
    sizes = (20_000, 7_000, 45_000, 12_000, 30_000)
    late: list[Envelope] = []
    for attempt in range(100):
        monkeypatch.setattr(shard_groups, "GROUP_BYTES", sizes[attempt % len(sizes)])
        dying = Dying(house.ledger, 2)
        try:
            report = whole_payday(house.treasurer.on(dying), house.operator.on(dying))
            break
        except BreaksOff:
            late += dying.late
            house.ledger.submit(dying.late[1::2])  # some of what was under way gets there meanwhile
    assert attempt > 2
    assert (expected, records) == (report, left(house))
    assert {True} == {isinstance(each, Refusal) or each.replay for each in house.ledger.submit(late)}
    assert records == left(house)
    assert [] == check(house.ledger.scan)
