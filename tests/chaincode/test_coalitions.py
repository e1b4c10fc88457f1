"""Any one organisation, and any two together: whatever commands their officers give, what docs/trust.md promises holds.

Each coalition begins in a town in the middle of its work (`busytown`) and gives any command of the contract that its
officers may give (`anycommand`), at any time, again and late, while the others go on. After each accepted one, all that
is promised against that coalition (`promises`) is still kept.
"""

import os
import random
from collections.abc import Iterator
from itertools import combinations
from typing import Any, ClassVar, Final

import msgspec
import pytest
from hypothesis import event, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from msgspec.structs import replace

from anycommand import COMMANDS, NOT_CARRIED, Given, Hand, Nothing
from busytown import Busy, busy
from lxr.chaincode.caller import EMPLOYER, ORGANISATIONS, REGULATOR, UNION
from lxr.chaincode.carry_over import CarryOver
from lxr.chaincode.cashout_holds import HoldShards
from lxr.chaincode.closing_register import CloseRegister
from lxr.chaincode.command import HANDLERS, AnyCommand
from lxr.chaincode.contests import ContestRow
from lxr.chaincode.custody import OpenCustody
from lxr.chaincode.decisions import ReplyToDispute
from lxr.chaincode.founding import Found
from lxr.chaincode.governance import Approve, Propose
from lxr.chaincode.instruction import AcceptCashOut
from lxr.chaincode.reinstatement import ApproveReinstatement, ProposeReinstatement
from lxr.chaincode.run_funding import FundRun
from lxr.chaincode.run_opening import OpenRun
from lxr.chaincode.run_payment import PayShards
from lxr.chaincode.run_pricing import PriceShards
from lxr.chaincode.sheet_certification import CertifySheets
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.status_changes import SetEmployer, SetWorker
from lxr.chaincode.statuses import Status
from lxr.chaincode.workday import SubmitSheet
from lxr.chaincode.workday_answers import Confirm, OpenDispute
from lxr.token.refusal import AmountTooLarge, Refusal
from madeuprules import another_version
from parties import ANNA, CLEO, SHARDS, aug
from promises import PROMISES, Organisations, promises_against
from quick import examples
from town import Town
from watched import Step, Watched

COALITIONS: Final = [*combinations(ORGANISATIONS, 1), *combinations(ORGANISATIONS, 2)]
ROUTINE: Final = (
    CertifySheets,
    CertifySheets,
    Confirm,
    OpenDispute,
    ReplyToDispute,
    ContestRow,
    SubmitSheet,
    OpenRun,
    PriceShards,
    FundRun,
    PayShards,
    BookStatement,
    AcceptCashOut,
)
"""What the others go on with meanwhile."""
NEVER: Final = frozenset({Found, OpenCustody, CloseRegister, CarryOver})
"""What is done once and has been done; and what takes a ledger that all four have closed, or one that follows."""
PICK: Final = st.integers(0, 10**6)
RANDOM: Final = st.randoms(use_true_random=False)


class Attack:
    """What a coalition has tried on a busy ledger, and what the ledger made of it."""

    def __init__(self, start: Busy, coalition: Organisations) -> None:
        state, history, at_ms = start
        self.engine: Final = Watched(state, history.copy())
        self.town: Final = Town(self.engine, "attack")
        self.town.at_ms = at_ms
        self.coalition: Final = tuple(coalition)
        self.tried: Final[list[Given]] = []

    def give(self, kind: type[AnyCommand], chance: random.Random) -> str:
        """Give some command of that kind. Returns its answer."""
        try:
            given = Hand(self.town, chance, self.coalition).given(kind)
        except Nothing:
            return "nothing to give"
        self.tried.append(given)
        return self.submit(given)

    def submit(self, given: Given, coalition: Organisations | None = None) -> str:
        """Give a command; if it changed something, every promise that holds against the coalition has been kept."""
        before, refused = self.engine.last, None
        try:
            self.engine.submit(given.caller, given.command, self.town.at_ms, genuine=given.genuine)
        except Refusal as refusal:
            refused = type(refusal)
        assert refused is not AmountTooLarge, given  # no sum here is large
        if refused is not None:
            return refused.__name__
        if self.engine.last is before:
            return "answered as before"
        for promise in promises_against(self.coalition if coalition is None else coalition):
            assert promise.kept(self.step), f"{promise.name}: {given}"
        return "accepted"

    @property
    def step(self) -> Step:
        """The last one that was accepted."""
        assert self.engine.last is not None
        return self.engine.last

    def others(self, kind: type[AnyCommand], chance: random.Random) -> str:
        """Somebody outside of the coalition goes on with the work; what nobody can break holds then too."""
        outside = [each for each in ORGANISATIONS if each not in self.coalition]
        try:
            return self.submit(Hand(self.town, chance, outside).given(kind), ORGANISATIONS)
        except Nothing:
            return "nothing to give"


class Machine(RuleBasedStateMachine):
    """One attack at random."""

    start: ClassVar[Busy]
    coalition: ClassVar[tuple[str, ...]]

    @initialize()
    def begin(self) -> None:
        self.attack = Attack(self.start, self.coalition)
        self.kinds = Hand(self.attack.town, random.Random(0), self.coalition).kinds()

    @rule(pick=PICK, chance=RANDOM)
    def give(self, pick: int, chance: random.Random) -> None:
        kind = self.kinds[pick % len(self.kinds)]
        answer = self.attack.give(kind, chance)
        note(f"{answer}: {self.attack.tried[-1:]}")
        event(f"{kind.__name__}: {answer}")

    @rule(pick=PICK, anew=st.booleans())
    def give_again(self, pick: int, anew: bool) -> None:
        if not self.attack.tried:
            return
        given = self.attack.tried[pick % len(self.attack.tried)]
        if anew:
            again = replace(given.command, request_id=f"again-{pick:07d}")
            note(f"again: {self.attack.submit(Given(given.caller, again, given.genuine))}")
            return
        before = dict(self.attack.engine.state)
        done = any(key.startswith("request/") and key.endswith(f"/{given.command.request_id}") for key in before)
        answer = self.attack.submit(given)
        assert not done or before == self.attack.engine.state, answer

    @rule(hours=st.sampled_from((1, 6, 24, 24, 72, 168)))
    def wait(self, hours: int) -> None:
        self.attack.town.at_ms += hours * 3_600_000

    @rule(kind=st.sampled_from(ROUTINE), chance=RANDOM)
    def others_work(self, kind: type[AnyCommand], chance: random.Random) -> None:
        if any(role.split("/")[0] not in self.coalition for role in HANDLERS[kind].callers):
            note(f"meanwhile: {self.attack.others(kind, chance)} {kind.__name__}")


@pytest.fixture(scope="module")
def start(template: Any) -> Iterator[Busy]:
    with another_version():
        yield busy(template.state)


def walk(start: Busy, coalition: tuple[str, ...], rounds: int) -> Iterator[tuple[Attack, type[AnyCommand], str]]:
    """The same attacks each time: after each command the attack, what was given, and the answer."""
    for number in range(rounds):
        chance, attack = random.Random(number), Attack(start, coalition)
        kinds = Hand(attack.town, chance, coalition).kinds()
        for _ in range(2 * len(kinds)):
            attack.town.at_ms += 3_600_000 * chance.choice((0, 0, 0, 6, 24, 48))
            kind = kinds[chance.randrange(len(kinds))]
            yield attack, kind, attack.give(kind, chance)


def broken_by(step: Step) -> set[str]:
    """The promises that this step has not kept."""
    return {promise.name for promise in PROMISES if not promise.kept(step)}


def broken_in_several_steps(start: Busy) -> set[str]:
    """What union and regulator, and union and employer, come to break on a longer way than chance finds soon."""
    attack = Attack(start, (UNION, REGULATOR))
    town, broken = attack.town, set[str]()
    raised = {"name": "cashout.second_role_fen", "value": msgspec.Raw(b"1000000"), "effective_from": aug(1)}
    town.do(Propose, "union/admin", proposal="PUNION-RAISED", source="x", **raised)
    town.do(Approve, "regulator/admin", **town.approval("PUNION-RAISED"))
    broken |= broken_by(attack.step)
    for shard in range(SHARDS):
        town.do(HoldShards, cashout="C5", shards=(shard,))
    town.leave("C5", accepted=False)
    broken |= broken_by(attack.step)
    fields = {"status": Status.ENDED, "from_day": aug(22), "reason": "season over"}
    town.do(SetEmployer, employer="E002", **fields)
    broken |= _undone(attack, "E002", "regulator/admin")
    attack = Attack(start, (UNION, EMPLOYER))
    town = attack.town
    town.deducted("DE001-9", 1_000, CLEO)
    town.priced("E001-20260826")
    broken |= broken_by(attack.step)
    town.do(SetWorker, worker=ANNA, **{**fields, "from_day": aug(28)})
    return broken | _undone(attack, ANNA, "employer/signer/E001")


def _undone(attack: Attack, ended: str, second: str) -> set[str]:
    """What is broken where the union and that administrator undo an ending."""
    attack.town.do(ProposeReinstatement, "union/operator", ended=ended, reason="a slip")
    attack.town.do(ApproveReinstatement, second, **attack.town.reinstatement(ended))
    return broken_by(attack.step)


def test_every_command_of_the_contract_is_tried() -> None:
    assert COMMANDS.keys() | NOT_CARRIED == HANDLERS.keys()


@pytest.mark.parametrize("coalition", COALITIONS, ids="+".join)
def test_whatever_one_or_two_organisations_command_what_is_promised_against_them_holds(
    start: Busy, coalition: tuple[str, ...]
) -> None:
    number = int(os.environ.get("LXR_SEED", random.randrange(2**32)))
    print(f"LXR_SEED={number} repeats this")
    machine = type("Machine", (Machine,), {"start": start, "coalition": coalition})
    run_state_machine_as_test(
        seed(number)(machine), settings=settings(max_examples=examples(40), stateful_step_count=40)
    )


@pytest.mark.slow
def test_every_command_that_a_coalition_may_give_comes_to_be_accepted_and_what_it_may_break_it_breaks(
    start: Busy,
) -> None:
    broken = broken_in_several_steps(start)
    for coalition in COALITIONS:
        kinds = set(Hand(Attack(start, coalition).town, random.Random(0), coalition).kinds()) - NEVER
        missing = kinds - {Propose, Approve} if coalition == (EMPLOYER,) else kinds  # theirs takes all four
        theirs = {
            promise for promise in PROMISES if frozenset(coalition) in promise.breakers and promise.name not in broken
        }
        for attack, kind, answer in walk(start, coalition, 40):
            if answer != "accepted":
                continue
            missing = missing - {kind}
            theirs = {promise for promise in theirs if promise.kept(attack.step)}
            if not missing and not theirs:
                break
        assert (set(), set()) == (missing, {promise.name for promise in theirs}), coalition
