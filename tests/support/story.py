"""A small ledger on which every kind of command stands: a busy town, and what it lacks, found by chance from one seed.

engine = StoryEngine(ledger, identity)
tell(engine)                                  # the same story each time; the kinds that are left out are UNTOLD
"""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Final

import msgspec

import busytown
from anycommand import COMMANDS, Hand, Nothing
from engines import A, LedgerEngine
from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.carry_over import CarryOver
from lxr.chaincode.closing_register import CloseRegister
from lxr.chaincode.command import HANDLERS, AnyCommand, Command
from lxr.chaincode.days import day_of
from lxr.chaincode.founding import FoundCopy
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.parameter_definitions import LEDGER_CLOSED
from lxr.chaincode.revocation import Revoke
from lxr.chaincode.upgrade import StateContract, SwitchContract
from lxr.node.port import Ledger
from lxr.node.sealing import Identity
from lxr.token.refusal import Refusal
from town import Town
from watched import History, Watched

UNTOLD: Final = {
    FoundCopy: "only copies have it",
    CarryOver: "only ledgers that follow another have it",
    StateContract: "of a release to come",
    SwitchContract: "likewise",
}
SEED: Final = 20261130
TRIES_MAX: Final = 20_000
HOUR_MS: Final = 3_600_000


class StoryEngine(Watched):
    """A real ledger, of which the state is at hand as `Hand` wants it."""

    def __init__(self, ledger: Ledger, identity: Callable[[str], Identity]) -> None:
        self._real: Final = LedgerEngine(ledger, identity)
        self.ledger: Final = ledger
        super().__init__(dict(ledger.scan("")), History())

    def submit(
        self,
        caller: str,
        command: Command[A],
        at_ms: int,
        *,
        genuine: bool = True,  # noqa: ARG002
    ) -> A:
        answer = self._real.submit(caller, command, at_ms)
        self.refresh()
        return answer

    def refresh(self) -> None:
        """Take in what was written past this engine."""
        self._state.clear()
        self._state.update(self.ledger.scan(""))

    def serial(self, caller: str) -> str:
        return "abc" if caller == "nobody" else self._real.serial(caller)


def tags(ledger: Ledger) -> Iterator[str]:
    """The tags of all commands on a ledger."""
    for block in ledger.blocks():
        for each in block.transactions:
            yield str(msgspec.json.decode(each.envelope.payload)["command"]["command"])


def tag_of(kind: type[AnyCommand]) -> str:
    return str(kind.__struct_config__.tag)


def tell(engine: StoryEngine) -> None:
    """Tell the story on a founded ledger."""
    ledger = engine.ledger
    Town(engine, "settling").settle()
    town = Town(engine, "busy")
    busytown.live(town)
    town.do(Revoke, "bank/admin", serial="abc", reason="key lost")
    close_for_a_day(town)
    told, chance = set(tags(ledger)), random.Random(SEED)
    missing = sorted((kind for kind in HANDLERS if tag_of(kind) not in told and kind not in UNTOLD), key=tag_of)
    others = sorted(COMMANDS, key=tag_of)
    began_ms = town.at_ms
    for _ in range(TRIES_MAX):
        if not missing:
            return
        kind = chance.choice(missing if chance.randrange(2) else others)
        if kind not in UNTOLD and tried(town, kind, chance, began_ms + 2000 * HOUR_MS):
            missing = [each for each in missing if each is not kind]
    raise AssertionError(f"not told: {', '.join(map(tag_of, missing))}")


def close_for_a_day(town: Town) -> None:
    """The ledger's work belongs on another ledger for a day, on which a register is written."""
    day = day_of(town.at_ms) + timedelta(days=1)
    proposal = "PUNION-CLOSED"
    town.do(
        Propose,
        "union/admin",
        proposal=proposal,
        name=LEDGER_CLOSED,
        value=msgspec.Raw(b"1"),
        effective_from=day,
        effective_to=day,
        source="for a day",
    )
    for organisation in ORGANISATIONS[1:]:
        town.do(Approve, f"{organisation}/admin", **town.approval(proposal))
    town.go(day)
    town.do(CloseRegister, "union/operator", employer="E001", shards=(0,))
    town.go(day + timedelta(days=1))


def go_on(engine: StoryEngine, at_ms: int, seed: int, tries: int) -> set[type[AnyCommand]]:
    """Go on with the story by chance. Returns the kinds of commands that were accepted."""
    town, chance, kinds = Town(engine, f"on-{seed}"), random.Random(seed), sorted(COMMANDS.keys() - UNTOLD, key=tag_of)
    town.at_ms = at_ms
    return {
        kind
        for kind in (chance.choice(kinds) for _ in range(tries))
        if tried(town, kind, chance, at_ms + HOUR_MS * 999)
    }


def tried(town: Town, kind: type[AnyCommand], chance: random.Random, until_ms: int) -> bool:
    """Give a command of that kind, at most that late; whether it was accepted."""
    town.at_ms = min(town.at_ms + chance.choice((0, 0, 0, 0, 1, 6)) * HOUR_MS, until_ms)
    try:
        given = Hand(town, chance, ORGANISATIONS).given(kind)
        town.engine.submit(given.caller, given.command, town.at_ms)
    except (Nothing, Refusal):
        return False
    return True
