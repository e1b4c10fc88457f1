"""The custody bank, simulated: the one party that is. Its files are real, its books survive a crash.

A bank is a directory:

    inbox/NAME.xml             payment orders (pain.001) put there by others, left there by the bank
    inbox/NAME.csv             likewise, of another form that is agreed upon, as .txt or .xlsx
    inbox/NAME.openings.json   put there before NAME.xml: what the account commitments of its transfers hide
    outbox/camt053-DAY-SEQUENCE.xml   one statement for each closed day; a missing one is written again
    outbox/rejected.json       every transfer that the bank refused to execute
    books.db                   what the bank remembers: messages and transfers taken in, entries, days closed

An order from another account to the custody account is a deposit; an order from the custody account is a payout
batch. Which payouts come back or take a day longer follows from the seed and the end-to-end id alone.
"""

from collections.abc import Mapping, Set
from datetime import UTC, date, datetime, time
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from lxr.node.kept import Kept
from lxr.node.said import Said
from lxr.settlement.bank import openings
from lxr.settlement.bank.formats import camt053, pain001, texts
from lxr.settlement.bank.model import PaymentFile, Statement, Transfer
from lxr.settlement.bank.openings import Commitment, Instructed, Opening
from lxr.settlement.bank.payment_forms import STANDARD, PaymentForm
from lxr.settlement.bank.rejection import Rejection
from lxr.settlement.bank.transfers import CUSTODIAN
from lxr.settlement.errors import InputFault
from lxr.settlement.files import make_folder, read_bounded, write_durably
from lxr.settlement.rehearsal.books import BOOKS, Booking, Books, ClosedDay, Settings, State, Way
from lxr.settlement.rehearsal.daysheet import DaySheet, next_banking_day

RETURN_REASONS: Final = ("AC01", "AC04", "AC06", "BE01")  # wrong, closed, blocked account; name does not match
NOT_THE_ACCOUNT: Final = "AC01"
NOT_THE_PERSON: Final = "BE01"
DUPLICATE: Final = "AM05"


class DayResult(Struct, frozen=True, forbid_unknown_fields=True):
    """One closed day. statement: its file. problems: one line for each file in the inbox that was not taken in."""

    date: date
    sequence: int
    statement: Path
    opening_fen: int
    closing_fen: int
    rejected: tuple[Rejection, ...]
    problems: tuple[Kept, ...]


class Bank:
    """The bank in one directory. Use `open`; close it, or use it in a with-statement."""

    def __init__(
        self,
        directory: Path,
        books: Books,
        settings: Settings,
        commitment: Commitment | None,
        instructed: Instructed | None,
        payments_max: int,
        form: PaymentForm,
    ) -> None:
        self._inbox: Final = directory / "inbox"
        self._outbox: Final = directory / "outbox"
        self._books: Final = books
        self._settings: Final = settings
        self._commitment: Final = commitment
        self._instructed: Final = instructed
        self._payments_max: Final = payments_max
        self._form: Final = form

    @classmethod
    def open(
        cls,
        directory: Path,
        custody_account: str | None = None,
        seed: int | None = None,
        return_rate_bp: int | None = None,
        delay_rate_bp: int | None = None,
        *,
        first_seed: int | None = None,
        commitment: Commitment | None = None,
        instructed: Instructed | None = None,
        payments_max: int = pain001.TRANSFERS_MAX,
        form: PaymentForm = STANDARD,
    ) -> Self:
        """Open the bank, and founds it at the first open, which needs custody_account and seed.

        seed: 0..2**63 - 1. Rates: basis points of payouts, 0..10_000, 0 when not given. Later opens take all four
        from the books. first_seed: of the first open, where no seed is given. commitment: needed to take in an order
        that comes with openings. instructed: what the ledger says of an accepted payout file; with it the bank takes in
        no other, and pays no transfer without its opening. payments_max: how many it takes in one file. form:
        of payout files, beside pain.001, which it always takes.
        Raises InputFault for a setting that is missing, out of range or other than the books have it.
        """
        for name in ("inbox", "outbox"):
            make_folder(directory / name)
        books = Books(directory / BOOKS)
        try:
            with books.transaction():
                given = _Given(custody_account, seed, return_rate_bp, delay_rate_bp)
                settings = _settle(given, first_seed, books, str(directory))
            bank = cls(directory, books, settings, commitment, instructed, payments_max, form)
            bank._publish()
        except BaseException:
            books.close()
            raise
        return bank

    def close(self) -> None:
        self._books.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def custody_account(self) -> str:
        return self._settings.custody_account

    def close_day(self, day: date, *, fee_fen: int = 0, returned: Set[str] = frozenset()) -> DayResult:
        """Take in the inbox, books everything due up to and including `day`, and writes the day's statement.

        fee_fen: what the bank takes for itself, also of an account that does not hold it. returned: end-to-end ids of
        payouts that come back the same day, whatever is drawn for them. Closing the last closed day again books nothing
        and gives the same result. Raises InputFault for an earlier day, or a fee for which the day's statement has no
        room. After a crash at any point, closing the day again completes it.
        """
        with self._books.transaction():
            last = self._books.last_day()
            if last is not None and day < last.day:
                problem = Said("{day} is before the last closed day", day=day)
                raise InputFault(
                    file=str(self._outbox.parent), problem=problem, expected=Said("{day} or later", day=last.day)
                )
            closed = last if last is not None and last.day == day else self._close(day, last, fee_fen, returned)
        self._publish()
        return DayResult(
            date=day,
            sequence=closed.sequence,
            statement=self._outbox / _file_name(closed),
            opening_fen=closed.opening_fen,
            closing_fen=closed.closing_fen,
            rejected=tuple(rejection for rejection in self._rejections() if rejection.date == day),
            problems=closed.problems,
        )

    def _close(self, day: date, last: ClosedDay | None, fee_fen: int, returned: Set[str]) -> ClosedDay:
        problems: list[Kept] = []
        for path in sorted({*self._inbox.glob("*.xml"), *self._inbox.glob(f"*{self._form.suffix}")}):
            try:
                self._take_in(path, day)
            except InputFault as fault:
                problems.append(Kept.of(fault.said))
        opening_fen = 0 if last is None else last.closing_fen
        sheet = DaySheet(day, opening_fen)
        self._book(sheet, returned)
        if fee_fen and not sheet.charge(fee_fen):
            problem = Said("the day's statement has no room for {yuan}", yuan=texts.yuan(fee_fen))
            raise InputFault(
                file=str(self._outbox.parent), field="fee", problem=problem, expected="less, or another day"
            )
        sequence = 1 if last is None else last.sequence + 1
        closed = ClosedDay(sequence, day, opening_fen, sheet.balance_fen, tuple(problems))
        self._books.add_day(closed, sheet.entries)
        return closed

    def _take_in(self, path: Path, day: date) -> None:
        data = read_bounded(path, texts.BYTES_MAX)
        beside = openings.read(path)
        digest = beside.digest(data) if beside else sha256(data).hexdigest()
        if self._books.knows_content(digest):
            return
        if path.suffix == ".xml":
            order = pain001.read(data, path.name, self._payments_max)
        else:
            order = self._uploaded(path, data, beside, day)
        if self._books.knows_message(order.debtor_account, order.message_id):
            problem = Said("message {message_id} was taken in before with other content", message_id=order.message_id)
            raise InputFault(
                file=path.name, field="CstmrCdtTrfInitn/GrpHdr/MsgId", problem=problem, expected="a new id"
            )
        awaited: Mapping[str, str] | None = None
        if self._instructed is not None and order.debtor_account == self._settings.custody_account:
            awaited = self._instructed(digest)
            if awaited is None:
                problem = Said("it is not the file of a cash-out that the bank has accepted")
                raise InputFault(file=path.name, problem=problem, expected="lxr bank cashout accept CASHOUT")
        name = openings.path_beside(path).name
        opened = openings.by_transfer(beside, name, order) if beside else {}
        if opened and self._commitment is None:
            raise InputFault(file=name, problem="the bank was opened without a commitment function to check it")
        self._books.add_message(order.debtor_account, order.message_id, digest)
        in_words = path.suffix != ".xml"
        if order.batch_booking or in_words:
            way = Way.TOTAL if order.batch_booking else Way.IN_WORDS
            self._books.add_way(order.debtor_account, order.message_id, way)
        for transfer in order.transfers:
            reason = self._objection(order, transfer, opened.get(transfer.end_to_end_id), awaited)
            self._books.add_booking(self._booking(order, transfer, day, reason))

    def _uploaded(self, path: Path, data: bytes, beside: openings.Openings | None, day: date) -> PaymentFile:
        """Return the order that a table is: whoever uploads it says account, day and number in the portal.

        What the table has no column for stands beside it. A line's words are its id, where it has one, and its remark.
        """
        rows = self._form.transfers(data, path.name, self._payments_max)
        opened = beside.openings if beside else ()
        if len(opened) != len(rows):
            expected = "the openings as they were handed over"
            raise InputFault(file=openings.path_beside(path).name, problem="is not there", expected=expected)
        return PaymentFile(
            message_id=path.stem,
            created_at=datetime.combine(day, time(), UTC),
            execution_date=day,
            debtor=CUSTODIAN,
            debtor_account=self._settings.custody_account,
            transfers=tuple(
                replace(
                    row,
                    end_to_end_id=each.end_to_end_id,
                    creditor_bank=row.creditor_bank or each.bank,
                    remittance=f"{row.end_to_end_id} {row.remittance}".strip(),
                )
                for row, each in zip(rows, opened, strict=True)
            ),
            batch_booking=self._form.batch_booking,
        )

    def _objection(
        self, order: PaymentFile, transfer: Transfer, opening: Opening | None, awaited: Mapping[str, str] | None
    ) -> str | None:
        """Return the reason not to execute a transfer, or None."""
        custody = self._settings.custody_account
        if (order.debtor_account == custody) == (transfer.creditor_account == custody):
            return NOT_THE_ACCOUNT
        if self._books.knows_transfer(order.debtor_account, transfer.end_to_end_id):
            return DUPLICATE
        if awaited is not None and (
            opening is None or opening.commitment.lower() != awaited.get(transfer.end_to_end_id)
        ):
            return NOT_THE_PERSON
        if opening is not None:
            assert self._commitment is not None
            if not opening.fits(transfer, self._commitment):
                return NOT_THE_PERSON
        return None

    def _booking(self, order: PaymentFile, transfer: Transfer, day: date, reason: str | None) -> Booking:
        incoming = order.debtor_account != self._settings.custody_account
        first_day = max(day, order.execution_date)
        together = order.message_id if order.batch_booking else transfer.end_to_end_id
        if not incoming and self._drawn("delay", together, 10_000) < self._settings.delay_rate_bp:
            first_day = next_banking_day(first_day)
        return Booking(
            number=None,
            message_id=order.message_id,
            debtor_account=order.debtor_account,
            end_to_end_id=transfer.end_to_end_id,
            incoming=incoming,
            amount_fen=transfer.amount_fen,
            counterparty_name=order.debtor.name if incoming else transfer.creditor_name,
            counterparty_account=order.debtor_account if incoming else transfer.creditor_account,
            remittance=transfer.remittance,
            state=State.WAITING if reason is None else State.REJECTED,
            day=first_day if reason is None else day,
            reason=reason,
        )

    def _book(self, sheet: DaySheet, returned: Set[str]) -> None:
        """Money in first, so that payouts find it. A payout that does not fit the balance waits for another day."""
        for deposit in self._books.due(State.WAITING, sheet.day, incoming=True):
            if sheet.book(deposit, credit=True):
                self._books.move(deposit, State.BOOKED, sheet.day)
        self._book_returns(sheet)
        ways = self._books.ways(self._settings.custody_account)
        together: dict[str, list[Booking]] = {}
        for payout in self._books.due(State.WAITING, sheet.day, incoming=False):
            way = ways.get(payout.message_id)
            if way is Way.TOTAL:
                together.setdefault(payout.message_id, []).append(payout)
            elif sheet.book(payout, credit=False, with_id=way is None):
                self._paid(payout, sheet.day, returned)
        for message_id, payouts in sorted(together.items()):
            if sheet.book_total(message_id, sum(payout.amount_fen for payout in payouts)):
                for payout in payouts:
                    self._paid(payout, sheet.day, returned)
        self._book_returns(sheet)

    def _paid(self, payout: Booking, day: date, returned: Set[str]) -> None:
        """Keep of a payout that it is booked, and whether it comes back."""
        named = payout.end_to_end_id in returned
        if not named and self._drawn("return", payout.end_to_end_id, 10_000) >= self._settings.return_rate_bp:
            self._books.move(payout, State.BOOKED, day)
            return
        reason = RETURN_REASONS[self._drawn("reason", payout.end_to_end_id, len(RETURN_REASONS))]
        same_day = named or self._drawn("same day", payout.end_to_end_id, 2) == 0
        self._books.move(payout, State.RETURNING, day if same_day else next_banking_day(day), reason)

    def _book_returns(self, sheet: DaySheet) -> None:
        ways = self._books.ways(self._settings.custody_account)
        for payout in self._books.due(State.RETURNING, sheet.day, incoming=False):
            if sheet.book(payout, credit=True, with_id=ways.get(payout.message_id) is not Way.IN_WORDS):
                self._books.move(payout, State.RETURNED, sheet.day, payout.reason)

    def _drawn(self, purpose: str, end_to_end_id: str, faces: int) -> int:
        """0..faces - 1, the same for the same seed, purpose and end-to-end id."""
        digest = sha256(f"{self._settings.seed}/{purpose}/{end_to_end_id}".encode()).digest()
        return int.from_bytes(digest) % faces

    def _rejections(self) -> list[Rejection]:
        return [
            Rejection(booking.message_id, booking.end_to_end_id, str(booking.reason), booking.day)
            for booking in self._books.rejected()
        ]

    def _publish(self) -> None:
        """Write what is missing in the outbox; in a transaction, so that one process at a time does."""
        with self._books.transaction():
            for closed in self._books.days():
                path = self._outbox / _file_name(closed)
                if not path.exists():
                    write_durably(path, camt053.write(self._statement(closed)))
            path = self._outbox / "rejected.json"
            rejected = msgspec.json.format(msgspec.json.encode(self._rejections())) + b"\n"
            if not path.exists() or path.read_bytes() != rejected:
                write_durably(path, rejected)

    def _statement(self, closed: ClosedDay) -> Statement:
        return Statement(
            statement_id=f"{closed.day:%Y%m%d}-{closed.sequence:05d}",
            sequence=closed.sequence,
            account=self._settings.custody_account,
            date=closed.day,
            opening_fen=closed.opening_fen,
            closing_fen=closed.closing_fen,
            entries=self._books.entries(closed.sequence),
        )


class _Given(Struct, frozen=True):
    custody_account: str | None
    seed: int | None
    return_rate_bp: int | None
    delay_rate_bp: int | None


def _settle(given: _Given, first_seed: int | None, books: Books, file: str) -> Settings:
    """Return the settings in the books, or those given, kept there from now on."""
    if (settings := books.settings()) is not None:
        for name, value in msgspec.structs.asdict(given).items():
            if value is not None and value != (kept := getattr(settings, name)):
                raise InputFault(
                    file=file,
                    field=name,
                    problem=Said("is {value}", value=value),
                    expected=Said("{kept}, as at the first open", kept=kept),
                )
        return settings
    seed = first_seed if given.seed is None else given.seed
    if given.custody_account is None or seed is None:
        raise InputFault(file=file, problem="no bank here yet", expected="custody_account and seed at the first open")
    settings = Settings(given.custody_account, seed, given.return_rate_bp or 0, given.delay_rate_bp or 0)
    texts.Place(file, "custody_account", None).obey(settings.custody_account, texts.ACCOUNT)
    bounds = (("seed", 2**63 - 1), ("return_rate_bp", 10_000), ("delay_rate_bp", 10_000))
    for name, most in bounds:
        if not 0 <= getattr(settings, name) <= most:
            raise InputFault(
                file=file,
                field=name,
                problem=Said("is {value}", value=getattr(settings, name)),
                expected=Said("0 to {most}", most=most),
            )
    books.keep_settings(settings)
    return settings


def _file_name(closed: ClosedDay) -> str:
    return f"camt053-{closed.day:%Y%m%d}-{closed.sequence:05d}.xml"
