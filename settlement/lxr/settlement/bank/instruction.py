"""The bank's files of a cash-out: stated, approved by others, put into the bank's inbox, and accepted by its teller.

One file, or several where the bank takes fewer payments in one than the cash-out has. What stands in them is on the
ledger, but for the persons behind the commitments: so anybody who has these makes the same bytes, and compares.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from lxr.chaincode.carried import WITH_THE_BANK
from lxr.chaincode.cashout_records import BankFile, CashOutState, Debtor, cash_outs
from lxr.chaincode.days import day_of
from lxr.chaincode.instruction import (
    CHECKERS,
    SECOND_ROLE,
    AcceptCashOut,
    ApproveCashOut,
    InstructCashOut,
    StatedFile,
    instruction_digest,
    waiting_for,
)
from lxr.chaincode.refusals import NothingToPayOut, SameIdOtherBody, WrongState
from lxr.chaincode.things import Thing
from lxr.node.client import Client
from lxr.node.said import Said
from lxr.settlement import request_ids
from lxr.settlement.bank import openings
from lxr.settlement.bank.cashout import OrderView, orders_of
from lxr.settlement.bank.formats import texts
from lxr.settlement.bank.formats.pain001 import TRANSFERS_MAX
from lxr.settlement.bank.model import Party, PaymentFile
from lxr.settlement.bank.openings import Instructed as InstructedFiles
from lxr.settlement.bank.openings import Openings, path_beside
from lxr.settlement.bank.payment_forms import STANDARD, PaymentForm, Table, others, settings_of
from lxr.settlement.bank.same_account import refuse_same_account, sent_back
from lxr.settlement.bank.stated_files import (
    MadeFile,
    Payee,
    Stated,
    grouped,
    make,
    message_ids,
    orders_by_file,
    payment_file,
    stated_by,
)
from lxr.settlement.errors import InputFault
from lxr.settlement.files import make_folder, read_bounded, write_durably
from lxr.settlement.lookups import TELLER, submit_own, unused_request
from lxr.settlement.people.person import Person, commitment
from lxr.settlement.permissions import gives

if TYPE_CHECKING:
    from lxr.settlement.people.store import People

APPROVERS: Final = (CHECKERS[0], SECOND_ROLE)
"""Roles of the union of which the first approves any cash-out, and both together approve every one."""


class InstructedFile(Struct, frozen=True, forbid_unknown_fields=True):
    """One of the bank's files of a cash-out. path: where the bank finds it, once it has left."""

    message_id: str
    digest: str
    count: int
    total_fen: int
    path: Path | None = None


class Instruction(Struct, frozen=True, forbid_unknown_fields=True):
    """The bank's files of a cash-out, and where their approval stands.

    prepared_by, approved_by: persons. waiting_for: the roles that must still approve them.
    """

    cashout: str
    state: CashOutState
    files: tuple[InstructedFile, ...]
    count: int
    total_fen: int
    execution_date: date
    prepared_by: tuple[str, ...]
    approved_by: tuple[str, ...]
    waiting_for: tuple[tuple[str, ...], ...]


@gives(InstructCashOut)
def instruct(
    treasurer: Client,
    people: "People",
    number: str,
    debtor: Party,
    now: datetime,
    execution_date: date,
    *,
    platform_payees: Mapping[str, Person] | None = None,
    payments_max: int = TRANSFERS_MAX,
    form: PaymentForm = STANDARD,
    same_account: bool = False,
) -> Instruction:
    """State the bank's files of a cash-out on the ledger, for another person to `approve`; nothing is written yet.

    The same call again, on whatever day, tells how far it is. now: stands in the files, none of which bears an earlier
    execution date. platform_payees: who gets fee, tax and insurance, by those names; for a cash-out of the platform.
    payments_max: how many the bank takes in one file. form: of the file. same_account:
    what came back may go to the account again that it came back from.
    Raises InputFault: an account that is not the one behind the order's commitment, files that the bank cannot take,
    one that a payment came back from, unless that is decided; PeopleFault: unknown person. Refuses: as InstructCashOut.
    """
    head = treasurer.need(cash_outs, number)
    if head.state is CashOutState.CANCELLED:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.OPEN,))
    if head.state is not CashOutState.OPEN:
        return instruction_status(treasurer, number, form=form)
    if execution_date < now.date():
        problem = Said("the execution date {execution_date} is past", execution_date=execution_date)
        raise InputFault(
            file=f"{number}{form.suffix}",
            problem=problem,
            expected=Said("{date} or later", date=now.date()),
        )
    listed = orders_of(treasurer, number)
    if not listed:
        raise NothingToPayOut(cashout=number)
    if not same_account:
        refuse_same_account(sent_back(treasurer, people, number))
    said = Stated(
        prepared_ms=int(now.timestamp()) * 1000,
        execution_date=execution_date,
        debtor=Debtor(debtor.name, debtor.bank),
        shards=grouped(number, head.shards, listed, payments_max),
    )
    blind = people.draw_blind(number)
    made = make(treasurer, people, number, head, said, listed, platform_payees or {}, blind, form)
    command = InstructCashOut(
        request_id=request_ids.instruction(number),
        cashout=number,
        files=tuple(
            StatedFile(
                message_id=each.message_id,
                digest=each.digest,
                shards=len(shards),
                count=len(each.orders),
                total_fen=each.content.total_fen,
            )
            for each, shards in zip(made, said.shards, strict=True)
        ),
        prepared_ms=said.prepared_ms,
        execution_date=execution_date,
        debtor=said.debtor,
    )
    try:
        submit_own(treasurer, command)
    except SameIdOtherBody:  # what was sent a moment ago was on its way still, and has arrived
        if treasurer.need(cash_outs, number).state is CashOutState.OPEN:
            raise
    return instruction_status(treasurer, number, form=form)


@gives(ApproveCashOut)
def approve(
    approver: Client,
    people: "People",
    number: str,
    directory: Path,
    debtor: Party,
    *,
    platform_payees: Mapping[str, Person] | None = None,
    form: PaymentForm = STANDARD,
) -> Instruction:
    """Make the files that were stated anew, check them, approve them; once all have, give them to the bank.

    The approval comes first, because nobody is paid without it: broken off between the two, nothing is paid, and the
    same call again writes the very files that the ledger names, each after its openings. `directory` is the bank's;
    debtor: the holder of the custody account, whom the files must name. form: of the files.
    Raises InputFault: an account that is not the one behind the order's commitment, another debtor or other files than
    the ledger names, as where they were stated in another form, a day to come on which they are to be paid;
    PeopleFault: unknown person. Refuses: WrongState, as ApproveCashOut.
    """
    head = approver.need(cash_outs, number)
    said = stated_by(head)
    if said is None or head.state is CashOutState.CANCELLED:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.PREPARED,))
    inbox = directory / "inbox"
    paths = [inbox / f"{file.message_id}{form.suffix}" for file in head.files]
    digests = [file.digest for file in head.files]
    if head.state not in WITH_THE_BANK or [_held(path) for path in paths] != digests:
        if said.debtor != Debtor(debtor.name, debtor.bank):
            problem = Said(
                "the files name {name}, {bank}, as the holder of the custody account",
                name=said.debtor.name,
                bank=said.debtor.bank,
            )
            expected = Said(
                "{name}, {bank}: cancel the cash-out, and prepare it anew", name=debtor.name, bank=debtor.bank
            )
            raise InputFault(
                file=Said("cash-out {number}", number=number), field="debtor", problem=problem, expected=expected
            )
        today = day_of(approver.now_ms())
        if said.execution_date > today:  # until then the bank would keep what nobody can cancel
            problem = Said("the files are to be paid on {execution_date}", execution_date=said.execution_date)
            expected = Said("{today} or earlier: approve it on that day, or cancel the cash-out", today=today)
            raise InputFault(file=Said("cash-out {number}", number=number), problem=problem, expected=expected)
        listed, blind = orders_of(approver, number), people.blind(number)
        made = make(approver, people, number, head, said, listed, platform_payees or {}, blind, form)
        for path, file, written in zip(paths, head.files, made, strict=True):
            _refuse_other_file(path.name, file, written, form)
        if head.state is CashOutState.PREPARED:
            content = instruction_digest(number, head)
            submit_own(
                approver,
                ApproveCashOut(request_id=request_ids.instruction_approval(number), cashout=number, digest=content),
            )
            head = approver.need(cash_outs, number)
        if head.state in WITH_THE_BANK:
            make_folder(inbox)
            for path, written in zip(paths, made, strict=True):
                write_durably(path_beside(path), written.openings)
                write_durably(path, written.data)
    return instruction_status(approver, number, inbox, form)


def _refuse_other_file(name: str, stated: BankFile, written: MadeFile, form: PaymentForm) -> None:
    """Raise InputFault: a file that is made anew is not the one that was stated, maybe for it has another form."""
    if (written.message_id, written.digest) == (stated.message_id, stated.digest):
        return
    other = next((each for each in others(form) if written.digest_in(each) == stated.digest), None)
    if other is not None:
        raise _in_another_form(name, other, form)
    problem = Said(
        "the ledger names a file of digest {digest}, this one's is {found}",
        digest=stated.digest,
        found=written.digest,
    )
    expected = Said(
        "the file that the ledger describes, made with the treasurer's template; here it is {settings}",
        settings=settings_of(form),
    )
    by_template = isinstance(form, Table)
    raise InputFault(
        file=name, problem=problem, expected=expected if by_template else "the file that the ledger describes"
    )


def _in_another_form(name: str, stated: PaymentForm, form: PaymentForm) -> InputFault:
    return InputFault(
        file=name,
        problem=Said("it was stated with {settings}", settings=settings_of(stated)),
        expected=Said("{settings}, as in this consortium.toml: the same one everywhere", settings=settings_of(form)),
    )


@gives(AcceptCashOut)
def accept(
    teller: Client, number: str, directory: Path, *, payments_max: int = TRANSFERS_MAX, form: PaymentForm = STANDARD
) -> Instruction:
    """Say that the bank holds the files that were approved, and will execute them; then nobody can cancel them.

    The bank reads the files in its own inbox: `directory` is the bank's. All of a cash-out are accepted at once, or
    none, and none that says another thing than the ledger, whoever approved it. The same call again does nothing.
    payments_max: how many payments the bank takes in one file. form: of the files.
    Raises InputFault: one of them is not there, is another than the ledger names, has more payments than the bank
    takes or another form, or pays other orders, sums or accounts than the ledger has. Refuses: Unknown, WrongState.
    """
    head = teller.need(cash_outs, number)
    said = stated_by(head)
    if said is None or head.state not in WITH_THE_BANK:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.INSTRUCTED,))
    inbox = directory / "inbox"
    if head.state is CashOutState.INSTRUCTED:
        ids, listed = message_ids(number, len(head.files)), orders_by_file(teller, number, head)
        for message_id, file, orders in zip(ids, head.files, listed, strict=True):
            path = _there(inbox / f"{file.message_id}{form.suffix}")
            data, beside = _need_held(path, file)
            held = _Held(path.name, data, beside, orders, partial(payment_file, message_id, number, head, said, orders))
            _refuse_another_form(held, form, payments_max)
        command = AcceptCashOut(
            request_id=unused_request(teller, TELLER, request_ids.acceptance(number)),
            cashout=number,
            files=tuple(file.digest for file in head.files),
        )
        submit_own(teller, command)
    return instruction_status(teller, number, inbox, form)


def _need_held(path: Path, file: BankFile) -> tuple[bytes, Openings]:
    """Return a file that the bank holds, and what lies beside it. Raises InputFault: it is not the ledger's."""
    data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    if beside is None:
        expected = "the openings as they were handed over"
        raise InputFault(file=path_beside(path).name, problem="is not there", expected=expected)
    held = beside.digest(data)
    if held != file.digest:
        problem = Said(
            "the ledger names a file of digest {digest}, this one's is {held}", digest=file.digest, held=held
        )
        raise InputFault(file=path.name, problem=problem, expected="the file as it was approved, and its openings")
    return data, beside


class _Held(Struct, frozen=True):
    """A file that the bank holds, what lies beside it, the orders that it must pay, and what it must say of payees."""

    name: str
    data: bytes
    beside: Openings
    orders: tuple[OrderView, ...]
    stated: Callable[[PaymentForm, Sequence[Payee]], PaymentFile]


def _refuse_another_form(held: _Held, form: PaymentForm, payments_max: int) -> None:
    """Raise InputFault: a held file is not what the ledger says, maybe for it has another form."""
    try:
        _refuse_other_content(held, form, payments_max)
    except InputFault:
        for other in others(form):
            if _says_the_same(held, other):
                raise _in_another_form(held.name, other, form) from None
        if not held.name.endswith(form.suffix):
            expected = Said("a file for {settings}, as in this consortium.toml", settings=settings_of(form))
            raise InputFault(file=held.name, problem="is of another form", expected=expected) from None
        raise


def _says_the_same(held: _Held, form: PaymentForm) -> bool:
    try:
        _refuse_other_content(held, form, TRANSFERS_MAX)
    except InputFault:
        return False
    return True


def _refuse_other_content(held: _Held, form: PaymentForm, payments_max: int) -> None:
    """Raise InputFault: a held file is not, to the byte, what the ledger says, to the accounts that workers approved.

    Its digest is only the word of those who approved it, and of its payments the contract has only count and sum. What
    a form does not say of a payee lies beside the file, and is bound by the commitment like everything else.
    """
    read = form.transfers(held.data, held.name, payments_max)
    expected = "what the ledger says: have the cash-out cancelled, and prepared anew"
    if len(read) != len(held.orders):
        raise InputFault(file=held.name, problem="says another thing than the ledger", expected=expected)
    banks = {opening.end_to_end_id: opening.bank for opening in held.beside.openings}
    payees = [
        Payee(each.creditor_name, each.creditor_account, each.creditor_bank or banks.get(order.order, ""))
        for order, each in zip(held.orders, read, strict=True)
    ]
    stated = held.stated(form, payees)
    if form.write(stated) != held.data:
        raise InputFault(file=held.name, problem="says another thing than the ledger", expected=expected)
    opened = openings.by_transfer(held.beside, path_beside(Path(held.name)).name, stated)
    for row, (order, transfer) in enumerate(zip(held.orders, stated.transfers, strict=True), 1):
        opening = opened.get(order.order)
        approved = opening if opening and opening.commitment == order.payee_commitment else None
        if approved is None or not approved.fits(transfer, commitment):
            problem = "pays another account than was approved"
            raise InputFault(file=held.name, row=row, problem=problem, expected=expected)


def _there(path: Path) -> Path:
    """Return the file of this name, or the one that lies there in its place with another ending."""
    if path.exists():
        return path
    beside = path_beside(path)
    found = [each for each in sorted(path.parent.glob(f"{path.stem}.*")) if each != beside]
    return found[0] if len(found) == 1 else path


def instruction_status(
    client: Client, number: str, inbox: Path | None = None, form: PaymentForm = STANDARD
) -> Instruction:
    """Where the files of a cash-out that is prepared or has left stand. inbox: where they lie once they have left."""
    head = client.need(cash_outs, number)
    if head.execution_date is None:
        raise WrongState(what=Thing.CASHOUT, number=number, state=head.state, needed=(CashOutState.PREPARED,))
    left = inbox if head.state in WITH_THE_BANK else None
    return Instruction(
        cashout=number,
        state=head.state,
        files=tuple(
            InstructedFile(
                message_id=file.message_id,
                digest=file.digest,
                count=total.count,
                total_fen=total.total_fen,
                path=left and left / f"{file.message_id}{form.suffix}",
            )
            for file, total in zip(head.files, head.file_sums, strict=True)
        ),
        count=head.count,
        total_fen=head.total_fen,
        execution_date=head.execution_date,
        prepared_by=head.prepared_by,
        approved_by=tuple(approval.person for approval in head.approvals),
        waiting_for=waiting_for(head),
    )


def instructed_files(client: Client) -> InstructedFiles:
    """Return what the bank asks the ledger about a file: only what its teller has accepted is paid, to the letter.

    Nobody who edits the file, or its openings, is paid; nor by one file what another one of the cash-out pays.
    """

    def commitments(file_digest: str) -> dict[str, str] | None:
        for key, head in client.scan(cash_outs):
            digests = [file.digest for file in head.files]
            if head.state is CashOutState.ACCEPTED and file_digest in digests:
                listed = orders_by_file(client, key[0], head)[digests.index(file_digest)]
                return {each.order: each.payee_commitment for each in listed}
        return None

    return commitments


def _held(path: Path) -> str | None:
    """The digest of a file in the bank's inbox, as the ledger has it; None: it or its openings cannot be read."""
    try:
        data, beside = read_bounded(path, texts.BYTES_MAX), openings.read(path)
    except InputFault:
        return None
    return beside.digest(data) if beside else None
