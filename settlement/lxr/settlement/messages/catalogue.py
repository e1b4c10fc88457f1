"""The catalogues: a sentence or a word for each code, in each language."""

import gettext
from functools import cache
from pathlib import Path
from typing import Final, Literal, get_args

Language = Literal["en", "zh"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
FOLDER: Final = Path(__file__).parent


def template(key: str, language: Language) -> str:
    """Return the sentence under a key, in which facts stand by name."""
    found = _found("refusal", key, language)
    assert found is not None, f"{key} has no text"
    return found


def translated(text: str, language: Language) -> str:
    """Return a sentence that is English, as the language's catalogue has it; where it has none, as it is."""
    return _found("said", text, language) or text


def word(sort: str, code: str, language: Language, of: str = "") -> str:
    """Return the word for a code of that sort, as it is said of one thing where that differs; else the code itself."""
    special = _found(f"{sort}/{of}", code, language) if of else None
    return special or _found(sort, code, language) or code


@cache
def _catalogue(language: Language) -> gettext.GNUTranslations:
    with (FOLDER / language / "LC_MESSAGES" / "lxr.mo").open("rb") as file:
        return gettext.GNUTranslations(file)


def _found(context: str, key: str, language: Language) -> str | None:
    said = _catalogue(language).pgettext(context, key)
    return None if said == key else said
