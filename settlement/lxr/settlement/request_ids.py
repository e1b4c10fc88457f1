"""The ids under which the offices ask the ledger for something: made here, from what is asked for.

So the same thing asked for again is the same request, and nothing is done twice; and where an id is cut from a digest,
that is of everything by which one asking differs from another. The ids of what is out of a client's own hands (the
clock, a restoration) are the node's. `lookups.own_request` and `unused_request` count on from one that was voided or
used: by :2, :3 …, so what counts otherwise has another sign between.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from msgspec import Struct

from lxr.chaincode.statuses import Since
from lxr.chaincode.types import digest

FOUNDING: Final = "founding"


# Consortium and contract


def custody(number: str) -> str:
    """The custody account is opened."""
    return f"custody:{number}"


def proposal(number: str) -> str:
    """A parameter's value is proposed."""
    return f"propose:{number}"


def approval(number: str) -> str:
    """A parameter's value is approved."""
    return f"approve:{number}"


def contract_proposal(version: str) -> str:
    """Another version of the contract is proposed."""
    return f"contract.propose.{version[:16]}"


def contract_statement(version: str, proposed_by: str) -> str:
    """A node's organisation says whether it has a proposed version."""
    return f"contract.state.{version[:16]}.{proposed_by}"


def contract_switch(content: str) -> str:
    """A proposed version comes into force. content: digest of the proposal."""
    return f"contract.switch.{content[:32]}"


def revocation(organisation: str, serial: str) -> str:
    """A certificate is revoked."""
    return f"revoke:{organisation}:{serial}"


def void(request_id: str) -> str:
    """Another request is voided."""
    return f"void:{request_id}"


def checkpoint(height: int, superseded: int | None) -> str:
    """A finding is signed. superseded: of one's own at that height, how many were before; None: there is none."""
    return f"checkpoint:{height}" if superseded is None else f"checkpoint:{height}.{superseded + 1}"


# Employers and workers


def employer(number: str) -> str:
    """An employer is registered."""
    return f"employer:{number}"


def enrolment(number: str, crew: Sequence[tuple[str, str, str]]) -> str:
    """Workers of an employer are registered. crew: number, key and payee commitment of each."""
    return f"enrol.{number}.{digest(list(crew))[:16]}"


def closing_register(number: str, since: date, shards: Sequence[int]) -> str:
    """Closing registers of an employer's shards are written."""
    return group(f"closing-register:{number}:{since}", shards)


def carry_over(number: str, registers: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Workers in closing registers of an employer are taken over: each register's salt, and who of it is missing."""
    return f"carry-over:{number}:{digest(registers)[:32]}"


def status(number: str, history: Sequence[Since], changed: Since) -> str:
    """A status of an employer or worker changes: the same once it has, another once something else came between."""
    before = len(history) - (tuple(history[-1:]) == (changed,))
    return f"status:{number}:{before}:{changed.status}:{changed.day}"


def reinstatement(number: str, history: Sequence[Since], reason: str) -> str:
    """An ending is to be undone."""
    return f"reinstate:{number}:{digest((history, reason))[:16]}"


def reinstatement_approval(number: str, content: str) -> str:
    """An ending is undone. content: digest of the proposal."""
    return f"reinstated:{number}:{content[:16]}"


def payee(worker: str, number: int) -> str:
    """A worker is paid to another account. number: of the change."""
    return f"payee.{worker}.{number}"


def new_key(worker: str, public_key: str) -> str:
    """A key is to take a lost one's place."""
    return f"key:{worker}:{public_key[:16]}"


def key_approval(worker: str, change: str) -> str:
    """That is approved. change: its digest."""
    return f"approve-key:{worker}:{change[:16]}"


def key_veto(worker: str, change: str) -> str:
    """That is vetoed by the key in force. change: its digest."""
    return f"veto-key:{worker}:{change[:16]}"


def erasure(worker: str, turn: int) -> str:
    """A person is blocked or erased. turn: how often they were blocked and unblocked before."""
    return f"person.erase:{worker}:{turn}"


def unblocking(worker: str, turn: int) -> str:
    """A person is unblocked. turn: as for `erasure`."""
    return f"person.unblock:{worker}:{turn}"


def look(worker: str, which: str) -> str:
    """A blocked person's data are looked at. which: random, for each look is one."""
    return f"person.show:{worker}:{which}"


# Terms


def terms(number: str, version: int, content: str) -> str:
    """A version of terms is proposed. content: digest of the document."""
    return f"terms.propose.{number}.{version}.{content[:16]}"


def terms_acceptance(number: str, version: int) -> str:
    """The union accepts a version."""
    return f"terms.accept.{number}.{version}"


def terms_activation(number: str, version: int) -> str:
    """The employer opens a version for workers."""
    return f"terms.activate.{number}.{version}"


def accession(number: str, version: int, crew: str) -> str:
    """Workers accede to a version. crew: digest of who, from when."""
    return f"terms.accede.{number}.{version}.{crew[:16]}"


def terms_end(number: str, ends: date) -> str:
    """Terms end."""
    return f"terms.end.{number}.{ends}"


# Work


def day_close(day: date) -> str:
    """A day of work is closed."""
    return f"close:{day}"


def sheet(number: str, day: date, shard: int, rows: Sequence[Struct]) -> str:
    """Rows of a shard's day are submitted."""
    return f"sheet.{number}.{day}.{shard}.{digest(rows)[:16]}"


def correction(number: str, day: date, shard: int, version: int, rows: Sequence[Struct], reason: str) -> str:
    """Rows of a sheet are corrected, as it stands at that version."""
    return f"correct.{number}.{day}.{shard}.{version}.{digest((rows, reason))[:16]}"


def confirmation(number: str, shard: int, answers: Sequence[Struct]) -> str:
    """Workers of a shard confirm rows."""
    return f"confirm.{number}.{shard}.{digest(answers)[:16]}"


def certification(number: str, shards: Sequence[Struct]) -> str:
    """Sheets of an employer's shards are certified."""
    return group(f"certify.{number}", shards)


def dispute(worker: str, day: date, number: int) -> str:
    """A worker disputes a row, or claims a missing one. number: of the dispute."""
    return f"dispute.{worker}.{day}.{number}"


def withdrawal(worker: str, day: date, number: int) -> str:
    """A worker takes a dispute back."""
    return f"withdraw.{worker}.{day}.{number}"


def reply(worker: str, day: date, number: int) -> str:
    """The employer replies to a dispute."""
    return f"reply.{worker}.{day}.{number}"


def decision(worker: str, day: date, number: int, content: Any) -> str:
    """The union decides a dispute by this content: what goes before how often it has said so, see `turn`."""
    return f"decide.{worker}.{day}.{number}.{digest(content)[:16]}"


def review(worker: str, day: date, content: str) -> str:
    """The regulator reviews a decision. content: its digest."""
    return f"review.{worker}.{day}.{content[:16]}"


def contest(worker: str, day: date) -> str:
    """The employer contests a row."""
    return f"contest.{worker}.{day}"


def award(worker: str, day: date, content: Any) -> str:
    """An employer states an award of this content: what goes before how often it has said so, see `turn`."""
    return f"award.{worker}.{day}.{digest(content)[:16]}"


def award_approval(worker: str, day: date, content: str) -> str:
    """The regulator approves an award. content: its digest."""
    return f"approve-award.{worker}.{day}.{content[:16]}"


def turn(stem: str, number: int) -> str:
    """What is said once more, after something else."""
    return f"{stem}.{number}"


# Pay


def deduction(number: str) -> str:
    """A deduction is ordered."""
    return f"deduct:{number}"


def deduction_approval(number: str) -> str:
    """A deduction is approved."""
    return f"approve-deduction:{number}"


def deduction_end(number: str) -> str:
    """A deduction ends."""
    return f"cancel-deduction:{number}"


def recovery(number: str) -> str:
    """A recovery of what was overpaid is proposed."""
    return f"recover:{number}"


def recovery_approval(number: str) -> str:
    """A court's order is approved."""
    return f"approve-recovery:{number}"


def recovery_end(number: str) -> str:
    """A recovery ends."""
    return f"cancel-recovery:{number}"


def recovery_withdrawal(number: str) -> str:
    """A worker withdraws a plan."""
    return f"withdraw-recovery:{number}"


def run(number: str) -> str:
    """A run is opened."""
    return f"open:{number}"


def pricing(number: str) -> str:
    """Shards of a run are priced: what goes before the shards, see `group`."""
    return f"price:{number}"


def funding(number: str) -> str:
    """A run is funded."""
    return f"fund:{number}"


def payment(number: str) -> str:
    """Shards of a run are paid: what goes before the shards, see `group`."""
    return f"pay:{number}"


def reversal(number: str) -> str:
    """A run is taken back."""
    return f"reverse:{number}"


def unwinding(number: str, shard: int) -> str:
    """A shard of a run is taken back."""
    return f"unwind:{number}:{shard}"


def reversal_end(number: str) -> str:
    """A run is taken back in all its shards."""
    return f"reversed:{number}"


def sweep(number: str) -> str:
    """What a run held goes to the platform."""
    return f"sweep:{number}"


def group(what: str, shards: Sequence[Any]) -> str:
    """Something is done to a group of shards, or of units of work."""
    return f"{what}:{digest(shards)[:16]}"


# Cash-out and bank


def cash_out(number: str) -> str:
    """A cash-out is opened."""
    return f"cashout:{number}"


def hold(number: str) -> str:
    """Shards of a cash-out are held: what goes before the shards, see `group`."""
    return f"hold:{number}"


def instruction(number: str) -> str:
    """The bank's files of a cash-out are stated."""
    return f"instruct:{number}"


def instruction_approval(number: str) -> str:
    """They are approved."""
    return f"approve-cashout:{number}"


def acceptance(number: str) -> str:
    """The bank accepts them."""
    return f"accept:{number}"


def cancelling(number: str) -> str:
    """A cash-out is cancelled."""
    return f"cancel:{number}"


def release(number: str) -> str:
    """Shards of a cancelled cash-out are released: what goes before the shards, see `group`."""
    return f"release:{number}"


def rejection(number: str, rejections: Sequence[tuple[str, str]]) -> str:
    """Payments of a cash-out were not executed."""
    return f"reject:{number}:{digest(rejections)[:16]}"


def statement(account: str, place: int, first: int, content: Struct) -> str:
    """Lines of a statement are booked. content: the command, without its id."""
    return f"statement:{account}:{place}:{first}:{digest(content)[:16]}"


def deposit(account: str, day: date, booking: str) -> str:
    """A deposit is attested."""
    return f"deposit:{account}:{day}:{booking}"


def cosignature(account: str, day: date, booking: str) -> str:
    """A second person attests it."""
    return f"cosign:{account}:{day}:{booking}"


def deposit_reversal(account: str, day: date, booking: str) -> str:
    """It is to be reversed."""
    return f"reverse:{account}:{day}:{booking}"


def reversal_agreement(account: str, day: date, booking: str) -> str:
    """The union agrees to that."""
    return f"agree:{account}:{day}:{booking}"


def line(what: str, account: str, day: date, booking: str, content: str) -> str:
    """A line that waits is assigned, agreed to or consented to. content: the digest of what is said of it."""
    return f"{what}:{account}:{day}:{booking.replace('~', '_')[:20]}:{digest((booking, content))[:12]}"


def month_close(period: str) -> str:
    """A month is closed."""
    return f"close:{period}"


def countersignature(period: str) -> str:
    """A month is countersigned."""
    return f"countersign:{period}"
