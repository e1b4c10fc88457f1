from collections.abc import Sequence
from datetime import date

import pytest
from msgspec import Struct
from msgspec.structs import replace

from engines import MemoryEngine
from lxr.chaincode.books import Balance, balances
from lxr.chaincode.caller import Caller
from lxr.chaincode.command import Void
from lxr.chaincode.contract import Call, execute
from lxr.chaincode.custody_records import Custody, custodies
from lxr.chaincode.refusals import TooLarge, Unknown
from lxr.chaincode.statuses import Since, Status
from lxr.chaincode.types import canonical
from lxr.chaincode.workers import KeyProposal, Membership, Worker, workers
from lxr.chaincode.world import MAX_BYTES, MAX_KEYS, MAX_SIGNATURES, Reads, Table, World, reading, reading_needed
from lxr.token.fen import FEN_MAX
from lxr.token.refusal import AmountTooLarge
from parties import ANNA, public_key, signature

OPERATOR = Caller("union", "operator", None, "1")


@pytest.fixture
def world() -> World:
    return World(MemoryEngine({"account/a": b"[7]"}), OPERATOR, "tx", 0)


def test_a_record_is_read_by_its_parts(world: World) -> None:
    assert [Balance(7), None] == world.get_many(balances, [("a",), ("b",)])
    assert Balance(7) == world.need(balances, "a")
    with pytest.raises(Unknown) as caught:
        world.need(balances, "b")
    assert {"what": "account", "number": "b"} == caught.value.facts


def test_nothing_is_read_after_the_first_write(world: World) -> None:
    world.put(balances, Balance(8), "a")
    with pytest.raises(AssertionError, match="a read after the first write"):
        world.get(balances, "a")


def test_a_key_is_written_once(world: World) -> None:
    world.put(balances, Balance(8), "a")
    with pytest.raises(AssertionError, match="written twice"):
        world.put(balances, Balance(9), "a")


def test_writes_come_out_in_the_order_of_their_keys(world: World) -> None:
    for name in "cab":
        world.put(balances, Balance(1), name)
    assert (("account/a", b"[1]"), ("account/b", b"[1]"), ("account/c", b"[1]")) == world.writes()


def test_a_transaction_touches_at_most_5000_keys_read_or_written(world: World) -> None:
    half = MAX_KEYS // 2
    world.get_many(balances, [(f"a{number}",) for number in range(half)])
    for number in range(half, MAX_KEYS):
        world.put(balances, Balance(1), f"a{number}")
    with pytest.raises(TooLarge) as caught:
        world.put(balances, Balance(1), "one more")
    assert {"case": "keys", "limit": 5000} == caught.value.facts


def test_a_transaction_writes_at_most_a_million_bytes(world: World) -> None:
    name = "a" * (MAX_BYTES - len("account/") - len("[1]"))
    world.put(balances, Balance(1), name)
    with pytest.raises(TooLarge, match="case=written"):
        world.put(balances, Balance(1), "b")


def test_a_transaction_verifies_at_most_1000_signatures(world: World) -> None:
    wrong = signature(ANNA, Balance(2))
    for _ in range(MAX_SIGNATURES):
        assert not world.signed("02" + "f" * 64, wrong, Balance(1))
    with pytest.raises(TooLarge, match="signatures"):
        world.signed(public_key(ANNA), wrong, Balance(1))


def test_a_sum_that_could_not_be_read_back_is_not_written(world: World) -> None:
    with pytest.raises(AmountTooLarge):
        world.put(custodies, Custody(since=date(2026, 8, 1), minted_fen=FEN_MAX + 1), "6222")
    assert () == world.writes()


def test_of_an_attempt_that_is_refused_nothing_is_written_and_what_came_before_stays(world: World) -> None:
    def refused() -> None:
        world.put(balances, Balance(2), "b")
        raise Unknown(what="worker", number="W1")

    world.put(balances, Balance(1), "a")
    assert isinstance(world.attempt(refused), Unknown)
    assert world.attempt(lambda: world.put(balances, Balance(3), "b")) is None
    assert [("account/a", b"[1]"), ("account/b", b"[3]")] == list(world.writes())


def test_an_attempt_that_is_too_large_refuses_all_of_the_transaction(world: World) -> None:
    with pytest.raises(TooLarge):
        world.attempt(lambda: world.put(balances, Balance(1), "a" * MAX_BYTES))


def test_readings_that_go_together_ask_for_each_step_once_and_each_stands_by_itself() -> None:
    class Counting(MemoryEngine):
        def __init__(self) -> None:
            super().__init__({"account/a": b"[1]", "account/b": b"[2]", "account/2": b"[3]"})
            self.asked: list[list[str]] = []

        def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
            self.asked.append(list(keys))
            return super().get_many(keys)

    def twice(name: str) -> Reads[int]:
        first = yield from reading_needed(balances, name)
        second = yield from reading(balances, first.fen)
        return second.fen if second else 0

    state = Counting()
    found = World(state, OPERATOR, "1", 0).together([twice(name) for name in ("a", "b", "c", "b")])
    assert [0, 3, "Unknown(number=c, what=account)", 3] == [
        each if isinstance(each, int) else str(each) for each in found
    ]
    assert [["account/a", "account/b", "account/c"], ["account/1", "account/2"]] == state.asked


@pytest.mark.parametrize("parts", [("",), ("a/b",), ("a", ""), ()])
def test_a_key_has_no_empty_part_and_no_slash_in_one(parts: tuple[str, ...]) -> None:
    if parts:
        with pytest.raises(AssertionError):
            balances.key(*parts)
    else:
        assert "account" == balances.key()


def test_days_and_numbers_in_keys_are_written_one_way() -> None:
    assert "account/2026-08-03/7" == balances.key(date(2026, 8, 3), 7)


def test_a_table_has_a_name_of_its_own() -> None:
    class Other(Struct):
        """Any record."""

    with pytest.raises(AssertionError):
        Table("worker", Other)  # type: ignore[type-var]
    assert "worker" == workers.name


def test_workers_stay_decoded_by_their_bytes_and_hold_nothing_that_could_be_changed() -> None:
    first = Worker(
        "E001",
        0,
        public_key(ANNA),
        0,
        (Since(Status.SUSPENDED, date(2026, 8, 1)),),
        (Membership("TE001-1", 1, date(2026, 8, 1)),),
        KeyProposal(public_key(ANNA), "union", "lost"),
    )
    records = [first, replace(first, payee_changes=1), replace(first, new_key=None)]
    decoded = [workers.decode(canonical(record)) for record in records]
    assert records == decoded
    assert all(workers.decode(canonical(record)) is there for record, there in zip(records, decoded, strict=True))
    assert [hash(record) for record in records] == [hash(record) for record in decoded]  # a dict or list has no hash


def test_a_refusal_leaves_the_state_and_the_request_id_as_they_were() -> None:
    state = MemoryEngine({})
    body = canonical(Void(request_id="12345678", voided="87654321"))
    first = execute(state, Call("1", 0, OPERATOR, body))
    assert first == execute(state, Call("1", 0, OPERATOR, body))  # the same bytes wherever it runs
