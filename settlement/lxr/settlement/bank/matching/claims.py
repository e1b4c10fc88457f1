"""Who claims what: an order, a line or a deposit that two waiting lines may take is proposed for neither of them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from lxr.settlement.bank.matching.known import Candidate, Known


def claims(known: Known, found: Mapping[str, Iterable[Candidate]]) -> dict[str, set[str]]:
    """Return which waiting lines claim each thing: what a candidate takes, what the bank has said, what a line bears.

    A line that may be something is claimed by itself: so nothing undoes it at the same time.
    """
    claimed: dict[str, set[str]] = defaultdict(set)
    for key, candidates in found.items():
        for each in candidates:
            for thing in (key, *each.takes):
                claimed[thing].add(key)
    for key, booking in known.booked.items():
        if booking.kind != "waiting":
            continue
        if booking.line.order is not None:
            claimed[booking.line.order].add(key)
        if booking.proposal is not None:
            claimed[key].add(key)
            if booking.proposal.target.what in ("order", "line", "deposit"):
                claimed[booking.proposal.target.number].add(key)
    return claimed
