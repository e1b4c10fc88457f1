"""What waiting lines likely are: proposed from the ledger, the statements' files and the bank's own, decided by people.

Each proposal says why. A line that may be several things, or that competes with another line, is proposed nothing: its
candidates are listed, and none is chosen. Two equal debits against two equal orders are such a case: which of them paid
which order decides about the day of a wage, and about what comes back later.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import chain

from msgspec import Struct

from lxr.chaincode.assignments import AssignLine
from lxr.chaincode.lines import Target
from lxr.node.client import Client
from lxr.node.progress import Progress
from lxr.settlement.bank.line_commands import answers, assigning
from lxr.settlement.bank.matching.batches import of_batches
from lxr.settlement.bank.matching.by_order import by_account, by_amount, by_id
from lxr.settlement.bank.matching.claims import claims
from lxr.settlement.bank.matching.evidence import Evidence, read_evidence
from lxr.settlement.bank.matching.known import Candidate, Known, read_known
from lxr.settlement.bank.matching.owners import of_employers, of_the_bank
from lxr.settlement.bank.matching.payees import HeldFiles
from lxr.settlement.bank.matching.undoing import undoing
from lxr.settlement.bank.model import Statement
from lxr.settlement.keys import BookingKey
from lxr.settlement.permissions import gives
from lxr.token.refusal import Refusal


class LineProposal(Struct, frozen=True, forbid_unknown_fields=True):
    """What a waiting line may be. line: as 2026-09-16/B1 or 2026-09-16/B1~1. target: None where no candidate is chosen.

    stands: what the bank has said of it so far.
    """

    line: str
    credit: bool
    amount_fen: int
    target: Target | None
    candidates: tuple[Candidate, ...]
    stands: Target | None


def propose(
    client: Client, custody: str, statements: Iterable[Statement] = (), files: HeldFiles | None = None
) -> tuple[LineProposal, ...]:
    """Return what waiting lines may be, by line; lines of which nothing is known are left out.

    statements: what is known of the other side, and of what the bank calls its payments. files: to which accounts
    orders go; without them none is known by its account.
    """
    known = read_known(client, custody)
    return proposals_of(client, known, read_evidence(known, statements), files)


def proposals_of(client: Client, known: Known, evidence: Evidence, files: HeldFiles | None) -> tuple[LineProposal, ...]:
    """Return what waiting lines may be, see `propose`."""
    found: dict[str, list[Candidate]] = defaultdict(list)
    for key, candidate in chain(
        by_id(known),
        of_batches(client, known, evidence),
        by_account(known, evidence, files, credit=False),
        by_account(known, evidence, files, credit=True),
        of_employers(known, evidence),
        of_the_bank(known, evidence),
        undoing(known, evidence),
        by_amount(known, evidence),
    ):
        if all(candidate.target != each.target for each in found[key]):
            found[key].append(candidate)
    claimed = claims(known, found)
    return tuple(_proposal(known, claimed, key, found[key]) for key in known.booked if key in found)


@gives(AssignLine)
def accept(teller: Client, custody: str, proposals: Iterable[LineProposal], progress: Progress | None = None) -> int:
    """Say as the bank what is certain of lines of which it has said nothing yet; how many.

    Refuses: as AssignLine, once all others are said.
    """
    asked = [
        assigning(custody, BookingKey.read(each.line), each.target)
        for each in proposals
        if each.target is not None and each.stands is None
    ]
    refused = [answer for answer in answers(teller, asked, progress) if isinstance(answer, Refusal)]
    if refused:
        raise refused[0]
    return len(asked)


def _proposal(known: Known, claimed: dict[str, set[str]], key: str, candidates: list[Candidate]) -> LineProposal:
    booking = known.booked[key]
    first = candidates[0]
    alone = len(candidates) == 1 and first.sure and all(claimed[thing] == {key} for thing in (key, *first.takes))
    return LineProposal(
        line=key,
        credit=booking.line.credit,
        amount_fen=booking.waiting_fen,
        target=first.target if alone else None,
        candidates=tuple(candidates),
        stands=None if booking.proposal is None else booking.proposal.target,
    )
