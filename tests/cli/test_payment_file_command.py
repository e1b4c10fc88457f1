"""The form of payment files by the command line: chosen at the founding, and what comes back for it."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import Lxr, refused
from statusreports import report, transfer

NUMBER = "CE001-20260915"


def test_a_consortium_is_founded_with_the_form_that_its_bank_takes(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "c", variables={"LXR_PASSPHRASE": "x"})
    lxr.json("init", lxr.directory, "--rehearsal", "--payment-file", "daifa")
    assert "daifa" == tomllib.loads((lxr.directory / "consortium.toml").read_text())["payment_file"]
    assert "payment_file = daifa" in refused(
        lxr, 2, "init", lxr.directory, "--rehearsal", "--payment-file", "daifa-txt"
    )


def test_a_form_that_there_is_not_founds_nothing(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "c", variables={"LXR_PASSPHRASE": "x"})
    ran = lxr("init", lxr.directory, "--rehearsal", "--payment-file", "mt101")
    assert 1 == ran.code
    assert (
        "there is no form of payment file 'mt101'; expected one of pain.001.001.03, pain.001.001.09, daifa" in ran.err
    )
    assert not lxr.directory.exists()


@pytest.mark.slow
def test_a_month_is_paid_by_a_table_and_reconciled_by_the_ids_in_its_remarks(tmp_path: Path) -> None:
    lxr = Lxr(tmp_path / "c", variables={"LXR_PASSPHRASE": "x"})
    played = lxr("demo", "--json", "--employers", 1, "--workers", 8, "--payment-file", "daifa", "--keep", lxr.directory)
    assert (0, 0) == (played.code, played.json["breaks"])
    assert 0 < played.json["cashed_out_fen"] == played.json["net_fen"]
    assert list((lxr.directory / "bank" / "inbox").glob("CE001-*.csv"))


def test_what_the_bank_rejects_is_booked_once_and_goes_to_the_same_account_only_with_a_reason(
    given: Callable[[str], Lxr], tmp_path: Path
) -> None:
    lxr = given("bank cashout accept")
    (number,) = [each["cashout"] for each in lxr.json("bank", "cashout", "accept", NUMBER)["accepted"]]
    order, *_ = [each["order"] for each in lxr.json("union", "cashout", "show", number)["orders"]]
    path = tmp_path / "report.xml"
    path.write_bytes(report("C9", transfer(order, "RJCT", "AC04")))
    assert "C9, which is no file that the bank has accepted" in refused(lxr, 1, "bank", "reject", path)
    path.write_bytes(report(number, transfer(order, "RJCT", "AC04")))
    assert {"rejected": {"report.xml": 1}} == lxr.json("bank", "reject", path)
    assert "report.xml: 0 orders were not executed" in lxr("bank", "reject", path).out
    again = lxr.json("union", "cashout", "reissue", order)["cashout"]
    assert f"the account from which {order} came back (AC04)" in refused(lxr, 1, "union", "cashout", "instruct", again)
    prepared = lxr.json("union", "cashout", "instruct", again, "--same-account", "the bank has unblocked it")
    assert ("prepared", 1) == (prepared["state"], prepared["count"])
    (line,) = (lxr.directory / "union" / "same-account.jsonl").read_text().splitlines()
    decision = json.loads(line)
    assert (again, order, "the bank has unblocked it") == tuple(
        decision[name] for name in ("cashout", "order", "reason")
    )
