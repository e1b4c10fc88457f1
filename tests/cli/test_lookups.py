"""What became of a request, the ending of a deduction, what is certified, and how many shards there can be."""

from collections.abc import Callable

import msgspec
import pytest

from commandline import Lxr, document
from lxr.chaincode.headcount import SHARD_WORKERS_MAX
from lxr.chaincode.types import SHARDS_MAX, Shard

Given = Callable[[str], Lxr]
ORDER = (
    *("union", "deduction", "order", "E001/R0001", "tax", "5.00", "--number", "DE001-1"),
    *("--basis", "个人所得税法 art. 9"),
)


def test_a_request_is_found_by_its_id_and_one_that_nobody_made_is_not_known_yet(given: Given) -> None:
    lxr = given("union payday sweep")
    (found,) = lxr.json("ledger", "request", "fund:E001-20260915")["found"]
    assert ("union.treasurer", False, "funded") == (found["by"], found["void"], found["result"]["state"])
    assert found["tx"] == lxr.json("ledger", "tx", found["tx"])["tx"]
    ran = lxr("ledger", "request", "fund:E001-20260916")
    assert (3, "lxr: request fund:E001-20260916 is not on this ledger\n") == (ran.code, ran.err)


def test_a_void_request_is_never_accepted_and_the_same_command_is_another_request(given: Given) -> None:
    lxr = given("union certify")
    assert [True] == [each["void"] for each in lxr.json("ledger", "request", "deduct:DE001-1", "--void")["found"]]
    words = (*ORDER, "--document", document(lxr))
    ordered, height = lxr.json(*words), lxr.tip()
    assert (ordered, height) == (lxr.json(*words), lxr.tip())
    for request, void in (("deduct:DE001-1", True), ("deduct:DE001-1:2", False)):
        assert [void] == [each["void"] for each in lxr.json("ledger", "request", request)["found"]]


def test_a_void_comes_too_late_for_what_was_accepted(given: Given) -> None:
    lxr = given("union payday sweep")
    (found,) = lxr.json("ledger", "request", "fund:E001-20260915", "--void")["found"]
    assert False is found["void"]


def test_a_deduction_is_seen_by_the_worker_before_it_is_taken_and_what_it_has_not_taken_stays_with_the_worker(
    given: Given,
) -> None:
    lxr = given("union certify")
    payday = ("union", "payday", "E001", "2026-09-15", "--dry-run", "--at", "2026-09-15T10:00")
    before = lxr.json(*payday)["totals"]
    lxr.json(*ORDER, "--document", document(lxr))
    (proposed,) = lxr.json("worker", "deductions", "E001/R0001")["deductions"]
    assert (("proposed", None), before) == ((proposed["state"], proposed["from_day"]), lxr.json(*payday)["totals"])
    lxr.json("employer", "deduction", "approve", "DE001-1")
    for words in (("worker", "deductions", "E001/R0001"), ("union", "deduction", "list", "E001")):
        (approved,) = lxr.json(*words)["deductions"]
        assert ("approved", "2026-08-06", 500, 0) == tuple(
            approved[name] for name in ("state", "from_day", "amount_fen", "taken_fen")
        )
    assert "个人所得税法 art. 9" in lxr("worker", "deductions", "E001/R0001").out
    assert 500 == lxr.json(*payday)["totals"]["tax_fen"]
    lxr.json("union", "deduction", "cancel", "DE001-1", "--reason", "the notice was withdrawn")
    assert before == lxr.json(*payday)["totals"]
    assert [] == lxr.json("worker", "deductions", "E001/R0001")["deductions"]
    (ended,) = lxr.json("employer", "deduction", "list", "E001", "--all")["deductions"]
    assert ("cancelled", "the notice was withdrawn") == (ended["state"], ended["reason"])
    ran = lxr("union", "deduction", "cancel", "DE001-1", "--reason", "again")
    assert (1, "") == (ran.code, ran.out)


def test_the_status_of_a_payday_shows_the_deductions_that_are_open(given: Given) -> None:
    lxr = given("union payday sweep")
    lxr.json(*ORDER, "--document", document(lxr))
    (found,) = lxr.json("union", "payday", "status", "E001-20260915")["deductions"]
    assert ("DE001-1", "proposed") == (found["order"], found["state"])
    assert "DE001-1" in lxr("union", "payday", "status", "E001-20260915").out


def test_of_the_days_that_are_named_what_waits_is_certified_and_the_others_are_named(given: Given) -> None:
    ran = given("union decide")("union", "certify", "E001", "--day", "2026-08-03", "--day", "2026-08-09")
    assert (0, "  2026-08-09: no row of E001 waits to be certified") == (ran.code, ran.out.splitlines()[0])
    assert ran.out.splitlines()[1].startswith("2 answered rows certified"), ran.out


def test_a_shard_holds_as_many_workers_as_the_contract_allows_and_no_more(given: Given) -> None:
    lxr = given("init")
    assert SHARD_WORKERS_MAX == lxr.json("employer", "add", "E003")["shard_size"]
    assert 1 == lxr.json("employer", "add", "E004", "--shard-size", 1)["shard_size"]
    assert 2 == lxr("employer", "add", "E005", "--shard-size", SHARD_WORKERS_MAX + 1).code
    assert SHARDS_MAX - 1 == msgspec.convert(SHARDS_MAX - 1, Shard)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(SHARDS_MAX, Shard)
