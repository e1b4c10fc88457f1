"""English and Chinese: every text of the command line is written in both, side by side."""

import os
import sys
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from lxr.settlement.messages.bilingual import Words

Language = Literal["en", "zh"]


def chosen(arguments: list[str], environment: dict[str, str]) -> Language:
    """--lang, else LXR_LANG, else the locale. Known before any command is built, so that help speaks it too."""
    wanted = environment.get("LXR_LANG") or environment.get("LC_ALL") or environment.get("LANG") or "en"
    for position, argument in enumerate(arguments):
        if argument == "--lang" and position + 1 < len(arguments):
            wanted = arguments[position + 1]
        elif argument.startswith("--lang="):
            wanted = argument.removeprefix("--lang=")
    return "zh" if wanted.startswith("zh") else "en"


LANGUAGE: Final[Language] = chosen(sys.argv[1:], dict(os.environ))


def text(en: str, zh: str) -> str:
    """Return the text in the chosen language."""
    return zh if LANGUAGE == "zh" else en


def spoken(words: "Words | str") -> str:
    """Return the words in the chosen language; what is no words but a number or a name, as it is."""
    return words if isinstance(words, str) else text(words.en, words.zh)
