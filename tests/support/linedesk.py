"""A desk of lines that wait: statements that follow each other, and what is proposed by all of them."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from msgspec.structs import replace

from consortium import House
from lxr.node.invariants import check
from lxr.settlement.bank import proposals, waiting_lines
from lxr.settlement.bank.cashout import OrderView
from lxr.settlement.bank.matching.payees import HeldFiles
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.payment_forms import STANDARD
from lxr.settlement.bank.proposals import LineProposal
from lxr.settlement.bank.statement_files import read_one
from lxr.settlement.keys import BookingKey
from parties import CUSTODY
from treasury import bring, in_transit, instructed, paid, statement

NUMBER = "CE001-20260915"


class Desk:
    """Statements of a house that follow each other, and what is proposed by all of them."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house, self.folder = house, folder
        folder.mkdir()
        self.statements: list[Statement] = []
        self.closing_fen = 0
        self.orders: Sequence[OrderView] = ()

    def pays(self, workers: int = 3) -> None:
        """A payday whose file the bank has accepted: orders of one amount, each to its worker's account."""
        paid(self.house, self.house.employ(workers))
        self.orders = instructed(self.house, NUMBER)

    def says(self, day: date, *lines: Entry) -> None:
        earlier = in_transit(self.house)
        number = len(self.statements) + 1
        path = statement(self.folder, lines, sequence=number, day=day, opening_fen=self.closing_fen, earlier=earlier)
        bring(self.house, path)
        said = {line.bank_ref: line.bank_text for line in lines}  # what we write for tests does not have it
        given = read_one(path, CUSTODY).statement
        entries = [replace(each, bank_text=said.get(each.bank_ref, "")) for each in given.entries]
        self.statements.append(replace(given, entries=tuple(entries)))
        self.closing_fen = given.closing_fen

    def to(self, order: OrderView) -> dict[str, str]:
        """The other side of an order's payment, as a statement says it."""
        person = self.house.people.get(order.worker or "")
        return {"counterparty_account": person.bank_account, "counterparty_name": person.name}

    @property
    def files(self) -> HeldFiles:
        """The payment files that the bank holds."""
        return HeldFiles(self.house.treasurer, self.house.consortium.bank_dir / "inbox", STANDARD)

    @property
    def found(self) -> dict[str, LineProposal]:
        """What is proposed, by the bank's references."""
        found = proposals.propose(self.house.treasurer, CUSTODY, self.statements, self.files)
        return {BookingKey.read(each.line).booking: each for each in found}

    @property
    def certain(self) -> dict[str, tuple[str, str]]:
        """What is certain, as the target's kind and number."""
        chosen = {ref: each.target for ref, each in self.found.items()}
        return {ref: (target.what, target.number) for ref, target in chosen.items() if target is not None}

    def open(self, ref: str) -> set[tuple[str, str]]:
        """What a line may be of which nothing is certain."""
        found = self.found[ref]
        assert found.target is None
        return {(each.target.what, each.target.number) for each in found.candidates}

    def accepted(self) -> None:
        """The bank says all that is certain, and the union agrees."""
        found = self.found.values()
        proposals.accept(self.house.teller, CUSTODY, found)
        for each in found:
            if each.target is not None:
                waiting_lines.agree(self.house.treasurer, CUSTODY, *BookingKey.read(each.line))
        assert [] == check(self.house.ledger.scan)
