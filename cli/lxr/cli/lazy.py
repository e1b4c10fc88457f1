"""Commands that are known by name and by what they do, and loaded when they are called: none waits for the others."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from lxr.cli.sparing import sparing
from lxr.cli.texts.language import LANGUAGE, text
from lxr.cli.texts.usage import help_in_chinese

_OF_TYPER: Final = {
    "help": ("show this message", "显示本帮助"),
    "install_completion": ("have this shell complete lxr's commands", "为当前 shell 安装命令补全"),
    "show_completion": ("the script that does", "显示命令补全脚本"),
}
"""The options that typer adds of itself."""


class HelpedGroup(TyperGroup):
    """Its help is in the chosen language, headings and all."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own, and typer's, in the chosen language."""
        return _in_language(sparing(super().get_params(ctx)))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write it."""
        _choose_headings()
        super().format_help(ctx, formatter)


class _HelpedCommand(TyperCommand):
    """As above, of one command."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its own, and typer's, in the chosen language."""
        return _in_language(sparing(super().get_params(ctx)))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write it."""
        _choose_headings()
        super().format_help(ctx, formatter)


class Command(TyperCommand):
    """A command that is not loaded yet. holder: its module under lxr.cli.commands and its function, as "ledger.show".

    en, zh: its one line of help. hidden: it is an old name, which help does not show.
    """

    def __init__(self, holder: str, en: str, zh: str, *, hidden: bool = False) -> None:
        super().__init__(None, help=text(en, zh), hidden=hidden)
        self.holder: Final = holder

    def loaded(self) -> TyperCommand:
        """Return the command itself, with its parameters."""
        module, _, function = self.holder.partition(".")
        app = typer.Typer(add_completion=False)
        given = getattr(import_module(f"lxr.cli.commands.{module}"), function)
        app.command(self.name, help=self.help, cls=_HelpedCommand)(given)
        command = typer.main.get_command(app)
        assert isinstance(command, TyperCommand)
        return command

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Of the command itself, which runs from here on."""
        return self.loaded().make_context(info_name, args, parent, **extra)


class Group(HelpedGroup):
    """Commands under a name of their own. en, zh: its one line of help."""

    def __init__(self, en: str, zh: str, commands: "Commands") -> None:
        super().__init__(help=text(en, zh), no_args_is_help=True, commands=named(commands))


Commands = Mapping[str, Command | Group]


def named(commands: Commands) -> dict[str, Any]:
    """Return the same, each of them knowing its name."""
    for name, command in commands.items():
        command.name = name
    return dict(commands)


def _in_language(parameters: list[Any]) -> list[Any]:
    for each in parameters:
        if each.name in _OF_TYPER:
            each.help = text(*_OF_TYPER[each.name])
    return parameters


def _choose_headings() -> None:
    if LANGUAGE == "zh":
        help_in_chinese()
