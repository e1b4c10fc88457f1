"""What contract, ledger, keys and network refuse or fail at, as it is told."""

from lxr.cli.ends import NOT_KNOWN_YET, REFUSED
from lxr.cli.texts.told import Told, in_words, told
from lxr.node.port import OutcomeUnknown
from lxr.node.said import Fault
from lxr.token.refusal import Refusal


def told_of_node(fault: BaseException) -> Told | None:
    """How a fault is told; None: it is none of these."""
    match fault:
        case OutcomeUnknown():
            return told(NOT_KNOWN_YET, "outcome_unknown", in_words(fault), {"tx": fault.tx_id})
        case Refusal():
            facts = {"code": fault.code, "refusal": type(fault).__name__, "facts": fault.facts}
            return told(REFUSED, type(fault).__name__, in_words(fault), facts)
        case Fault():
            return told(REFUSED, type(fault).__name__, in_words(fault))
    return None
