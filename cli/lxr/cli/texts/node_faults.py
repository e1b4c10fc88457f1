"""What contract, ledger, keys and network refuse or fail at, as it is told."""

from lxr.cli.ends import NOT_KNOWN_YET, REFUSED
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import Told, in_language, told, with_cause
from lxr.network.fabric.faults import NetworkFault
from lxr.network.keyfile import KeyFault
from lxr.node.client import describe
from lxr.node.port import LedgerFault, OutcomeUnknown
from lxr.settlement.messages import render
from lxr.token.refusal import Refusal


def told_of_node(fault: BaseException) -> Told | None:
    """How a fault is told; None: it is none of these."""
    match fault:
        case OutcomeUnknown():
            return told(NOT_KNOWN_YET, "outcome_unknown", in_language(describe(fault)), {"tx": fault.tx_id})
        case Refusal():
            facts = {"code": fault.code, "refusal": type(fault).__name__, "facts": fault.facts}
            return told(REFUSED, type(fault).__name__, _refusal(fault), facts)
        case KeyFault() | NetworkFault() | LedgerFault():
            return told(REFUSED, type(fault).__name__, with_cause(fault, in_language(str(fault))))
    return None


def _refusal(refusal: Refusal) -> str:
    notes = getattr(refusal, "__notes__", ())
    return text("; ", "；").join([render(refusal, LANGUAGE), *map(in_language, notes)])
