import threading
import time
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakegateway import Accepts, consortium, decide, order
from lxr.chaincode.envelope import Envelope
from lxr.chaincode.refusals import Unknown
from lxr.node.fabric.answers import Replayed
from lxr.node.fabric.client.agreement import Broken, answer_in
from lxr.node.fabric.client.faults import ChaincodeSaid
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.fabric.client.sending import Sent
from lxr.node.fabric.client.window import SendResult, submit_apart, submit_in_order
from lxr.node.port import LedgerFault
from lxr.token.refusal import Refusal
from quick import examples
from waiting import PATIENCE_S

KEYS = ("a", "b", "c", "d")


class Model:
    """A sender over a dictionary with versions, and the contract of the fakes. most: commits that were side by side."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.state: dict[str, tuple[int, bytes]] = {}
        self.commits = self.conflicts = 0

    def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal:
        with self._lock:
            answer = decide(lambda key: self.state[key][1] if key in self.state else None, envelope)
            if isinstance(answer, Accepts):
                versions = {key: (self.state[key][0], 0) if key in self.state else None for key in answer.reads}
                writes = frozenset(answer.writes)
                prepared = Prepared("", b"", b"", b"", answer.result, versions, writes, ())
                self._writes = {**getattr(self, "_writes", {}), envelope.tx_id: answer.writes}
                return prepared
        said = answer_in(ChaincodeSaid(answer.status, answer.message, "", ""))
        assert not isinstance(said, (Prepared, Broken))
        return said

    def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None:
        with self._lock:
            here = {key: (self.state[key][0], 0) if key in self.state else None for key in prepared.versions}
            if here != prepared.versions:
                self.conflicts += 1
                return None
            self.commits += 1
            for key, value in self._writes[envelope.tx_id].items():
                self.state[key] = (self.commits, value)
            return Sent(prepared.result, 0, "")

    def send(self, envelope: Envelope) -> Sent | Replayed | Refusal:
        while True:
            endorsed = self.endorse(envelope)
            if not isinstance(endorsed, Prepared):
                return endorsed
            if (sent := self.commit(envelope, endorsed)) is not None:
                return sent


def plain(outcomes: Sequence[SendResult]) -> list[object]:
    return [
        (outcome.code, outcome.facts)
        if isinstance(outcome, Refusal)
        else outcome.result
        if isinstance(outcome, Sent)
        else outcome
        for outcome in outcomes
    ]


some = st.sets(st.sampled_from(KEYS), max_size=2).map(sorted)
orders = st.builds(
    lambda request, needs, opens, bumps: order(request, needs=needs, opens=opens, bumps=[f"n{key}" for key in bumps]),
    st.sampled_from([str(number) for number in range(12)]),
    some,
    some,
    some,
)


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(orders, max_size=14), st.integers(1, 6))
def test_the_answers_and_the_state_are_those_of_one_after_another(envelopes: list[Envelope], window: int) -> None:
    by_one, ahead = Model(), Model()
    expected = [by_one.send(envelope) for envelope in envelopes]
    assert plain(expected) == plain(submit_in_order(ahead, envelopes, window))
    assert {key: value for key, (_, value) in by_one.state.items()} == {
        key: value for key, (_, value) in ahead.state.items()
    }
    assert 0 == ahead.conflicts


def test_what_one_opens_the_next_may_need() -> None:
    with consortium() as made:
        envelopes = [order("1", needs=["a"]), order("2", opens=["a"]), order("3", needs=["a"], bumps=["n"])]
        refused, opened, last = submit_in_order(made.sender(), [*envelopes, order("4", bumps=["n"])])[:3]
        assert isinstance(refused, Unknown)
        assert isinstance(opened, Sent)
        assert isinstance(last, Sent)
        assert b'{"n": 1}' == last.result
        assert (4, b"2") == made.chain.get("n") or (3, b"2") == made.chain.get("n")


def test_the_same_envelope_twice_is_a_replay() -> None:
    with consortium() as made:
        envelope = order("1", bumps=["n"])
        first, second = submit_in_order(made.sender(), [envelope, envelope])
        assert isinstance(first, Sent)
        assert Replayed(envelope.tx_id) == second


def test_independent_ones_go_side_by_side() -> None:
    class Together(Model):
        barrier = threading.Barrier(8)

        def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None:
            self.barrier.wait(PATIENCE_S)
            return super().commit(envelope, prepared)

    outcomes = submit_in_order(Together(), [order(str(number)) for number in range(8)])
    assert [b"{}"] * 8 == plain(outcomes)


def test_one_that_loses_a_race_to_somebody_else_is_sent_again() -> None:
    class Overtaken(Model):
        def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None:
            if not self.conflicts:
                self.state["n"] = (99, b"10")
            return super().commit(envelope, prepared)

    model = Overtaken()
    (outcome,) = submit_in_order(model, [order("1", bumps=["n"])])
    assert [b'{"n": 11}'] == plain([outcome])
    assert 1 == model.conflicts


def test_a_fault_is_raised_once_everything_before_it_is_settled() -> None:
    class Faulty(Model):
        def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal:
            if envelope == bad:
                raise LedgerFault("the peers are gone")
            return super().endorse(envelope)

    bad, model = order("3"), Faulty()
    with pytest.raises(LedgerFault, match="the peers are gone"):
        submit_in_order(model, [order("1"), order("2"), bad, order("4")])
    assert {"request/1", "request/2"} == model.state.keys()


def test_a_chain_of_dependent_ones_is_not_endorsed_over_and_over() -> None:
    class Counting(Model):
        endorsed = 0

        def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal:
            self.endorsed += 1
            return super().endorse(envelope)

    model = Counting()
    submit_in_order(model, [order(str(number), bumps=["n"]) for number in range(40)])
    assert (40, 0) == (model.commits, model.conflicts)
    assert 2 * 40 + 16 >= model.endorsed


LEISURELY_S = 0.05
"""With it, forty take two seconds at least: time enough for a busy machine to see that no more shall go."""


class Slow(Model):
    """A sender that takes its time, from once to five times pace_s. most: that were on their way at once."""

    def __init__(self, pace_s: float = 0.002) -> None:
        super().__init__()
        self.pace_s = pace_s
        self.under_way = self.most = 0
        self.order: list[str] = []

    def on_its_way(self, envelope: Envelope) -> None:
        time.sleep(self.pace_s * (1 + hash(envelope.tx_id) % 5))

    def send(self, envelope: Envelope) -> Sent | Replayed | Refusal:
        with self._lock:
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        self.on_its_way(envelope)
        outcome = super().send(envelope)
        with self._lock:
            self.under_way -= 1
            self.order.append(envelope.tx_id)
        return outcome


def test_what_does_not_touch_goes_side_by_side_as_many_as_the_window_has_and_is_answered_in_order() -> None:
    class ThreeAtFirst(Slow):
        there = threading.Barrier(3)

        def on_its_way(self, envelope: Envelope) -> None:
            if envelope in envelopes[:3]:
                self.there.wait(PATIENCE_S)
            super().on_its_way(envelope)

    slow, envelopes = ThreeAtFirst(), [order(str(number), bumps=[f"n{number}"]) for number in range(20)]
    answers = plain(list(submit_apart(slow, envelopes, 3)))
    assert [f'{{"n{number}": 1}}'.encode() for number in range(20)] == answers
    assert (3, 20) == (slow.most, len(slow.order))


def test_one_slow_transaction_does_not_hold_up_those_behind_it() -> None:
    passed = threading.Event()

    class FirstLast(Slow):
        def send(self, envelope: Envelope) -> Sent | Replayed | Refusal:
            if envelope == envelopes[0]:
                assert passed.wait(PATIENCE_S)
            elif envelope == envelopes[-1]:
                passed.set()
            return super().send(envelope)

    envelopes = [order(str(number)) for number in range(9)]
    assert 9 == len(list(submit_apart(FirstLast(), envelopes, 2)))


def test_after_a_fault_no_more_of_them_go_and_those_on_their_way_are_waited_for() -> None:
    class Faulty(Slow):
        def send(self, envelope: Envelope) -> Sent | Replayed | Refusal:
            if envelope == envelopes[2]:
                raise LedgerFault("the peers are gone")
            return super().send(envelope)

    faulty, envelopes = Faulty(LEISURELY_S), [order(str(number)) for number in range(40)]
    with pytest.raises(LedgerFault, match="the peers are gone"):
        list(submit_apart(faulty, envelopes, 2))
    assert (0, True) == (faulty.under_way, len(faulty.order) < 39)


def test_what_nobody_waits_for_any_more_is_not_sent() -> None:
    slow, envelopes = Slow(LEISURELY_S), [order(str(number)) for number in range(40)]
    answers = submit_apart(slow, envelopes, 2)
    next(answers)
    answers.close()
    assert (0, True) == (slow.under_way, len(slow.order) < 40)


def test_one_that_depends_on_nothing_does_not_wait_for_the_ones_before_it() -> None:
    class Held(Model):
        passed = threading.Event()

        def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None:
            if envelope == envelopes[0]:
                assert self.passed.wait(PATIENCE_S)
            elif envelope == envelopes[-1]:
                self.passed.set()
            return super().commit(envelope, prepared)

    envelopes = [order(str(number)) for number in range(8)]
    assert [b"{}"] * 8 == plain(submit_in_order(Held(), envelopes, 3))
