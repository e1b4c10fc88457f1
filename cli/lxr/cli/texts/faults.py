"""What went wrong, as one line in the chosen language and an exit code."""

from typing import Final

import typer
from typer.exceptions import TyperException

from lxr.cli.ends import NOT_KNOWN_YET, REFUSED, USAGE, NotKnownYet, UsageFault
from lxr.cli.texts.language import text
from lxr.cli.texts.told import Told, in_words, told
from lxr.cli.texts.usage import in_language
from lxr.node.said import Said
from lxr.settlement.errors import CheckpointFault, InputFault, PeopleFault, ProjectionFault, VoucherFault

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
            return told(REFUSED, "InputFault", in_words(fault), facts)
        case CheckpointFault() | PeopleFault() | ProjectionFault() | VoucherFault():
            return told(REFUSED, type(fault).__name__, in_words(fault))
        case OSError():
            said = (
                Said("{file}: {fault}", file=fault.filename, fault=fault)
                if fault.filename
                else Said("{fault}", fault=fault)
            )
            return told(REFUSED, type(fault).__name__, in_words(said))
    from lxr.cli.texts.node_faults import (
        told_of_node,  # brings the contract and the keys, which a wrong option does not need
    )

    return told_of_node(fault)


def help_asked(fault: BaseException) -> str | None:
    """Return the help of a group of commands that was called without one."""
    if type(fault).__name__ != "NoArgsIsHelpError":
        return None
    context = getattr(fault, "ctx", None)
    return None if context is None else str(context.get_help())
