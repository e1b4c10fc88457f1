"""What was overpaid is shown, and recovered by the worker's signature or by a court's order."""

from collections.abc import Callable

from commandline import Lxr, document

Given = Callable[[str], Lxr]
PERIOD = ("E001/R0001", "TE001-RIDERS", "2026-08-01")


def test_a_recovery_is_proposed_signed_or_approved_and_ended_from_the_command_line(given: Given) -> None:
    lxr = given("union payday sweep")
    assert [] == lxr.json("employer", "recovery", "overpaid", "E001")["overpaid"]
    day = "2026-08-03"
    lxr.json("employer", "batch", "correct", "E001/R0001", day, "none", "--reason", "recount")
    lxr.json("worker", "confirm", "E001/R0001")
    lxr.json("union", "certify", "E001")
    lxr.json("union", "payday", "E001", "2026-09-15")
    (owed,) = lxr.json("employer", "recovery", "overpaid", "E001")["overpaid"]
    assert ("TE001-RIDERS", "2026-08-01") == (owed["terms"], owed["start"])
    assert owed["worker"] in lxr("employer", "recovery", "overpaid", "E001").out
    paper = ("--basis", "agreed in writing", "--document", document(lxr))
    propose = ("employer", "recovery", "propose", *PERIOD, "1.00", *paper)
    assert "approved" == lxr.json(*propose, "--number", "RE001-1")["state"]
    assert "approved" == lxr.json(*propose, "--number", "RE001-1")["state"]
    court = (*propose, "--number", "RE001-2", "--court", "--share-bp", "5000", "--most", "0.50")
    assert "proposed" == lxr.json(*court)["state"]
    assert "approved" == lxr.json("regulator", "recovery", "approve", "RE001-2")["state"]
    first, second = lxr.json("worker", "deductions", "E001/R0001")["deductions"]
    assert ("overpaid", "RE001-1", 2000, False) == (
        *(first["kind"], first["order"]),
        *(first["recovery"]["share_bp"], first["recovery"]["by_court"]),
    )
    assert (5000, 50, True) == tuple(second["recovery"][name] for name in ("share_bp", "most_fen", "by_court"))
    assert "cancelled" == lxr.json("worker", "recovery", "withdraw", "RE001-1")["state"]
    refused = lxr("worker", "recovery", "withdraw", "RE001-2")
    assert (1, "lxr: recovery RE001-2 is a court's order, and must be a worker's plan\n") == (refused.code, refused.err)
    assert "cancelled" == lxr.json("regulator", "recovery", "cancel", "RE001-2", "--reason", "set aside")["state"]
    assert "proposed" == lxr.json(*court[:-6], "RE001-3", "--court")["state"]
    assert "cancelled" == lxr.json("employer", "recovery", "cancel", "RE001-3", "--reason", "let off")["state"]
    assert [] == lxr.json("regulator", "recovery", "list", "E001")["deductions"]
    too_much = lxr("employer", "recovery", "propose", *PERIOD, "99999.00", *paper, "--number", "RE001-4")
    assert 1 == too_much.code
    assert (
        "was overpaid 55.83 yuan under terms TE001-RIDERS in the period from 2026-08-01, less than 99999.00 yuan"
        in too_much.err
    )
