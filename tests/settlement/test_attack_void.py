"""A request whose answer was lost is voided, by whoever of the same role: the office must be able to do it anew."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from breaksoff import Meanwhile
from consortium import House, rehearsal
from lxr.chaincode.command import Void
from lxr.chaincode.custody_records import attestations
from lxr.chaincode.lines import Target
from lxr.chaincode.refusals import RequestVoid
from lxr.chaincode.rows import RowState
from lxr.chaincode.runs import RunState, runs
from lxr.chaincode.shard_heads import shard_heads
from lxr.chaincode.sheet import sheets
from lxr.chaincode.sheet_certification import SeenShard, SeenSheet
from lxr.chaincode.types import digest
from lxr.chaincode.workday import NewRow
from lxr.node.audit import audit
from lxr.node.client import Client
from lxr.node.seen import Memory
from lxr.settlement import request_ids
from lxr.settlement.bank import deposits, instruction, waiting_lines
from lxr.settlement.ledger import close
from lxr.settlement.pay import deductions, payday
from lxr.settlement.work import answers, batch_sending, disputes
from lxr.settlement.work.batch_file import Batch, BatchRow, BatchSheet
from parties import CUSTODY
from team import Team
from treasury import PAYDAY, UNION, bring, entry, noon, paid, statement, worked

RUN = "E001-20260915"
NUMBER = f"C{RUN}"
DAY = date(2026, 8, 3)
SHARDS = (0, 1)
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


def _worked(house: House) -> Team:
    """Two workers of two shards, a day of work each."""
    team = house.employ(2)
    house.work(house.clock.go(DAY), team.rows(orders=20, minutes=480))
    return team


def confirms(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    team = _worked(house)
    worker = team.workers["R0001"]
    rows = answers.open_rows(house.operator, worker, None)
    given = answers.sign(team.keys[worker], house.operator, worker, rows)
    request = f"confirm.E001.{team.shard(worker)}.{digest((given,))[:16]}"
    return house.operator, request, lambda: answers.confirm(house.operator, [(worker, given)])


def submits(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    team = house.employ(1)
    house.clock.go(DAY)
    row = BatchRow("R0001", team.workers["R0001"], {"minutes": 480, "orders": 20}, (2,))
    given = Batch("E001", "0" * 64, (BatchSheet(DAY, 0, (row,)),), ())
    which = digest((NewRow(row.worker, row.measures),))[:16]
    return (
        house.signer(),
        f"sheet.E001.{DAY}.0.{which}",
        lambda: batch_sending.submit(house.signer(), given).sheets == 1,
    )


def disputes_it(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    team = _worked(house)
    worker = team.workers["R0001"]
    request = f"dispute.{worker}.{DAY}.1"
    return (
        house.operator,
        request,
        lambda: answers.dispute(house.operator, worker, DAY, {"orders": 30}, "more", team.keys[worker]),
    )


def decides(house: House, folder: Path) -> tuple[Client, str, Callable[[], object]]:
    disputes_it(house, folder)[2]()
    ((worker, found),) = house.operator.need(sheets, "E001", DAY, 0).rows(RowState.DISPUTED)
    disputes.reply(house.signer(), worker, DAY, "the log ends there")
    stem = f"decide.{worker}.{DAY}.{found.disputes}.{digest(({'orders': 25, 'minutes': 480}, 'five'))[:16]}"
    return (
        house.operator,
        f"{stem}.1",
        lambda: disputes.decide(house.operator, worker, DAY, {"orders": 25}, "five"),
    )


def contests(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    worker = _worked(house).workers["R0001"]
    request = f"contest.{worker}.{DAY}"
    return (
        house.signer(),
        request,
        lambda: disputes.contest(house.signer(), worker, DAY, {"orders": 10, "minutes": 240}, "the log ends there"),
    )


def deducts(house: House, _: Path) -> tuple[Client, str, Callable[[], object]]:
    worker = house.employ(1).workers["R0001"]
    return (
        house.treasurer,
        "deduct:DE001-1",
        lambda: deductions.order(house.treasurer, "DE001-1", worker, "tax", 100, "a notice", "0" * 64),
    )


JOBS: Final[list[Job]] = [
    *(closes, countersigns, instructs, approves, says, attests, cosigns, reverses, agrees),
    *(confirms, submits, disputes_it, decides, contests, deducts),
]


@pytest.mark.parametrize("job", JOBS)
def test_what_was_voided_before_it_was_done_can_be_done_by_the_same_call_again(
    house: House, tmp_path: Path, job: Job
) -> None:
    client, request, call = job(house, tmp_path)
    client.submit(house.made(Void, {"voided": request}))
    assert call()


@pytest.mark.parametrize("job", [decides, contests])
def test_what_was_done_after_a_void_is_done_once(house: House, tmp_path: Path, job: Job) -> None:
    client, request, call = job(house, tmp_path)
    client.submit(house.made(Void, {"voided": request}))
    first, height = call(), house.ledger.height()
    assert (first, height) == (call(), house.ledger.height())


def test_what_is_voided_while_it_is_on_its_way_is_not_done(house: House) -> None:
    worked(house, house.employ(2))
    treasurer, voids = house.treasurer, iter([f"open:{RUN}"])

    def void() -> None:
        for voided in voids:
            treasurer.submit(house.made(Void, {"voided": voided}))

    with pytest.raises(RequestVoid):
        payday.payday(treasurer.on(Meanwhile(house.ledger, void)), house.operator, "E001", PAYDAY)
    assert treasurer.get(runs, RUN) is None


@pytest.fixture
def owed(house: House) -> House:
    """A month's work of two workers, of a shard each, is due."""
    worked(house, house.employ(2))
    house.deposit(10_000_000)
    return house


def _certifies(house: House) -> str:
    def seen(shard: int) -> SeenShard:
        days = [open_day.day for open_day in house.operator.need(shard_heads, "E001", shard).days]
        found = [(day, house.operator.need(sheets, "E001", day, shard)) for day in days]
        return SeenShard(shard, tuple(SeenSheet(day, digest(sheet)) for day, sheet in found))

    return request_ids.certification("E001", [seen(shard) for shard in SHARDS])


def test_a_payday_whose_certification_was_voided_certifies_by_the_same_call(owed: House) -> None:
    owed.operator.submit(owed.made(Void, {"voided": _certifies(owed)}))
    assert 2 == payday.payday(owed.treasurer, owed.operator, "E001", PAYDAY).paid


@pytest.mark.parametrize(
    "request_id",
    [
        f"open:{RUN}",
        request_ids.group(f"price:{RUN}", SHARDS),
        request_ids.group(f"pay:{RUN}", SHARDS),
        f"cashout:{NUMBER}",
        request_ids.group(f"hold:{NUMBER}", SHARDS),
    ],
)
def test_a_payday_of_which_a_request_was_voided_ends_by_the_same_call(owed: House, request_id: str) -> None:
    owed.treasurer.submit(owed.made(Void, {"voided": request_id}))
    report = payday.payday(owed.treasurer, owed.operator, "E001", PAYDAY)
    assert report.cash_out is not None
    assert (2, 2) == (report.paid, report.cash_out.held)


@pytest.mark.parametrize(
    "request_id",
    [
        f"cancel:{NUMBER}",
        request_ids.group(f"release:{NUMBER}", SHARDS),
        f"reverse:{RUN}",
        f"unwind:{RUN}:0",
        f"reversed:{RUN}",
    ],
)
def test_a_reversal_of_which_a_request_was_voided_ends_by_the_same_call(owed: House, request_id: str) -> None:
    payday.payday(owed.treasurer, owed.operator, "E001", PAYDAY)
    owed.treasurer.submit(owed.made(Void, {"voided": request_id}))
    assert RunState.REVERSED is payday.reverse(owed.treasurer, RUN, "a slip").state
