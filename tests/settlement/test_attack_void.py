"""A request whose answer was lost is voided, by whoever of the same role: the office must be able to do it anew."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from consortium import CUSTODY, House, rehearsal
from lxr_chaincode.command import Void
from lxr_chaincode.custody_records import attestations
from lxr_chaincode.lines import Target
from lxr_chaincode.types import digest
from lxr_node.audit import audit
from lxr_node.client import Client
from lxr_node.seen import Memory
from lxr_settlement import close, deposits, instruction, waiting_lines
from treasury import PAYDAY, UNION, bring, entry, noon, paid, statement

NUMBER = "CE001-20260915"
Job = Callable[[House, Path], tuple[Client, str, Callable[[], object]]]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        yield made


def closes(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    bring(house, statement(folder, [], day=date(2026, 8, 31)))
    house.clock.go(date(2026, 9, 1))
    return house.treasurer, "close:2026-08", lambda: close.close_period(house.treasurer, "2026-08", CUSTODY)


def countersigns(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    closes(house, folder)[2]()
    auditor, memory = house.client("bank", "auditor"), Memory("bank", house.consortium.org_dir("bank"))
    return (
        auditor,
        "countersign:2026-08",
        lambda: close.countersign(auditor, memory, audit(house.ledger), "2026-08"),
    )


def instructs(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    paid(house, house.employ(1))
    return (
        house.treasurer,
        f"instruct:{NUMBER}",
        lambda: instruction.instruct(house.treasurer, house.people, NUMBER, UNION, noon(PAYDAY), PAYDAY),
    )


def approves(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    instructs(house, folder)[2]()
    return (
        house.operator,
        f"approve-cashout:{NUMBER}",
        lambda: instruction.approve(house.operator, house.people, NUMBER, folder, UNION),
    )


def says(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    bring(house, statement(folder, [entry("F1", 100, True)]))
    target = Target("platform", "platform")
    request = f"assign:{CUSTODY}:{PAYDAY}:F1:{digest(('F1', digest(target)))[:12]}"
    return house.teller, request, lambda: waiting_lines.assign(house.teller, CUSTODY, PAYDAY, "F1", target)


def attests(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    house.employ(1)
    house.clock.go(PAYDAY)
    request = f"deposit:{CUSTODY}:{PAYDAY}:A1"
    return house.teller, request, lambda: deposits.attest_deposit(house.teller, CUSTODY, PAYDAY, "A1", "E001", 500)


def _attested(house: House) -> None:
    attests(house, Path())[2]()


def cosigns(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    _attested(house)
    admin = house.client("bank", "admin")
    request = f"cosign:{CUSTODY}:{PAYDAY}:A1"
    return admin, request, lambda: deposits.cosign_deposit(admin, CUSTODY, PAYDAY, "A1")


def reverses(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    _attested(house)
    request = f"reverse:{CUSTODY}:{PAYDAY}:A1"
    return house.teller, request, lambda: deposits.reverse_deposit(house.teller, CUSTODY, PAYDAY, "A1", "a slip")


def agrees(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    reverses(house, folder)[2]()
    assert house.teller.need(attestations, CUSTODY, PAYDAY, "A1").reversal
    request = f"agree:{CUSTODY}:{PAYDAY}:A1"
    return house.treasurer, request, lambda: deposits.agree_reversal(house.treasurer, CUSTODY, PAYDAY, "A1")


@pytest.mark.parametrize("job", [closes, countersigns, instructs, approves, says, attests, cosigns, reverses, agrees])
def test_what_was_voided_before_it_was_done_can_be_done_by_the_same_call_again(
    house: House, tmp_path: Path, job: Job
) -> None:
    client, request, call = job(house, tmp_path)
    client.submit(Void(request_id=house.request(), voided=request))
    assert call()
