"""What became of a request, and the ending of a deduction."""

from collections.abc import Callable

from commandline import Lxr

Given = Callable[[str], Lxr]
NOTICE = "0" * 64


def test_a_request_is_found_by_its_id_and_one_that_nobody_made_is_not_known_yet(given: Given) -> None:
    lxr = given("union payday sweep")
    (found,) = lxr.json("ledger", "request", "price:E001-20260915:0")["found"]
    assert ("union.treasurer", False, "priced") == (found["by"], found["void"], found["result"]["state"])
    assert found["tx"] == lxr.json("ledger", "tx", found["tx"])["tx"]
    ran = lxr("ledger", "request", "price:E001-20260915:9")
    assert (3, "lxr: request price:E001-20260915:9 is not on this ledger\n") == (ran.code, ran.err)


def test_a_void_request_can_never_be_accepted(given: Given) -> None:
    lxr = given("union attest")
    assert [True] == [each["void"] for each in lxr.json("ledger", "request", "deduct:D1", "--void")["found"]]
    height = lxr.tip()
    ran = lxr("union", "deduct", "E001/R0001", "tax", "5.00", "--order", "D1", "--document", NOTICE)
    assert (1, "lxr: request id deduct:D1 was voided\n", height) == (ran.code, ran.err, lxr.tip())


def test_a_void_comes_too_late_for_what_was_accepted(given: Given) -> None:
    lxr = given("union payday sweep")
    (found,) = lxr.json("ledger", "request", "price:E001-20260915:0", "--void")["found"]
    assert False is found["void"]


def test_what_an_ended_deduction_has_not_taken_stays_with_the_worker(given: Given) -> None:
    lxr = given("union attest")
    before = lxr.json("union", "payday", "E001", "2026-09-15", "--dry-run", "--at", "2026-09-15T10:00")["totals"]
    lxr.json("union", "deduct", "E001/R0001", "tax", "5.00", "--order", "D1", "--document", NOTICE)
    kept = lxr.json("union", "payday", "E001", "2026-09-15", "--dry-run", "--at", "2026-09-15T10:00")["totals"]
    lxr.json("union", "cancel-deduction", "D1", "--reason", "the notice was withdrawn")
    after = lxr.json("union", "payday", "E001", "2026-09-15", "--dry-run", "--at", "2026-09-15T10:00")["totals"]
    assert (before, 500) == (after, kept["tax_fen"])
    ran = lxr("union", "cancel-deduction", "D1", "--reason", "again")
    assert (1, "") == (ran.code, ran.out)
