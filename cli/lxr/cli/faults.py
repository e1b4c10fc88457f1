"""What went wrong, as one line in the chosen language and an exit code."""

from typing import Any, Final, NamedTuple

import typer
from typer.exceptions import TyperException

from lxr.cli.chinese import fault_in_chinese, in_chinese, place_in_chinese
from lxr.cli.ends import NOT_KNOWN_YET, REFUSED, USAGE, NotKnownYet, UsageFault
from lxr.cli.language import LANGUAGE, text
from lxr.settlement.errors import CheckpointFault, InputFault, PeopleFault, ProjectionFault, VoucherFault, visible
from lxr.token.refusal import Refusal


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
            return told(USAGE, "usage", in_language(fault.format_message()))
        case UsageFault():
            return told(USAGE, "usage", str(fault))
        case NotKnownYet():
            return told(NOT_KNOWN_YET, "not_known_yet", str(fault))
        case InputFault():
            facts = {"file": fault.file, "row": fault.row, "field": fault.field}
            return told(REFUSED, "InputFault", of_input(fault), facts)
        case CheckpointFault() | PeopleFault() | ProjectionFault() | VoucherFault():
            return told(REFUSED, type(fault).__name__, in_language(with_cause(fault)))
        case OSError():
            where = f"{fault.filename}: " if fault.filename else ""
            return told(REFUSED, type(fault).__name__, in_language(where + (fault.strerror or str(fault))))
    from lxr.cli.node_faults import told_of_node  # brings the contract and the keys, which a wrong option does not need

    return told_of_node(fault)


def of_input(fault: InputFault) -> str:
    """A fault of a file, in the chosen language."""
    if fault.refusal is not None:
        from lxr.settlement.messages import render  # brings what a wrong option does not need

        told = render(fault.refusal, LANGUAGE)
        return text(str(fault).replace(fault.problem, told), f"{place_in_chinese(fault)}：{told}")
    return fault_in_chinese(fault) if LANGUAGE == "zh" else str(fault)


def with_cause(fault: BaseException) -> str:
    """What a fault says, with the refusal that it quotes, if it does, in the chosen language."""
    line, cause = str(fault), fault.__cause__
    if not isinstance(cause, Refusal):
        return line
    from lxr.settlement.messages import render  # brings what a wrong option does not need

    return line.replace(str(cause), render(cause, LANGUAGE))


def help_asked(fault: BaseException) -> str | None:
    """The help of a group of commands that was called without one."""
    if type(fault).__name__ != "NoArgsIsHelpError":
        return None
    context = getattr(fault, "ctx", None)
    return None if context is None else str(context.get_help())


def one_line(message: str) -> str:
    """The message without breaks, and with nothing in it that moves the cursor or turns letters."""
    return visible(" ".join(message.split()))


def told(exit_code: int, kind: str, line: str, facts: dict[str, Any] | None = None) -> Told:
    """A fault as it is told, on one line."""
    return Told(exit_code, kind, one_line(line), facts or {})


def in_language(line: str) -> str:
    """A line that is English below the command line, in the chosen language."""
    return in_chinese(line) if LANGUAGE == "zh" else line
