"""What each organisation's contract answers to one proposal, and what most of them do."""

from collections.abc import Hashable, Mapping
from functools import reduce
from itertools import combinations

from msgspec import Struct

from lxr.node.fabric.answers import REFUSED, REPLAYED, Replayed, decode_refusal, decode_replayed
from lxr.node.fabric.client.faults import ChaincodeSaid, Unreachable
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.port import LedgerFault
from lxr.node.said import Said
from lxr.token.refusal import Refusal


class Broken(LedgerFault):
    """Not an answer of the contract: it failed, or what came back cannot be read."""


Answer = Prepared | Replayed | Refusal | Broken


class Verdict(Struct, frozen=True):
    """answer: of more than half of those that answered. agreeing: who. differing: what each other one says instead."""

    answer: Answer
    agreeing: tuple[str, ...]
    differing: Mapping[str, Said]


def answer_in(said: ChaincodeSaid) -> Answer:
    """Return what a contract said without accepting."""
    answer: Answer | None = None
    if said.status == REFUSED:
        answer = decode_refusal(said.message)
    elif said.status == REPLAYED:
        answer = decode_replayed(said.message)
    return answer or Broken(str(said))


def agree(one: Answer, other: Answer) -> bool:
    """Whether they are the same answer. Refusals are by their code: the facts may be of another moment."""
    return _stance(one) == _stance(other)


def weigh(answers: Mapping[str, Answer | Unreachable]) -> Verdict | None:
    """Return what more than half of those that answered say; None if there is no such majority."""
    given = {organisation: answer for organisation, answer in answers.items() if not isinstance(answer, Unreachable)}
    for answer in given.values():
        agreeing = tuple(organisation for organisation in given if agree(answer, given[organisation]))
        if 2 * len(agreeing) > len(given):
            differing = {org: _difference(other, answer) for org, other in given.items() if org not in agreeing}
            return Verdict(answer, agreeing, differing)
    return None


def of_other_states(answers: Mapping[str, Answer | Unreachable]) -> bool:
    """Whether two organisations read one key in two versions: one is behind, and they cannot be compared."""
    accepted = [answer.versions for answer in answers.values() if isinstance(answer, Prepared)]
    return any(one[key] != other[key] for one, other in combinations(accepted, 2) for key in one.keys() & other.keys())


def tell(answers: Mapping[str, Answer | Unreachable]) -> Said:
    """Return what each one says, for people."""
    told = [Said("{organisation} {words}", organisation=each, words=_words(answer)) for each, answer in answers.items()]
    return reduce(lambda first, more: Said("{first}; {more}", first=first, more=more), told)


def _stance(answer: Answer) -> Hashable:
    match answer:
        case Prepared():
            return answer.endorsed
        case Replayed():
            return answer.tx_id
        case Refusal():
            return answer.code
    return Broken


def _difference(answer: Answer, usual: Answer) -> Said:
    if isinstance(answer, Prepared) and isinstance(usual, Prepared):
        behind = of_other_states({"one": answer, "other": usual})
        return (
            Said("accepts it, from another state of the ledger") if behind else Said("accepts it, with another result")
        )
    return _words(answer)


def _words(answer: Answer | Unreachable) -> Said:
    match answer:
        case Prepared():
            return Said("accepts it")
        case Replayed():
            return Said("says that transaction {tx_id} did it before", tx_id=answer.tx_id)
        case Refusal():
            return Said("refuses it: {answer}", answer=answer)
        case Unreachable():
            return Said("could not be asked: {answer}", answer=answer)
    return Said("fails: {answer}", answer=answer)
