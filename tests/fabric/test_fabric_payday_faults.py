"""A payday of a thousand workers, in each of whose batches a node is killed, and started again."""

import random
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec
import pytest

from consortium import House, Team, rehearsal
from fabricnet import audit_faults, heights, kill, leader, restart, until, until_level
from lxr_chaincode.caller import ORGANISATIONS
from lxr_chaincode.invariants import check
from lxr_network.consortium import Consortium
from lxr_node.dry_run import DryRun
from lxr_node.envelope import Envelope, open_payload
from lxr_node.port import Committed, Ledger
from lxr_settlement import payday
from lxr_token.refusal import Refusal
from treasury import DAY_FEN, PAYDAY, worked

pytestmark = pytest.mark.fabric

WORKERS: Final = 1_000
SHARDS: Final = 20
DAYS: Final = 2
EMPLOYER: Final = "E001"
RUN: Final = "E001-20260915"
BATCH: Final = 10
"""As many envelopes at once are a batch: attesting, pricing, paying and holding, a shard each."""


class Dying(DryRun):
    """A real ledger; in the middle of each of its batches one more of its nodes dies, and is started again."""

    def __init__(self, ledger: Ledger, consortium: Consortium, victims: Sequence[str]) -> None:
        super().__init__(ledger)
        self._real: Final = ledger
        self._consortium: Final = consortium
        self._victims: Final = list(victims)
        self._pool: Final = ThreadPoolExecutor(1)
        self._restarted: Future[None] | None = None
        self.killed: Final[list[str]] = []

    def submit(self, envelopes: Sequence[Envelope]) -> list[Committed | Refusal]:
        if len(envelopes) >= BATCH and self._victims:
            self.whole()
            height = self._real.height()
            self._restarted = self._pool.submit(self._die, self._victims.pop(0), height)
        return self._real.submit(envelopes)

    def whole(self) -> None:
        """Wait until what was killed runs again."""
        if self._restarted is not None:
            self._restarted.result()

    def _die(self, victim: str, height: int) -> None:
        until(
            "the batch is on its way",
            lambda: any((there or 0) > height for there in heights(self._consortium).values()),
        )
        if victim == "leader":
            victim = f"{leader(self._consortium)}-orderer"
        kill(self._consortium, victim)
        self.killed.append(victim)
        restart(self._consortium, victim)


def prepared(house: House) -> Team:
    """A month's work of all, which nobody has answered; and the money."""
    team = house.employ(WORKERS, shards=SHARDS)
    worked(house, team, DAYS)
    house.deposit(EMPLOYER, 50_000_000)
    return team


def of_the_payday(ledger: Ledger) -> dict[str, bytes]:
    """What the payday leaves: its run, every line and order, every balance of worker and employer."""
    prefixes = (
        "account/worker:",
        f"account/employer:{EMPLOYER}",
        "account/redeeming",
        "account/fee",
        "run/",
        "run_shard/",
        "lines/",
        "order/",
        "cashout",
    )
    return {key: value for prefix in prefixes for key, value in ledger.scan(prefix)}


def test_a_payday_through_which_nodes_die_ends_as_one_on_the_embedded_ledger(house: House, tmp_path: Path) -> None:
    with rehearsal(tmp_path) as calm:
        prepared(calm)
        expected = payday.payday(calm.treasurer, calm.operator, EMPLOYER, PAYDAY)
        left = of_the_payday(calm.ledger)
    assert WORKERS * DAYS * DAY_FEN == expected.totals.net_fen

    seed = random.randrange(2**32)
    print(f"seed {seed}")
    chosen = random.Random(seed)
    victims = [
        "union-peer",
        "leader",
        f"{chosen.choice(ORGANISATIONS)}-contract",
        f"{chosen.choice(ORGANISATIONS)}-peer",
    ]
    prepared(house)
    ledger = Dying(house.ledger, house.consortium, victims)
    report = payday.payday(house.treasurer.on(ledger), house.operator.on(ledger), EMPLOYER, PAYDAY)
    ledger.whole()
    print("killed", ledger.killed)
    assert 4 == len(ledger.killed)

    assert expected == report
    assert left == of_the_payday(house.ledger)
    accepted = Counter(
        msgspec.json.decode(open_payload(each.envelope).command)["request_id"]
        for block in house.ledger.blocks()
        for each in block.transactions
        if each.valid
    )
    assert {1} == {times for request, times in accepted.items() if RUN in request}
    assert SHARDS == sum(request.startswith(f"pay:{RUN}:") for request in accepted)
    assert [] == check(house.ledger.scan)
    until_level(house.consortium)
    assert dict.fromkeys(ORGANISATIONS) == audit_faults(house.consortium)
