from collections.abc import Iterator

import grpc
import pytest
from fabric_protos.common import common_pb2
from fabric_protos.gateway import gateway_pb2
from fabric_protos.peer import events_pb2

from fakegateway import FakeConsortium, Fault, Garbage, consortium, order
from lxr.chaincode.envelope import encode_envelope
from lxr.chaincode.refusals import Unknown
from lxr.node.fabric.answers import READ, REFUSED, SUBMIT, decode_refusal, decode_values, encode_keys
from lxr.node.fabric.client.faults import Ambiguous, ChaincodeSaid, Failed, GatewayFault, Mismatch, Unreachable
from lxr.node.fabric.client.gateway import Gateway
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.fabric.client.proposals import propose
from lxr.node.fabric.connection import Peer

Code = grpc.StatusCode


@pytest.fixture
def made() -> Iterator[FakeConsortium]:
    with consortium() as fakes:
        yield fakes


@pytest.fixture
def gateway(made: FakeConsortium) -> Iterator[Gateway]:
    opened = Gateway(made.connection, made["union"].peer)
    yield opened
    opened.close()


def endorse(made: FakeConsortium, gateway: Gateway, *organisations: str) -> Prepared:
    envelope = order("1", needs=["a"], opens=["b"], bumps=["n"])
    return gateway.endorse(propose(made.connection, SUBMIT, [encode_envelope(envelope)]), organisations)


def test_an_endorsed_transaction_tells_its_result_the_keys_it_touches_and_who_endorsed_it(
    made: FakeConsortium, gateway: Gateway
) -> None:
    made.chain.write(a="1")
    prepared = endorse(made, gateway)
    assert b'{"n": 1}' == prepared.result
    assert {"request/1": None, "a": (1, 0), "n": None} == prepared.versions
    assert {"request/1", "b", "n"} == prepared.writes
    assert ("union", "employer", "bank") == prepared.endorsers
    assert ("bank", "regulator") == endorse(made, gateway, "bank", "regulator").endorsers


def test_a_submitted_transaction_gets_a_commit_status_and_its_event_can_be_resumed_behind(
    made: FakeConsortium, gateway: Gateway
) -> None:
    made.chain.write(a="1")
    prepared = endorse(made, gateway)
    with pytest.raises(Ambiguous, match="not committed yet"):
        gateway.commit_status(prepared.fabric_tx_id)
    gateway.submit(prepared)
    status = gateway.commit_status(prepared.fabric_tx_id)
    assert ("VALID", 2) == (status.code, status.block)
    event = next(gateway.events(0))
    assert (2, prepared.fabric_tx_id, "order") == (event.block, event.fabric_tx_id, event.name)
    with pytest.raises(Unreachable, match="the events broke off"):  # nothing is behind it
        next(gateway.events(0, after=prepared.fabric_tx_id))


def test_a_refusal_comes_with_the_organisation_whose_contract_gave_it(made: FakeConsortium, gateway: Gateway) -> None:
    with pytest.raises(ChaincodeSaid) as said:
        endorse(made, gateway, "bank")
    assert (REFUSED, "bank") == (said.value.status, said.value.organisation)
    assert isinstance(decode_refusal(said.value.message), Unknown)


def test_values_are_read_and_the_height_is_known(made: FakeConsortium, gateway: Gateway) -> None:
    made.chain.write(a="1")
    assert [b"1", None] == decode_values(gateway.evaluate(READ, [encode_keys(["a", "b"])]))
    assert 2 == gateway.height()
    with pytest.raises(ChaincodeSaid, match="no such function"):
        gateway.evaluate("other", [b""])


def test_blocks_are_delivered_from_a_number_on_and_end_with_the_newest(made: FakeConsortium, gateway: Gateway) -> None:
    for number in range(4):
        made.chain.write(a=str(number))
    for expected, blocks in (
        ([0, 1, 2, 3, 4], gateway.blocks(0)),
        ([3, 4], gateway.blocks(3)),
        ([1, 2], gateway.blocks(1, 2)),
        ([], gateway.blocks(5)),
    ):
        assert expected == [block.header.number for block in blocks]


def test_blocks_that_are_waited_for_come_when_they_are_made(made: FakeConsortium, gateway: Gateway) -> None:
    blocks = gateway.blocks(0, wait=True)
    assert 0 == next(blocks).header.number
    made.chain.write(a="1")
    assert 1 == next(blocks).header.number
    blocks.close()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(Code.UNAVAILABLE, "connection refused"), Unreachable),
        (Fault(Code.DEADLINE_EXCEEDED, "too slow"), Unreachable),
        (Fault(Code.UNKNOWN, "too many requests for /gateway.Gateway, exceeding concurrency limit (500)"), Unreachable),
        (Fault(Code.FAILED_PRECONDITION, "no combination of peers can be derived which …"), Unreachable),
        (Fault(Code.ABORTED, "failed to endorse", (("union", "error in simulation: connection lost"),)), Unreachable),
        (Fault(Code.ABORTED, "", (("bank", "ProposalResponsePayloads do not match"),)), Mismatch),
        (Fault(Code.ABORTED, "", (("bank", "error validating proposal: access denied"),)), Failed),
        (Fault(Code.PERMISSION_DENIED, "no"), Failed),
        (Fault(Code.RESOURCE_EXHAUSTED, "message larger than max"), Failed),
        (Garbage(), Failed),
        (Garbage(b""), Failed),
    ],
)
def test_every_error_of_an_endorsement_is_one_of_a_few_faults(
    made: FakeConsortium, gateway: Gateway, fault: Fault | Garbage, expected: type[GatewayFault]
) -> None:
    made["union"].script["Endorse"] = [fault]
    with pytest.raises(GatewayFault) as raised:
        endorse(made, gateway)
    assert expected is type(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault(Code.UNAVAILABLE, "insufficient number of orderers"), Ambiguous),
        (Fault(Code.UNKNOWN, "too many requests"), Ambiguous),
        (
            Fault(
                Code.UNAVAILABLE,
                "insufficient",
                (("union", _bad := "received unsuccessful response from orderer: status=BAD_REQUEST, info=x"),),
            ),
            Failed,
        ),
        (Fault(Code.UNAVAILABLE, "insufficient", (("union", _bad), ("bank", "connection refused"))), Ambiguous),
        (
            Fault(
                Code.UNAVAILABLE,
                "insufficient",
                (
                    ("union", "status=SERVICE_UNAVAILABLE, info=failed to submit request: request already processed"),
                    ("bank", "connection refused"),
                ),
            ),
            Ambiguous,
        ),
        (Fault(Code.ABORTED, _bad), Failed),
        (Fault(Code.INVALID_ARGUMENT, "no"), Failed),
    ],
)
def test_a_transaction_has_failed_only_where_no_orderer_can_have_taken_it(
    made: FakeConsortium, gateway: Gateway, fault: Fault, expected: type[GatewayFault]
) -> None:
    made.chain.write(a="1")
    made["union"].script["Submit"] = [fault]
    with pytest.raises(GatewayFault) as raised:
        gateway.submit(endorse(made, gateway))
    assert expected is type(raised.value)


def test_a_peer_that_is_down_is_unreachable_for_every_call(made: FakeConsortium, gateway: Gateway) -> None:
    made["union"].stop()
    for call in (
        lambda: gateway.evaluate(READ),
        gateway.height,
        lambda: endorse(made, gateway),
        lambda: list(gateway.blocks(0)),
        lambda: list(gateway.events(0)),
    ):
        with pytest.raises(Unreachable):
            call()
    with pytest.raises(Ambiguous):
        gateway.commit_status("0")


def test_bytes_that_cannot_be_read_are_a_fault_of_one_line(made: FakeConsortium, gateway: Gateway) -> None:
    for method in ("Evaluate", "CommitStatus", "Deliver"):
        made["union"].script[method] = [Garbage()]
    with pytest.raises(Failed, match="cannot be read"):
        gateway.evaluate(READ)
    with pytest.raises(Ambiguous, match="cannot be read"):
        gateway.commit_status("0")
    with pytest.raises(Failed, match="block 0 cannot be read"):
        list(gateway.blocks(0))


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (events_pb2.DeliverResponse(status=common_pb2.FORBIDDEN), Failed),
        (events_pb2.DeliverResponse(status=common_pb2.NOT_FOUND), Failed),  # of the channel: every one has a block 0
        (events_pb2.DeliverResponse(status=common_pb2.SERVICE_UNAVAILABLE), Unreachable),
        (events_pb2.DeliverResponse(), Failed),
        (events_pb2.DeliverResponse(status=12_345), Failed),
        (events_pb2.DeliverResponse(block=common_pb2.Block(header=common_pb2.BlockHeader(number=7))), Failed),
    ],
)
def test_a_delivery_that_does_not_give_the_blocks_in_order_is_a_fault(
    made: FakeConsortium, gateway: Gateway, response: events_pb2.DeliverResponse, expected: type[GatewayFault]
) -> None:
    made["union"].script["Deliver"] = [Garbage(response.SerializeToString())]
    with pytest.raises(GatewayFault) as raised:
        list(gateway.blocks(0))
    assert expected is type(raised.value)


def test_only_the_transaction_that_was_proposed_gets_a_signature(made: FakeConsortium, gateway: Gateway) -> None:
    made.chain.write(a="1")
    proposals = [propose(made.connection, SUBMIT, [encode_envelope(order(each, opens=["b"]))]) for each in ("1", "2")]
    other = gateway.endorse(proposals[0])
    swapped = gateway_pb2.EndorseResponse(prepared_transaction=common_pb2.Envelope(payload=other.payload))
    made["union"].script["Endorse"] = [Garbage(swapped.SerializeToString())]
    with pytest.raises(Failed, match="is not the one that was proposed"):
        gateway.endorse(proposals[1])


def test_a_peer_with_another_certificate_is_unreachable(made: FakeConsortium) -> None:
    peer = made["union"].peer
    foreign = Gateway(made.connection, Peer("union", peer.address, made.connection.transport.certificate_pem.encode()))
    with pytest.raises(Unreachable):
        foreign.height()
    foreign.close()
