from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import wait

import pytest
from fabric_protos.peer.chaincode_shim_pb2 import ChaincodeMessage

from fakepeer import CHANNEL, PACKAGE_ID, Done, FakePeer, Running, running
from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.chaincode.founding import EMBEDDED, Found
from lxr.chaincode.governance import Propose
from lxr.chaincode.parameters import proposals
from lxr.network.consortium import Consortium
from lxr.node.fabric.answers import (
    ACCEPTED,
    FAILED,
    PAGE_KEYS,
    Page,
    decode_page,
    decode_values,
    encode_keys,
)
from lxr.node.fabric.service.decide import Trust
from lxr.node.fabric.service.stream import PAGE_FULL_BYTES
from waiting import PATIENCE_S, eventually

AT_MS = 1_788_220_800_000
Sealed = Callable[..., Envelope]
Proposes = Callable[..., Propose]
Founds = Callable[..., Found]


@pytest.fixture(scope="module")
def contract(consortium: Consortium, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    trust = Trust(consortium.roots(), True, EMBEDDED, "7" * 64)
    with running(tmp_path_factory.mktemp("service"), trust, lambda: AT_MS, workers=2) as service:
        yield service


@pytest.fixture
def peer(contract: Running) -> Iterator[FakePeer]:
    with contract.peer() as connected:
        yield connected
        assert [] == connected.overlaps


def found(peer: FakePeer, sealed: Sealed, founded: Founds) -> Done:
    return peer.commit(peer.invoke(b"submit", encode_envelope(sealed(founded()))))


def scan(peer: FakePeer, prefix: str, after: str = "") -> Page:
    done = peer.invoke(b"scan", prefix.encode(), after.encode())
    assert ACCEPTED == done.status
    return decode_page(done.payload)


def test_it_registers_under_its_package_id(peer: FakePeer) -> None:
    assert PACKAGE_ID == peer.registered.result(PATIENCE_S)


@pytest.mark.parametrize(
    ("batches", "reads", "writes"),
    [
        ((3, 2), [("GET_STATE_MULTIPLE", 3), ("GET_STATE_MULTIPLE", 3), ("GET_STATE_MULTIPLE", 1)], [2, 2, 1]),
        ((7, 3), [("GET_STATE_MULTIPLE", 7)], [3, 2]),
        ((1, 1), [("GET_STATE", 1)] * 7, [1] * 5),
        ((0, 0), [("GET_STATE", 1)] * 7, [1] * 5),
        (None, [("GET_STATE", 1)] * 7, [1] * 5),
    ],
)
def test_state_goes_in_batches_of_the_sizes_that_the_peer_offers_or_one_by_one(
    contract: Running,
    sealed: Sealed,
    founded: Founds,
    batches: tuple[int, int] | None,
    reads: list[tuple[str, int]],
    writes: list[int],
) -> None:
    with contract.peer(batches=batches) as peer:
        assert 5 == len(found(peer, sealed, founded).writes)
        assert writes == [keys for name, keys in peer.requests if name in ("WRITE_BATCH_STATE", "PUT_STATE")]
        peer.requests.clear()
        peer.state.update({"c": b"3", "e": b"5"})
        done = peer.invoke(b"read", encode_keys(list("abcdefg")))
        assert [None, None, b"3", None, b"5", None, None] == decode_values(done.payload)
        assert reads == peer.requests


def test_no_keys_at_all_are_read_without_asking_the_peer(peer: FakePeer) -> None:
    assert [] == decode_values(peer.invoke(b"read", encode_keys([])).payload)
    assert [] == peer.requests


def test_an_empty_key_is_refused_by_the_service_itself(peer: FakePeer) -> None:
    done = peer.invoke(b"read", encode_keys(["a", ""]))
    assert (FAILED, "an empty key is no key") == (done.status, done.message)
    assert [] == peer.requests


@pytest.mark.parametrize(
    ("prefix", "after", "keys"),
    [
        ("", "", ["a", "b/1", "b/2", "b/3", "b/4", "b/5", "b/洛", "bb", "c"]),
        ("b/", "", ["b/1", "b/2", "b/3", "b/4", "b/5", "b/洛"]),
        ("b/", "b/3", ["b/4", "b/5", "b/洛"]),
        ("b/", "b/洛", []),
        ("b/", "a", ["b/1", "b/2", "b/3", "b/4", "b/5", "b/洛"]),
        ("", "bb", ["c"]),
        ("c", "", ["c"]),
        ("d", "", []),
    ],
)
def test_a_scan_gives_the_keys_that_begin_so_after_the_last_one_seen(
    peer: FakePeer, prefix: str, after: str, keys: list[str]
) -> None:
    names = ["a", "b/1", "b/2", "b/3", "b/4", "b/5", "b/洛", "bb", "c"]
    peer.state.update({name: name.encode() for name in names})
    assert [(key, key.encode()) for key in keys] == scan(peer, prefix, after)


def test_a_long_scan_is_cut_into_pages_and_what_is_open_on_the_peer_is_closed(peer: FakePeer) -> None:
    peer.state.update({f"k/{number:05d}": b"v" for number in range(2 * PAGE_KEYS + 5)})
    pages = [scan(peer, "k/")]
    while pages[-1]:
        pages.append(scan(peer, "k/", pages[-1][-1][0]))
    assert [PAGE_KEYS, PAGE_KEYS, 5, 0] == [len(page) for page in pages]
    assert sorted(peer.state) == [key for page in pages for key, _ in page]
    asked = Counter(name for name, _ in peer.requests)
    assert (4, 2) == (asked["GET_STATE_BY_RANGE"], asked["QUERY_STATE_CLOSE"])


def test_long_values_make_a_page_shorter(peer: FakePeer) -> None:
    peer.state.update({f"k/{number}": bytes(PAGE_FULL_BYTES // 4) for number in range(9)})
    first = scan(peer, "k/")
    assert 6 == len(first)  # the peer gives three at a time
    assert sorted(peer.state) == [key for key, _ in first + scan(peer, "k/", first[-1][0])]


@pytest.mark.parametrize(
    ("request_type", "args"),
    [
        ("GET_STATE_MULTIPLE", (b"read", encode_keys(["a", "b"]))),
        ("GET_STATE_BY_RANGE", (b"scan", b"k/", b"")),
        ("QUERY_STATE_NEXT", (b"scan", b"k/", b"")),
    ],
)
def test_an_error_of_the_peer_ends_the_transaction_and_nothing_else(
    peer: FakePeer, request_type: str, args: tuple[bytes, ...]
) -> None:
    peer.state.update({f"k/{number}": b"v" for number in range(10)})
    peer.fail_on = request_type
    done = peer.invoke(*args)
    assert (FAILED, f"the peer answered: {request_type} failed: no ledger context") == (done.status, done.message)
    peer.fail_on = None
    assert ACCEPTED == peer.invoke(*args).status


@pytest.mark.parametrize("request_type", ["GET_STATE_MULTIPLE", "WRITE_BATCH_STATE"])
def test_an_error_of_the_peer_under_the_contract_frees_its_worker(
    peer: FakePeer, sealed: Sealed, founded: Founds, request_type: str
) -> None:
    peer.fail_on = request_type
    for _ in range(5):  # more than there are workers
        done = peer.invoke(b"submit", encode_envelope(sealed(founded())))
        assert (FAILED, None) == (done.status, done.event)
    peer.fail_on = None
    assert ACCEPTED == found(peer, sealed, founded).status


def test_two_hundred_transactions_at_once_are_each_answered_with_their_own(
    contract: Running, sealed: Sealed, founded: Founds, propose: Proposes
) -> None:
    with contract.peer(batches=(2, 2)) as peer:
        found(peer, sealed, founded)
        peer.jitter_ms = 2
        peer.state.update({f"k/{number}": str(number).encode() for number in range(100)})
        submitted = [peer.begin(b"submit", encode_envelope(sealed(propose(number)))) for number in range(100)]
        read = [peer.begin(b"read", encode_keys([f"k/{number}", "none", f"k/{number}"])) for number in range(100)]
        wait(submitted + read, PATIENCE_S)
        for number, result in enumerate(submitted):
            assert proposals.key(f"PUNION-{number}") in result.result(0).writes
        for number, result in enumerate(read):
            value = str(number).encode()
            assert [value, None, value] == decode_values(result.result(0).payload)
        assert [] == peer.overlaps


def test_a_keepalive_is_sent_back(peer: FakePeer) -> None:
    peer.registered.result(PATIENCE_S)
    peer.send(ChaincodeMessage(type=ChaincodeMessage.KEEPALIVE))
    assert ACCEPTED == peer.invoke(b"read", encode_keys([])).status
    assert 1 == peer.messages.count(ChaincodeMessage.KEEPALIVE)


@pytest.mark.parametrize("kind", [ChaincodeMessage.INIT, ChaincodeMessage.REGISTERED, ChaincodeMessage.GET_STATE])
def test_a_message_out_of_place_is_named_and_ends_the_stream(contract: Running, kind: int) -> None:
    with contract.peer() as peer:
        peer.registered.result(PATIENCE_S)
        peer.send(ChaincodeMessage(type=kind, txid="1", channel_id=CHANNEL))
        assert peer.ended.wait(PATIENCE_S)
        assert ChaincodeMessage.ERROR == peer.messages[-1]


def test_an_answer_that_nobody_waits_for_is_passed_over(peer: FakePeer) -> None:
    peer.registered.result(PATIENCE_S)
    peer.send(ChaincodeMessage(type=ChaincodeMessage.RESPONSE, txid="unknown", channel_id=CHANNEL))
    assert ACCEPTED == peer.invoke(b"read", encode_keys([])).status


def test_a_transaction_that_is_still_being_executed_is_not_begun_a_second_time(peer: FakePeer) -> None:
    peer.hold.set()
    first = peer.begin(b"read", encode_keys(["a"]), tx_id="same")
    assert peer.held.wait(PATIENCE_S)
    again = peer.begin(b"read", encode_keys(["a"]), tx_id="same").result(PATIENCE_S)
    assert (FAILED, "the same transaction is being executed") == (again.status, again.message)
    assert not first.done()
    peer.hold.clear()


def test_a_broken_stream_abandons_what_was_in_flight_and_a_new_one_finds_every_worker_free(
    contract: Running, sealed: Sealed, founded: Founds
) -> None:
    with contract.peer() as peer:
        peer.hold.set()
        lost = [peer.begin(b"submit", encode_envelope(sealed(founded()))) for _ in range(6)]
        lost.append(peer.begin(b"read", encode_keys(["a"])))
        assert peer.held.wait(PATIENCE_S)
        peer.disconnect()
        for result in lost:
            with pytest.raises(ConnectionError):
                result.result(PATIENCE_S)
    with contract.peer() as peer:
        assert ACCEPTED == found(peer, sealed, founded).status
    assert eventually(lambda: 0 == contract.figures()["lxr_contract_in_flight"])
