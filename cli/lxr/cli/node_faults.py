"""What contract, ledger, keys and network refuse or fail at, as it is told."""

from lxr.chaincode.certificates import CertificateFault
from lxr.cli.chinese import facts_in_chinese, in_chinese
from lxr.cli.ends import NOT_KNOWN_YET, REFUSED
from lxr.cli.faults import Told, in_language, told
from lxr.cli.language import LANGUAGE
from lxr.cli.words import in_english
from lxr.network.fabric.faults import NetworkFault
from lxr.network.keyfile import KeyFault
from lxr.node.client import describe
from lxr.node.port import LedgerFault, OutcomeUnknown
from lxr.token.refusal import Refusal


def told_of_node(fault: BaseException) -> Told | None:
    """How a fault is told; None: it is none of these."""
    match fault:
        case OutcomeUnknown():
            return told(NOT_KNOWN_YET, "outcome_unknown", in_language(describe(fault)), {"tx": fault.tx_id})
        case Refusal():
            facts = {"code": fault.code, "refusal": type(fault).__name__, "facts": fault.facts}
            return told(REFUSED, type(fault).__name__, _refusal(fault), facts)
        case KeyFault() | NetworkFault() | CertificateFault() | LedgerFault():
            return told(REFUSED, type(fault).__name__, in_language(str(fault)))
    return None


def _refusal(refusal: Refusal) -> str:
    notes = getattr(refusal, "__notes__", ())
    english, chinese = refusal.texts()[str(refusal.facts.get("case", ""))]
    if LANGUAGE == "en":
        return "; ".join([english.format(**in_english(refusal.facts)), *notes])
    return "；".join([chinese.format(**facts_in_chinese(refusal.facts)), *map(in_chinese, notes)])
