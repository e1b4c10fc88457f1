"""A payday of a thousand workers, in each of whose batches a node is killed, and started again."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Final

import msgspec
import pytest

from consortium import House, rehearsal
from fabricnet import audit_faults, heights, kill, leader, restart, until, until_level
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.envelope import Envelope, open_payload
from lxr.node.dry_run import DryRun
from lxr.node.invariants import check
from lxr.node.port import Committed
from lxr.settlement import shard_groups
from lxr.settlement.pay import payday
from lxr.token.refusal import Refusal
from treasury import DAY_FEN, PAYDAY, left_by_a_payday, worked_and_paid_into

pytestmark = pytest.mark.fabric

WORKERS: Final = 1_000
SHARDS: Final = 20
DAYS: Final = 2
EMPLOYER: Final = "E001"
RUN: Final = "E001-20260915"
BATCH: Final = 4
"""At least as many envelopes at once: those that attest, price, pay and hold."""
BYTES: Final = 15_000
"""In place of `GROUP_BYTES`, so that a thousand workers are several transactions."""
LEADER: Final = "leader"
"""The orderer that leads at that moment."""
OTHERS: Final = tuple(sorted(set(ORGANISATIONS) - {"union"}))


class Dying(DryRun):
    """A real ledger; in each of its batches one more of its nodes dies, and is started again.

    It dies as the batch begins, or when the first block of it is there, as the dice say.
    """

    def __init__(self, house: House, victims: Sequence[str], dice: random.Random, beside: ThreadPoolExecutor) -> None:
        super().__init__(house.ledger)
        self.killed: Final[list[str]] = []
        self._real: Final = house.ledger
        self._consortium: Final = house.consortium
        self._victims: Final = list(victims)
        self._dice: Final = dice
        self._beside: Final = beside
        self._dying: Future[None] | None = None

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        return self._real.submit(envelopes)

    def submit_apart(self, envelopes: Sequence[Envelope]) -> Iterator[Committed | Refusal]:
        answered = Event()
        if len(envelopes) >= BATCH and self._victims:
            if self._dying is not None:
                self._dying.result()  # what was killed before runs again
            height = self._real.height() + self._dice.randrange(2)
            self._dying = self._beside.submit(self._die, self._victims.pop(0), height, answered)
        try:
            yield from self._real.submit_apart(envelopes)
        finally:
            answered.set()

    def _die(self, victim: str, height: int, answered: Event) -> None:
        def due() -> bool:  # what is refused as a whole makes no block
            return answered.is_set() or max(there or 0 for there in heights(self._consortium).values()) >= height

        until(f"{height} blocks", due)
        if victim == LEADER:
            victim = f"{leader(self._consortium)}-orderer"
        kill(self._consortium, victim)
        self.killed.append(victim)
        restart(self._consortium, victim)


def test_a_payday_through_which_nodes_die_leaves_what_it_leaves_on_the_embedded_ledger(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard_groups, "GROUP_BYTES", BYTES)
    with rehearsal(tmp_path) as calm:
        worked_and_paid_into(calm, WORKERS, SHARDS, DAYS)
        expected = payday.payday(calm.treasurer, calm.operator, EMPLOYER, PAYDAY)
        left = left_by_a_payday(calm.ledger)
    assert WORKERS * DAYS * DAY_FEN == expected.totals.net_fen

    seed = random.randrange(2**32)
    print(f"seed {seed}")  # shown where the test fails
    dice = random.Random(seed)
    peer, contract = dice.choice(OTHERS), dice.choice(ORGANISATIONS)
    worked_and_paid_into(house, WORKERS, SHARDS, DAYS)
    victims = ("union-peer", LEADER, f"{contract}-contract", f"{peer}-peer")
    with ThreadPoolExecutor(1) as beside:
        ledger = Dying(house, victims, dice, beside)
        report = payday.payday(house.treasurer.on(ledger), house.operator.on(ledger), EMPLOYER, PAYDAY)
    assert len(victims) == len(ledger.killed)
    print(f"killed {', '.join(ledger.killed)}")

    assert expected == report
    assert left == left_by_a_payday(house.ledger)
    requests = Counter(
        msgspec.json.decode(open_payload(each.envelope).command)["request_id"]
        for block in house.ledger.blocks()
        for each in block.transactions
        if each.valid
    )
    assert {1} == {times for request, times in requests.items() if EMPLOYER in request}
    assert BATCH < sum(request.startswith(f"pay:{RUN}:") for request in requests) < SHARDS
    assert [] == check(house.ledger.scan)
    until_level(house.consortium)
    assert dict.fromkeys(ORGANISATIONS) == audit_faults(house.consortium)
