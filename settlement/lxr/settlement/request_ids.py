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
    """Return the custody account is opened."""
    return f"custody:{number}"


def proposal(number: str) -> str:
    """Return a parameter's value is proposed."""
    return f"propose:{number}"


def approval(number: str) -> str:
    """Return a parameter's value is approved."""
    return f"approve:{number}"


def contract_proposal(version: str) -> str:
    """Another version of the contract is proposed."""
    return f"contract.propose.{version[:16]}"


def contract_statement(version: str, proposed_by: str) -> str:
    """Return a node's organisation says whether it has a proposed version."""
    return f"contract.state.{version[:16]}.{proposed_by}"


def contract_switch(content: str) -> str:
    """Return a proposed version comes into force. content: digest of the proposal."""
    return f"contract.switch.{content[:32]}"


def revocation(organisation: str, serial: str) -> str:
    """Return a certificate is revoked."""
    return f"revoke:{organisation}:{serial}"


def void(request_id: str) -> str:
    """Another request is voided."""
    return f"void:{request_id}"


def checkpoint(height: int, superseded: int | None) -> str:
    """Return a finding is signed.

    superseded: of one's own at that height, how many were before; None: there is none.
    """
    return f"checkpoint:{height}" if superseded is None else f"checkpoint:{height}.{superseded + 1}"


# Employers and workers


def employer(number: str) -> str:
    """Return an employer is registered."""
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
    """Return an ending is to be undone."""
    return f"reinstate:{number}:{digest((history, reason))[:16]}"


def reinstatement_approval(number: str, content: str) -> str:
    """Return an ending is undone. content: digest of the proposal."""
    return f"reinstated:{number}:{content[:16]}"


def payee(worker: str, number: int) -> str:
    """Return a worker is paid to another account. number: of the change."""
    return f"payee.{worker}.{number}"


def new_key(worker: str, public_key: str) -> str:
    """Return a key is to take a lost one's place."""
    return f"key:{worker}:{public_key[:16]}"


def key_approval(worker: str, change: str) -> str:
    """That is approved. change: its digest."""
    return f"approve-key:{worker}:{change[:16]}"


def key_veto(worker: str, change: str) -> str:
    """That is vetoed by the key in force. change: its digest."""
    return f"veto-key:{worker}:{change[:16]}"


def erasure(worker: str, turn: int) -> str:
    """Return a person is blocked or erased. turn: how often they were blocked and unblocked before."""
    return f"person.erase:{worker}:{turn}"


def unblocking(worker: str, turn: int) -> str:
    """Return a person is unblocked. turn: as for `erasure`."""
    return f"person.unblock:{worker}:{turn}"


def look(worker: str, which: str) -> str:
    """Return a blocked person's data are looked at. which: random, for each look is one."""
    return f"person.show:{worker}:{which}"


# Terms


def terms(number: str, version: int, content: str) -> str:
    """Return a version of terms is proposed. content: digest of the document."""
    return f"terms.propose.{number}.{version}.{content[:16]}"


def terms_acceptance(number: str, version: int) -> str:
    """Return the union accepts a version."""
    return f"terms.accept.{number}.{version}"


def terms_activation(number: str, version: int) -> str:
    """Return the employer opens a version for workers."""
    return f"terms.activate.{number}.{version}"


def accession(number: str, version: int, crew: str) -> str:
    """Workers accede to a version. crew: digest of who, from when."""
    return f"terms.accede.{number}.{version}.{crew[:16]}"


def terms_end(number: str, ends: date) -> str:
    """Terms end."""
    return f"terms.end.{number}.{ends}"


# Work


def day_close(day: date) -> str:
    """Return a day of work is closed."""
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
    """Return a worker disputes a row, or claims a missing one. number: of the dispute."""
    return f"dispute.{worker}.{day}.{number}"


def withdrawal(worker: str, day: date, number: int) -> str:
    """Return a worker takes a dispute back."""
    return f"withdraw.{worker}.{day}.{number}"


def reply(worker: str, day: date, number: int) -> str:
    """Return the employer replies to a dispute."""
    return f"reply.{worker}.{day}.{number}"


def decision(worker: str, day: date, number: int, content: Any) -> str:
    """Return the union decides a dispute by this content: what goes before how often it has said so, see `turn`."""
    return f"decide.{worker}.{day}.{number}.{digest(content)[:16]}"


def review(worker: str, day: date, content: str) -> str:
    """Return the regulator reviews a decision. content: its digest."""
    return f"review.{worker}.{day}.{content[:16]}"


def contest(worker: str, day: date) -> str:
    """Return the employer contests a row."""
    return f"contest.{worker}.{day}"


def award(worker: str, day: date, content: Any) -> str:
    """Return an employer states an award of this content: what goes before how often it has said so, see `turn`."""
    return f"award.{worker}.{day}.{digest(content)[:16]}"


def award_approval(worker: str, day: date, content: str) -> str:
    """Return the regulator approves an award. content: its digest."""
    return f"approve-award.{worker}.{day}.{content[:16]}"


def turn(stem: str, number: int) -> str:
    """Return what is said once more, after something else."""
    return f"{stem}.{number}"


# Pay


def deduction(number: str) -> str:
    """Return a deduction is ordered."""
    return f"deduct:{number}"


def deduction_approval(number: str) -> str:
    """Return a deduction is approved."""
    return f"approve-deduction:{number}"


def deduction_end(number: str) -> str:
    """Return a deduction ends."""
    return f"cancel-deduction:{number}"


def recovery(number: str) -> str:
    """Return a recovery of what was overpaid is proposed."""
    return f"recover:{number}"


def recovery_approval(number: str) -> str:
    """Return a court's order is approved."""
    return f"approve-recovery:{number}"


def recovery_end(number: str) -> str:
    """Return a recovery ends."""
    return f"cancel-recovery:{number}"


def recovery_withdrawal(number: str) -> str:
    """Return a worker withdraws a plan."""
    return f"withdraw-recovery:{number}"


def run(number: str) -> str:
    """Return a run is opened."""
    return f"open:{number}"


def pricing(number: str) -> str:
    """Shards of a run are priced: what goes before the shards, see `group`."""
    return f"price:{number}"


def funding(number: str) -> str:
    """Return a run is funded."""
    return f"fund:{number}"


def payment(number: str) -> str:
    """Shards of a run are paid: what goes before the shards, see `group`."""
    return f"pay:{number}"


def reversal(number: str) -> str:
    """Return a run is taken back."""
    return f"reverse:{number}"


def unwinding(number: str, shard: int) -> str:
    """Return a shard of a run is taken back."""
    return f"unwind:{number}:{shard}"


def reversal_end(number: str) -> str:
    """Return a run is taken back in all its shards."""
    return f"reversed:{number}"


def sweep(number: str) -> str:
    """Return what a run held goes to the platform."""
    return f"sweep:{number}"


def group(what: str, shards: Sequence[Any]) -> str:
    """Something is done to a group of shards, or of units of work."""
    return f"{what}:{digest(shards)[:16]}"


# Cash-out and bank


def cash_out(number: str) -> str:
    """Return a cash-out is opened."""
    return f"cashout:{number}"


def hold(number: str) -> str:
    """Shards of a cash-out are held: what goes before the shards, see `group`."""
    return f"hold:{number}"


def instruction(number: str) -> str:
    """Return the bank's files of a cash-out are stated."""
    return f"instruct:{number}"


def instruction_approval(number: str) -> str:
    """They are approved."""
    return f"approve-cashout:{number}"


def acceptance(number: str) -> str:
    """Return the bank accepts them."""
    return f"accept:{number}"


def cancelling(number: str) -> str:
    """Return a cash-out is cancelled."""
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
    """Return a deposit is attested."""
    return f"deposit:{account}:{day}:{booking}"


def cosignature(account: str, day: date, booking: str) -> str:
    """Return a second person attests it."""
    return f"cosign:{account}:{day}:{booking}"


def deposit_reversal(account: str, day: date, booking: str) -> str:
    """It is to be reversed."""
    return f"reverse:{account}:{day}:{booking}"


def reversal_agreement(account: str, day: date, booking: str) -> str:
    """Return the union agrees to that."""
    return f"agree:{account}:{day}:{booking}"


def line(what: str, account: str, day: date, booking: str, content: str) -> str:
    """Return a line that waits is assigned, agreed to or consented to. content: the digest of what is said of it."""
    return f"{what}:{account}:{day}:{booking.replace('~', '_')[:20]}:{digest((booking, content))[:12]}"


def month_close(period: str) -> str:
    """Return a month is closed."""
    return f"close:{period}"


def countersignature(period: str) -> str:
    """Return a month is countersigned."""
    return f"countersign:{period}"
