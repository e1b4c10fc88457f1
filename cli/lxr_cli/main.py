"""The `lxr` command: global options, the groups of commands by role, and the exit codes.

Exit codes: 0 done, 1 refused, 2 usage, 3 not known yet: look it up.
"""

import json
import sys
from importlib import metadata
from pathlib import Path
from typing import Annotated, Final

import typer
from typer.exceptions import TyperException

from lxr_cli.commands import bank, demo, employer, ledger, regulator, setup, terms, union, voucher, worker
from lxr_cli.language import LANGUAGE, text
from lxr_cli.screen import Screen
from lxr_cli.session import NotKnownYet, Session, UsageFault
from lxr_network.keyfile import KeyFault
from lxr_node.certificates import CertificateFault
from lxr_node.client import describe
from lxr_node.port import LedgerFault
from lxr_node.version import contract_version
from lxr_settlement.errors import InputFault
from lxr_settlement.people import PeopleFault
from lxr_settlement.projection import ProjectionFault
from lxr_settlement.vouchers import VoucherFault
from lxr_token.refusal import Refusal

DONE, REFUSED, USAGE, NOT_KNOWN_YET = range(4)
INTERRUPTED: Final = 130
"""What typer makes of Ctrl-C."""

VALUED: Final = ("--dir", "-C", "--as", "--passphrase-file", "--at", "--lang")
FLAGS: Final = ("--json",)

app = typer.Typer(
    name="lxr",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=text(
        "Settlement for flexible workers on a consortium ledger. The options below may stand anywhere on the line.",
        "灵活就业者薪资结算（联盟账本）。下列选项可放在命令行任意位置。",
    ),
)
app.command("init", help=text("Found a consortium in a new directory", "在新目录中创建联盟"))(setup.init)
app.command("demo", help=text("Play a month from terms to countersigned close", "演练一个月的完整结算"))(demo.demo)
app.add_typer(employer.app, name="employer")
app.add_typer(worker.app, name="worker")
app.add_typer(terms.app, name="terms")
app.add_typer(union.app, name="union")
app.add_typer(bank.app, name="bank")
app.add_typer(regulator.app, name="regulator")
app.add_typer(ledger.app, name="ledger")
app.add_typer(voucher.app, name="voucher")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lxr {metadata.version('lxr')}, contract {contract_version()}")
        raise typer.Exit()


@app.callback()
def options(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("--dir", "-C", envvar="LXR_DIR", help=text("the consortium's directory", "联盟目录"))
    ] = Path(),
    identity: Annotated[
        str | None,
        typer.Option(
            "--as",
            help=text("act as ORG/ROLE instead of the command's own", "以 组织/角色 身份执行"),
            metavar="ORG/ROLE",
        ),
    ] = None,
    passphrase_file: Annotated[
        Path | None,
        typer.Option(help=text("file with the passphrase of the keys (or LXR_PASSPHRASE, or a prompt)", "口令文件")),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option(
            envvar="LXR_AT",
            metavar="TIME",
            help=text("rehearsal only: the time in Chengdu to play, 2026-08-03T18:00", "仅演练：所扮演的成都时间"),
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help=text("one JSON object on the last line", "输出 JSON"))
    ] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_version, help=text("version, and the contract's", "版本")),
    ] = False,
    lang: Annotated[str, typer.Option(metavar="zh|en", help=text("language", "语言"))] = LANGUAGE,
) -> None:
    """Read the options that all commands share."""
    assert not version
    if lang not in ("zh", "en"):
        raise UsageFault(f"--lang: {lang!r}; expected zh or en")
    session = Session(
        directory=directory,
        screen=Screen(as_json=as_json),
        identity=identity,
        passphrase_file=passphrase_file,
        at=at,
        prompt=lambda question: str(typer.prompt(question, hide_input=True, err=True)),
    )
    context.obj = context.with_resource(session)


def hoisted(arguments: list[str]) -> list[str]:
    """The arguments with the shared options moved to the front, wherever they stood."""
    front: list[str] = []
    rest: list[str] = []
    waiting = iter(arguments)
    for argument in waiting:
        if argument == "--":
            rest += [argument, *waiting]
        elif argument in FLAGS or argument.startswith(tuple(f"{name}=" for name in VALUED)):
            front.append(argument)
        elif argument in VALUED:
            front += [argument, *[value for value in [next(waiting, None)] if value is not None]]
        else:
            rest.append(argument)
    return front + rest


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Every fault that a person can mend is one line on standard error."""
    as_json = "--json" in arguments
    try:
        code = app(args=hoisted(arguments), prog_name="lxr", standalone_mode=False)
    except TyperException as fault:
        if (context := getattr(fault, "ctx", None)) is not None and type(fault).__name__ == "NoArgsIsHelpError":
            typer.echo(context.get_help())
            return USAGE
        return _fail(USAGE, "usage", fault.format_message(), as_json)
    except UsageFault as fault:
        return _fail(USAGE, "usage", str(fault), as_json)
    except Refusal as refusal:
        line = describe(refusal) if LANGUAGE == "en" else refusal.zh.format(**refusal.facts)
        facts = {"code": refusal.code, "refusal": type(refusal).__name__, "facts": refusal.facts}
        return _fail(REFUSED, type(refusal).__name__, line, as_json, **facts)
    except (InputFault, KeyFault, CertificateFault, PeopleFault, ProjectionFault, VoucherFault, LedgerFault) as fault:
        return _fail(REFUSED, type(fault).__name__, str(fault), as_json)
    except NotKnownYet as fault:
        return _fail(NOT_KNOWN_YET, "not_known_yet", str(fault), as_json)
    except OSError as fault:
        where = f"{fault.filename}: " if fault.filename else ""
        return _fail(REFUSED, type(fault).__name__, f"{where}{fault.strerror or fault}", as_json)
    except (typer.Abort, KeyboardInterrupt):
        return _stopped(as_json)
    if code == INTERRUPTED:
        return _stopped(as_json)
    return code if isinstance(code, int) else DONE


def _stopped(as_json: bool) -> int:
    line = text("stopped; the same command again finishes the job", "已中断；重复同一命令即可继续完成")
    return _fail(NOT_KNOWN_YET, "stopped", line, as_json)


def _fail(exit_code: int, kind: str, line: str, as_json: bool, **more: object) -> int:
    one_line = " ".join(line.split())
    if as_json:
        sys.stdout.write(json.dumps({"error": kind, "message": one_line, **more}, ensure_ascii=False) + "\n")
    else:
        sys.stderr.write(f"lxr: {one_line}\n")
    return exit_code


def main() -> None:
    """The entry point of the `lxr` command."""
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # the reader of a pipe went away: nothing more to say
        sys.stderr.close()
        code = DONE
    sys.exit(code)
