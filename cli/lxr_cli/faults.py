"""What went wrong, as one line in the chosen language and an exit code."""

from typing import Any, Final, NamedTuple

import typer
from typer.exceptions import TyperException

from lxr_cli.chinese import in_chinese, place_in_chinese
from lxr_cli.ends import NotKnownYet, UsageFault
from lxr_cli.language import LANGUAGE, text
from lxr_network.fabric.faults import NetworkFault
from lxr_network.keyfile import KeyFault
from lxr_node.certificates import CertificateFault
from lxr_node.client import describe
from lxr_node.port import LedgerFault, OutcomeUnknown
from lxr_settlement.errors import InputFault
from lxr_settlement.people import PeopleFault
from lxr_settlement.projection import ProjectionFault
from lxr_settlement.vouchers import VoucherFault
from lxr_token.refusal import Refusal

DONE, REFUSED, USAGE, NOT_KNOWN_YET = range(4)


class Told(NamedTuple):
    """A fault as it is told. kind: its name, and facts: what else is known of it, for scripts."""

    exit_code: int
    kind: str
    line: str
    facts: dict[str, Any]


STOPPED: Final = Told(
    NOT_KNOWN_YET,
    "stopped",
    text("stopped; the same command again finishes the job", "已中断；重复同一命令即可继续完成"),
    {},
)

NO_COMMAND: Final = Told(USAGE, "usage", text("a command is missing", "缺少命令"), {})


def told_of(fault: BaseException) -> Told | None:
    """How a fault is told; None: it is a bug."""
    match fault:
        case KeyboardInterrupt() | typer.Abort():
            return STOPPED
        case TyperException():
            return _told(USAGE, "usage", _chosen(fault.format_message()))
        case UsageFault():
            return _told(USAGE, "usage", str(fault))
        case NotKnownYet():
            return _told(NOT_KNOWN_YET, "not_known_yet", str(fault))
        case OutcomeUnknown():
            return _told(NOT_KNOWN_YET, "outcome_unknown", _chosen(describe(fault)), {"tx": fault.tx_id})
        case Refusal():
            facts = {"code": fault.code, "refusal": type(fault).__name__, "facts": fault.facts}
            return _told(REFUSED, type(fault).__name__, _refusal(fault), facts)
        case InputFault():
            facts = {"file": fault.file, "row": fault.row, "field": fault.field}
            return _told(REFUSED, "InputFault", of_input(fault), facts)
        case (
            KeyFault()
            | NetworkFault()
            | CertificateFault()
            | PeopleFault()
            | ProjectionFault()
            | VoucherFault()
            | LedgerFault()
        ):
            return _told(REFUSED, type(fault).__name__, _chosen(str(fault)))
        case OSError():
            where = f"{fault.filename}: " if fault.filename else ""
            return _told(REFUSED, type(fault).__name__, _chosen(where + (fault.strerror or str(fault))))
    return None


def of_input(fault: InputFault) -> str:
    """A fault of a file, in the chosen language."""
    return place_in_chinese(fault) if LANGUAGE == "zh" else str(fault)


def help_asked(fault: BaseException) -> str | None:
    """The help of a group of commands that was called without one."""
    if type(fault).__name__ != "NoArgsIsHelpError":
        return None
    context = getattr(fault, "ctx", None)
    return None if context is None else str(context.get_help())


def one_line(message: str) -> str:
    """The message without breaks."""
    return " ".join(message.split())


def _told(exit_code: int, kind: str, line: str, facts: dict[str, Any] | None = None) -> Told:
    return Told(exit_code, kind, one_line(line), facts or {})


def _refusal(refusal: Refusal) -> str:
    if LANGUAGE == "en":
        return describe(refusal)
    facts = {name: in_chinese(fact) if isinstance(fact, str) else fact for name, fact in refusal.facts.items()}
    notes = [in_chinese(note) for note in getattr(refusal, "__notes__", ())]
    return "；".join([refusal.zh.format(**facts), *notes])


def _chosen(line: str) -> str:
    return in_chinese(line) if LANGUAGE == "zh" else line
