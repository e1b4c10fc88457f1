"""The `lxr` command: global options, the groups of commands by role, and the exit codes.

Exit codes: 0 done, 1 refused, 2 usage, 3 not known yet: look it up.
"""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from lxr.cli.ends import DONE, REFUSED, USAGE, NotDone, UsageFault
from lxr.cli.lazy import HelpedGroup, named
from lxr.cli.output import write_object
from lxr.cli.shared_options import SharedOptions, hoisted, ledger_of
from lxr.cli.texts.contents import COMMANDS
from lxr.cli.texts.faults import NO_COMMAND, STOPPED, help_asked, told_of
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.told import Told, one_line

INTERRUPTED: Final = 130
"""What typer makes of Ctrl-C."""


class _Root(HelpedGroup):
    """Typer makes it, and the commands are those of the table."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings | {"commands": named(COMMANDS)})


app = typer.Typer(
    name="lxr",
    cls=_Root,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help=text(
        "Settlement for flexible workers on a consortium ledger. The options below may stand anywhere on the line.",
        "灵活就业者薪资结算（联盟账本）。下列选项可放在命令行任意位置。",
    ),
)


def _version(wanted: bool) -> None:
    if wanted:
        from lxr.cli.version import version  # the release's metadata are slow to load

        typer.echo(version())
        raise typer.Exit()


@app.callback()
def options(
    context: typer.Context,
    directory: Annotated[
        Path, typer.Option("--dir", "-C", envvar="LXR_DIR", help=text("the consortium's directory", "联盟目录"))
    ] = Path(),
    ledger: Annotated[
        str | None,
        typer.Option(
            envvar="LXR_LEDGER",
            help=text("as --dir, and what the ledger there runs on", "同 --dir，并指明账本引擎"),
            metavar="embedded:DIR|fabric:DIR",
        ),
    ] = None,
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
        raise UsageFault(text(f"--lang: {lang!r}; expected zh or en", f"--lang：{lang!r}；应为 zh 或 en"))
    engine = None
    if ledger is not None:
        engine, directory = ledger_of(ledger)
    context.obj = SharedOptions(
        directory=directory,
        engine=engine,
        identity=identity,
        passphrase_file=passphrase_file,
        at=at,
        as_json=as_json,
    )


def run(arguments: list[str]) -> int:
    """Run one command line; the exit code. Every fault that a person can mend is one line on standard error."""
    as_json = "--json" in arguments
    try:
        code = app(args=hoisted(arguments), prog_name="lxr", standalone_mode=False)
    except NotDone as answer:
        if not as_json:  # which has had its object
            sys.stderr.write(f"lxr: {one_line(str(answer))}\n")
        return REFUSED
    except (Exception, KeyboardInterrupt) as fault:
        if (help_of := help_asked(fault)) is not None:
            return _fail(NO_COMMAND, as_json) if as_json else _show(help_of)
        told = told_of(fault)
        if told is None:
            raise
        return _fail(told, as_json)
    if code == INTERRUPTED:
        return _fail(STOPPED, as_json)
    return code if isinstance(code, int) else DONE


def _show(help_of: str) -> int:
    typer.echo(help_of)
    return USAGE


def _fail(told: Told, as_json: bool) -> int:
    if as_json:
        try:
            write_object({"error": told.kind, "message": told.line, **told.facts})
            return told.exit_code
        except OSError:
            pass  # standard output takes nothing: then the other one
    sys.stderr.write(f"lxr: {told.line}\n")
    return told.exit_code
