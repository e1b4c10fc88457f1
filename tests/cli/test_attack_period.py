"""What is shown at a month's end is what is signed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from commandline import Lxr, refused
from lxr.settlement.ledger import close
from lxr.settlement.lookups import unused_request

NINE = "2026-09-01T09:00"
CLOSE = ("union", "period", "close", "2026-08", "--carry")


def test_what_the_union_is_shown_as_carried_is_what_it_signs(
    given: Callable[[str], Lxr], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A teller attests a deposit while the close is being made."""
    lxr = replace(given("bank deposit list"), at=NINE)
    attested: list[int] = []

    def meanwhile(*words: Any) -> str:
        if not attested:
            attested.append(lxr("bank", "attest-deposit", "E001", "50.00", "--booking", "B9").code)
        return unused_request(*words)

    monkeypatch.setattr(close, "unused_request", meanwhile)
    ran = lxr(*CLOSE)
    assert 1 == ran.code
    assert "deposit 2026-09-01/B9 of 50.00 yuan is on no statement" in ran.err
    shown = lxr.json(*CLOSE)["carried"]
    assert {"kind": "deposit", "name": "2026-09-01/B9", "amount_fen": 5000} in shown
    assert shown == lxr.json(*CLOSE)["carried"]


def test_an_auditor_is_shown_what_it_countersigns(given: Callable[[str], Lxr]) -> None:
    lxr = given("union period close 2026-08")
    month = lxr.json(*CLOSE)
    for organisation in ("bank", "regulator"):
        said = lxr(organisation, "countersign", "2026-08").out
        assert all(each["name"] in said for each in month["carried"])
        assert all(f"{fen / 100:,.2f}" in said for fen in month["figures"].values())
        again = lxr.json(organisation, "countersign", "2026-08")
        assert (month["carried"], month["figures"]) == (again["carried"], again["figures"])


def test_an_auditor_is_shown_the_month_before_it_signs_it(
    given: Callable[[str], Lxr], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table is on the screen when signing is begun, so that whoever looks can still stop it."""
    lxr = given("union period close 2026-08")

    def stopped(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(close, "unused_request", stopped)
        assert "2026-08-31/B7" in lxr("bank", "countersign", "2026-08").out
    assert ["union"] == lxr.json(*CLOSE)["signed"]


def test_a_close_anew_of_what_has_not_changed_keeps_the_signatures(given: Callable[[str], Lxr]) -> None:
    lxr = given("bank countersign 2026-08")
    assert "nothing changes in period 2026-08" in refused(lxr, 1, *CLOSE, "--anew")
    month = lxr.json(*CLOSE)
    assert (["union", "bank"], 0) == (month["signed"], month["anew"])


def test_a_month_that_was_closed_anew_says_so_to_whoever_signs_it(given: Callable[[str], Lxr]) -> None:
    lxr = replace(given("bank countersign 2026-08"), at=NINE)
    lxr.json("bank", "attest-deposit", "E001", "50.00", "--booking", "B9")
    month = lxr.json(*CLOSE, "--anew")
    assert (["union"], 1) == (month["signed"], month["anew"])
    assert "it was closed anew once" in lxr("regulator", "countersign", "2026-08").out
    assert 1 == lxr.json("bank", "countersign", "2026-08")["anew"]
