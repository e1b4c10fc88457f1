"""Pages of statements: each statement out of all its pages, which a bank writes into one file or several."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby

from msgspec.structs import replace

from lxr.node.said import Said
from lxr.settlement.bank.formats.strict import StrictFault
from lxr.settlement.bank.formats.texts import Place, derived, shown, yuan
from lxr.settlement.bank.model import Entry, Page, Statement


def sound(page: Page) -> bool:
    """Return whether a page is a statement by itself: it has both balances, and its entries explain them."""
    if not page.openings_fen or not page.closings:
        return False
    return page.openings_fen[0] + sum(entry.signed_fen for entry in page.entries) == page.closings[0][0]


def whole(pages: Sequence[Page], place: Place) -> Statement:
    """Return the statement of pages in whatever order; one that is given twice counts once.

    Raises StrictFault: a page is missing, one number has two contents, the balances of a page are not its place's, a
    balance is missing, an entry is given twice or is later than the statement, or the sums do not agree.
    """
    ordered = _ordered(pages, place)
    first, last = ordered[0], ordered[-1]
    below = place.below("Bal")
    for kind, there in (("OPBD", first.openings_fen), ("CLBD", last.closings)):
        if not there:
            raise StrictFault(
                "balance", below, Said("{kind} is missing", kind=kind), "an opening and a closing booked balance"
            )
    closing_fen, day = last.closings[0]
    statement = Statement(
        statement_id=first.statement_id,
        sequence=first.sequence,
        account=first.account,
        date=day,
        opening_fen=first.openings_fen[0],
        closing_fen=closing_fen,
        entries=first.entries if len(ordered) == 1 else tuple(_counted_on(ordered)),
    )
    if len(ordered) > 1:
        _refuse_other_balances(ordered, statement, below)
    refuse_unsound(statement, place)
    return statement


def groups(pages: Sequence[Page]) -> list[list[Page]]:
    """Return the pages of each statement, by the statement's own id."""

    def key(page: Page) -> tuple[str, str]:
        return page.account, page.statement_id

    return [list(group) for _, group in groupby(sorted(pages, key=key), key=key)]


def refuse_unsound(statement: Statement, place: Place) -> None:
    """Raise StrictFault: an entry is given twice, or is of a later day, or they do not explain the balances."""
    seen = set()
    for row, entry in enumerate(statement.entries, 1):
        if (entry.booking_date, entry.bank_ref) in seen:
            raise StrictFault(
                "reference",
                place.below("Ntry", row).below("AcctSvcrRef"),
                Said("{shown} appears twice", shown=shown(entry.bank_ref)),
                "one entry each",
            )
        if entry.booking_date > statement.date:
            raise StrictFault(
                "date",
                place.below("Ntry", row).below("BookgDt"),
                Said("{booking_date} is after the statement", booking_date=entry.booking_date),
                Said("{date}", date=statement.date),
            )
        seen.add((entry.booking_date, entry.bank_ref))
    explained_fen = statement.opening_fen + sum(entry.signed_fen for entry in statement.entries)
    if explained_fen != statement.closing_fen:
        raise StrictFault(
            "sum",
            place.below("Bal"),
            Said("CLBD is {yuan}", yuan=yuan(statement.closing_fen)),
            Said("{yuan}, which is OPBD plus credits less debits", yuan=yuan(explained_fen)),
        )


def _counted_on(pages: Sequence[Page]) -> Iterator[Entry]:
    """Yield the entries of pages, those that are alike and without a reference counted as if they stood on one page."""
    alike: Counter[str] = Counter()
    for page in pages:
        names: dict[str, str] = {}
        for entry in page.entries:
            reference, point, part = entry.bank_ref.partition(".")
            said = page.unnumbered.get(reference)
            if said is None:
                yield entry
                continue
            if reference not in names:
                alike[said] += 1
                names[reference] = derived(said, alike[said])
            yield replace(entry, bank_ref=f"{names[reference]}{point}{part}")


def _ordered(pages: Sequence[Page], place: Place) -> list[Page]:
    """Return the pages by their numbers, all of them."""
    found: dict[int, Page] = {}
    for page in pages:
        if found.setdefault(page.number, page) != page:
            raise StrictFault(
                "page",
                place,
                Said(
                    "page {number} of statement {statement} is given twice, with two contents",
                    number=page.number,
                    statement=page.statement_id,
                ),
                "each page once",
            )
    ordered = [found[number] for number in sorted(found)]
    ends = [page.number for page in ordered if page.last]
    count = ends[-1] if ends else ordered[-1].number + 1
    missing = next((number for number in range(1, count + 1) if number not in found), None)
    if missing is not None or len(ends) > 1 or ordered[-1].number > count:
        raise StrictFault(
            "page",
            place,
            Said("page {number} of statement {statement} is missing", number=missing, statement=ordered[0].statement_id)
            if missing is not None
            else Said("statement {statement} has pages after its last", statement=ordered[0].statement_id),
            "all pages of the statement together",
        )
    return ordered


def _refuse_other_balances(pages: Sequence[Page], statement: Statement, place: Place) -> None:
    """Raise StrictFault: a page opens or closes with another balance than its entries' place in the statement."""
    running_fen = statement.opening_fen
    for page in pages:
        before_fen = running_fen
        running_fen += sum(entry.signed_fen for entry in page.entries)
        stated = [(fen, (statement.opening_fen, before_fen)) for fen in page.openings_fen]
        stated += [(fen, (statement.closing_fen, running_fen)) for fen, _ in page.closings]
        for fen, fits in stated:
            if fen not in fits:
                raise StrictFault(
                    "page",
                    place,
                    Said("page {number} has the balance {yuan}", number=page.number, yuan=yuan(fen)),
                    Said("{whole}, or {page} at this place", whole=yuan(fits[0]), page=yuan(fits[1])),
                )
