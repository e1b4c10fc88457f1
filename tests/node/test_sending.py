from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest

from fakegateway import (
    Contract,
    FakeConsortium,
    Fault,
    Garbage,
    Says,
    accept_all,
    consortium,
    lost,
    order,
    pay_double,
    refuse_all,
)
from lxr.chaincode.refusals import Unknown
from lxr.node.fabric.answers import FAILED, Replayed
from lxr.node.fabric.client.sending import Sender, Sent
from lxr.node.port import LedgerFault, OutcomeUnknown
from lxr.node.said import Said
from lxr.token.refusal import Refusal

DOWN = Fault(grpc.StatusCode.UNAVAILABLE, "connection refused")
BUSY = Fault(grpc.StatusCode.UNKNOWN, "too many requests for /gateway.Gateway, exceeding concurrency limit (500)")
NO_PEERS = Fault(grpc.StatusCode.FAILED_PRECONDITION, "no combination of peers can be derived")


@pytest.fixture
def made() -> Iterator[FakeConsortium]:
    with consortium() as fakes:
        yield fakes


@pytest.fixture
def sender(made: FakeConsortium) -> Sender:
    return made.sender()


def notes(refusal: Refusal) -> str:
    return "; ".join(getattr(refusal, "__notes__", []))


def test_an_envelope_is_sent_once_and_again_it_is_a_replay(made: FakeConsortium, sender: Sender) -> None:
    envelope = order("1", bumps=["n"])
    sent = sender.send(envelope)
    assert isinstance(sent, Sent)
    assert (b'{"n": 1}', 1) == (sent.result, sent.block)
    assert Replayed(envelope.tx_id) == sender.send(envelope)
    assert {sent.fabric_tx_id: 1} == made.chain.submitted
    assert (1, 0, 0, 0, 0) == (
        sender.sent,
        sender.refused,
        sender.conflicts,
        sender.retries,
        sender.peers.failovers,
    )


def test_a_refusal_is_reported_once_a_second_organisation_gives_it_too(made: FakeConsortium, sender: Sender) -> None:
    answer = sender.send(order("1", needs=["a"]))
    assert isinstance(answer, Unknown)
    assert {"what": "key", "number": "a"} == answer.facts
    assert "" == notes(answer)
    assert (1, 1, 0) == tuple(made[each].calls["Endorse"] for each in ("union", "employer", "bank"))
    assert 1 == sender.refused


def test_where_the_own_peer_lags_its_refusal_is_not_reported(made: FakeConsortium, sender: Sender) -> None:
    made["union"].sees = 1
    made.chain.write(a="1")

    def catch_up() -> None:
        made["union"].sees = None

    made.clock.at_sleep = catch_up
    assert isinstance(sender.send(order("1", needs=["a"])), Sent)
    assert {} == sender.differing
    assert 1 == sender.retries


@pytest.mark.parametrize("who", ["union", "bank"])
@pytest.mark.parametrize(
    ("contract", "words"),
    [(refuse_all, "refuses it: Unknown(number=anything, what=key)"), (pay_double, "accepts it, with another result")],
)
def test_what_three_accept_is_sent_and_who_differs_is_known(
    made: FakeConsortium, sender: Sender, who: str, contract: Contract, words: str
) -> None:
    made[who].contract = contract
    made["employer"].script["Endorse"] = [DOWN]
    sent = sender.send(order("1", bumps=["n"]))
    assert isinstance(sent, Sent)
    assert b'{"n": 1}' == sent.result
    # the gateway finds three of one mind by itself, unless it is its own organisation that differs
    assert ({"union": words} if who == "union" else {}) == {who: str(said) for who, said in sender.differing.items()}


@pytest.mark.parametrize("who", ["union", "employer"])
def test_what_one_alone_accepts_is_refused_and_the_refusal_names_it(
    made: FakeConsortium, sender: Sender, who: str
) -> None:
    made[who].contract = accept_all
    answer = sender.send(order("1", needs=["a"]))
    assert isinstance(answer, Unknown)
    assert f"{who} answers differently: accepts it" == notes(answer)
    assert {who: Said("accepts it")} == sender.differing
    assert 0 == made.chain.submitted.total()


def test_a_contract_that_fails_at_one_organisation_stops_nobody(made: FakeConsortium, sender: Sender) -> None:
    made["union"].contract = lambda _, __: Says(FAILED, "division by zero")
    assert isinstance(sender.send(order("1")), Sent)
    assert "division by zero" in str(sender.differing["union"])


def test_a_contract_that_fails_everywhere_is_a_fault(made: FakeConsortium, sender: Sender) -> None:
    for peer in made.peers.values():
        peer.contract = lambda _, __: Says(FAILED, "division by zero")
    with pytest.raises(LedgerFault, match="division by zero"):
        sender.send(order("1"))


def test_two_against_two_is_a_fault_that_tells_what_each_one_answers(made: FakeConsortium, sender: Sender) -> None:
    for who in ("union", "bank"):
        made[who].contract = refuse_all
    with pytest.raises(LedgerFault) as raised:
        sender.send(order("1"))
    assert (
        "the organisations do not agree on a transaction: union refuses it: Unknown(number=anything, what=key);"
        " employer accepts it; bank refuses it: Unknown(number=anything, what=key); regulator accepts it"
    ) == str(raised.value)
    assert 5 <= made.clock.now() - 1000 < 10


def test_too_few_that_agree_is_a_fault_that_names_who_is_missing(made: FakeConsortium, sender: Sender) -> None:
    made["union"].contract = pay_double
    made["bank"].contract = refuse_all
    with pytest.raises(LedgerFault, match=r"union accepts it; employer accepts it; bank refuses it: .*; regulator acc"):
        sender.send(order("1"))


def test_peers_that_stay_behind_are_not_taken_for_altered_ones(made: FakeConsortium, sender: Sender) -> None:
    made.chain.write(n="7")
    for who in ("union", "employer"):
        made[who].sees = 1

    def catch_up() -> None:
        if made.clock.now() > 1020:
            made["union"].sees = made["employer"].sees = None

    made.clock.at_sleep = catch_up
    sent = sender.send(order("1", bumps=["n"]))
    assert isinstance(sent, Sent)
    assert b'{"n": 8}' == sent.result
    assert {} == sender.differing


def test_with_nobody_else_to_ask_a_refusal_says_so(made: FakeConsortium, sender: Sender) -> None:
    for who in ("employer", "bank", "regulator"):
        made[who].stop()
    answer = sender.send(order("1", needs=["a"]))
    assert isinstance(answer, Unknown)
    assert "no other organisation could be asked" == notes(answer)
    assert 5 <= made.clock.now() - 1000 < 10


def test_a_consortium_of_one_organisation_needs_no_second_opinion() -> None:
    with consortium(1, ["union"]) as made:
        assert isinstance(made.sender().send(order("1", needs=["a"])), Unknown)
        assert 1 == made["union"].calls["Endorse"]


def test_a_lost_race_is_endorsed_again_and_counted(made: FakeConsortium, sender: Sender) -> None:
    submit = made.chain.order
    races = iter([True, True, False])

    def overtake(envelope: object) -> None:
        if next(races, False):
            made.chain.write(n="10")
        submit(envelope)

    made.chain.order = overtake  # type: ignore[method-assign]
    sent = sender.send(order("1", bumps=["n"]))
    assert isinstance(sent, Sent)
    assert b'{"n": 11}' == sent.result
    assert (1, 2) == (sender.sent, sender.conflicts)


def test_who_loses_every_race_hears_of_it_when_the_patience_ends(made: FakeConsortium, sender: Sender) -> None:
    submit = made.chain.order

    def overtake(envelope: object) -> None:
        made.chain.write(n="10")
        submit(envelope)

    made.chain.order = overtake  # type: ignore[method-assign]
    with pytest.raises(LedgerFault, match="lost every race"):
        sender.send(order("1", bumps=["n"]))
    assert 60 <= made.clock.now() - 1000 < 70


@pytest.mark.parametrize("method", ["Submit", "CommitStatus"])
@pytest.mark.parametrize("times", [1, 3])
def test_a_lost_answer_is_settled_by_the_same_transaction_and_nothing_is_done_twice(
    made: FakeConsortium, sender: Sender, method: str, times: int
) -> None:
    made["union"].script[method] = [lost()] * times
    made["employer"].script[method] = [lost()] * times
    sent = sender.send(order("1", bumps=["n"]))
    assert isinstance(sent, Sent)
    assert {sent.fabric_tx_id} == set(made.chain.submitted)
    assert (1, b"1") == made.chain.get("n")
    assert 1 == sender.sent


def test_a_submission_that_did_not_arrive_is_repeated(made: FakeConsortium, sender: Sender) -> None:
    made["union"].script["Submit"] = [DOWN]
    sent = sender.send(order("1"))
    assert isinstance(sent, Sent)
    assert {sent.fabric_tx_id: 1} == made.chain.submitted
    assert 1 == sender.peers.failovers


def test_if_nobody_tells_the_outcome_it_is_unknown_and_names_the_transaction(
    made: FakeConsortium, sender: Sender
) -> None:
    made.chain.accepts_orders = False
    envelope = order("1")
    with pytest.raises(OutcomeUnknown, match=f"{envelope.tx_id} is unknown: .*not committed yet") as raised:
        sender.send(envelope)
    assert envelope.tx_id == raised.value.tx_id
    assert 1 == len(made.chain.submitted)  # over and over the same one
    assert 60 <= made.clock.now() - 1000 < 70


def test_while_too_few_orderers_run_the_outcome_is_unknown_and_tells_why(made: FakeConsortium, sender: Sender) -> None:
    for peer in made.peers.values():
        peer.always["Submit"] = Fault(grpc.StatusCode.UNAVAILABLE, "insufficient number of orderers")
    with pytest.raises(OutcomeUnknown, match="insufficient number of orderers"):
        sender.send(order("1"))


def test_orderers_that_have_it_in_a_block_before_it_comes_to_them_are_no_failure(
    made: FakeConsortium, sender: Sender
) -> None:
    text = "received unsuccessful response from orderer: status=SERVICE_UNAVAILABLE, info=failed to submit request: "
    processed = tuple((organisation, f"{text}request already processed") for organisation in ("bank", "regulator"))
    made["union"].script["Submit"] = [Fault(grpc.StatusCode.UNAVAILABLE, "insufficient", processed, done=True)]
    assert isinstance(sender.send(order("1")), Sent)
    assert (1, 0, 0) == (made["union"].calls["Submit"], sender.peers.failovers, sender.retries)


def test_an_oversized_transaction_is_a_fault_and_its_outcome_is_known(made: FakeConsortium, sender: Sender) -> None:
    text = "received unsuccessful response from orderer: status=BAD_REQUEST, info=too large"
    made["union"].script["Submit"] = [Fault(grpc.StatusCode.UNAVAILABLE, "insufficient", (("union", text),))]
    with pytest.raises(LedgerFault, match="too large") as raised:
        sender.send(order("1"))
    assert not isinstance(raised.value, OutcomeUnknown)


def test_too_few_endorsements_are_a_fault_that_names_the_endorsers() -> None:
    with consortium(3) as made:
        for peer in made.peers.values():
            peer._endorsements = 2  # type: ignore[misc]
        with pytest.raises(LedgerFault, match="union, employer endorsed: ENDORSEMENT_POLICY_FAILURE"):
            made.sender().send(order("1"))


def test_while_the_own_peer_is_down_another_serves_and_later_it_is_tried_again(
    made: FakeConsortium, sender: Sender
) -> None:
    made["union"].always["Endorse"] = DOWN
    assert isinstance(sender.send(order("1")), Sent)
    made["union"].always.clear()
    assert isinstance(sender.send(order("2")), Sent)
    assert (1, 0) == (made["union"].calls["Endorse"], made["union"].calls["Submit"])
    made.clock.sleep(20)
    assert isinstance(sender.send(order("3")), Sent)
    assert 2 == made["union"].calls["Endorse"]
    assert 1 == sender.peers.failovers


def test_a_peer_that_is_really_down_is_left(made: FakeConsortium, sender: Sender) -> None:
    made["union"].stop()
    assert isinstance(sender.send(order("1")), Sent)
    assert isinstance(sender.send(order("2", needs=["a"])), Unknown)


@pytest.mark.parametrize("fault", [BUSY, NO_PEERS, DOWN])
def test_what_passes_is_tried_again_at_all_peers_until_the_patience_ends(
    made: FakeConsortium, sender: Sender, fault: Fault
) -> None:
    for peer in made.peers.values():
        peer.script["Endorse"] = [fault] * 3
    assert isinstance(sender.send(order("1")), Sent)
    assert 12 == sender.retries
    for peer in made.peers.values():
        peer.always["Endorse"] = fault
    with pytest.raises(LedgerFault, match=fault.text[:20]):
        sender.send(order("2"))
    assert 60 <= made.clock.now() - 1000 < 90


@pytest.mark.parametrize("data", [b"", b"\xff\xff\xff", b"\x0a\x03\x0a\x01\x0a"])
@pytest.mark.parametrize("method", ["Endorse", "CommitStatus"])
def test_peers_that_answer_garbage_lead_to_a_fault_of_one_line(
    made: FakeConsortium, sender: Sender, method: str, data: bytes
) -> None:
    for peer in made.peers.values():
        peer.always[method] = Garbage(data)
    with pytest.raises(LedgerFault) as raised:
        sender.send(order("1"))
    assert "\n" not in str(raised.value)


def test_a_second_organisation_that_answers_garbage_confirms_nothing(made: FakeConsortium, sender: Sender) -> None:
    made["employer"].always["Endorse"] = Garbage()
    answer = sender.send(order("1", needs=["a"]))
    assert isinstance(answer, Unknown)
    assert "employer answers differently: fails: peer of employer" in notes(answer)


def test_two_hundred_at_once_on_their_own_keys_are_each_sent_once(sender: Sender) -> None:
    with ThreadPoolExecutor(200) as pool:
        outcomes = list(pool.map(sender.send, [order(f"{n}", bumps=[f"n{n}"]) for n in range(200)]))
    assert all(isinstance(outcome, Sent) and outcome.result.endswith(b": 1}") for outcome in outcomes)
    assert (200, 0) == (sender.sent, sender.conflicts)


def test_many_at_once_on_one_key_all_get_their_turn(made: FakeConsortium) -> None:
    sender = Sender(made.connection)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(sender.send, [order(f"{n}", bumps=["n"]) for n in range(12)]))
    sender.close()
    assert {f'{{"n": {n}}}'.encode() for n in range(1, 13)} == {
        outcome.result for outcome in outcomes if isinstance(outcome, Sent)
    }
    assert 12 == sender.sent
