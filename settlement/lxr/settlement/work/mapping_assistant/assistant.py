"""The assistant: what an export shows, the next question about it, and at last the mapping, proven with all rows."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.errors import InputFault
from lxr.settlement.files import write_private
from lxr.settlement.messages import say
from lxr.settlement.messages.catalogue import Language
from lxr.settlement.work.intake.form import SheetNotStated
from lxr.settlement.work.intake.mapping import HEADER_ROW_MAX
from lxr.settlement.work.intake.mapping import Mapping as ExportMapping
from lxr.settlement.work.mapping_assistant.building import build
from lxr.settlement.work.mapping_assistant.checking import Check, check
from lxr.settlement.work.mapping_assistant.questions import Answers, Choice, Key, Question, number_in
from lxr.settlement.work.mapping_assistant.sample import Sample, read_sample
from lxr.settlement.work.mapping_assistant.toml_text import toml_text
from lxr.settlement.work.mapping_assistant.words import SAID, role_of

ROWS_SHOWN: Final = 5


class Shown(Struct, frozen=True):
    """What an export shows of itself.

    header, rows: its columns and the first rows. guesses: by its name, what a column seems to be. days: it has a column
    for each day. unseen: see Sample.
    """

    place: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guesses: tuple[tuple[str, Said], ...]
    days: bool
    unseen: tuple[Said, ...]


class Made(Struct, frozen=True):
    """A mapping and what the file comes to with it. left_out: measures that the file has and the terms have not.

    month_needed: the file names no month, so that each file like it needs one.
    """

    mapping: ExportMapping
    check: Check
    left_out: tuple[str, ...]
    month_needed: bool


class Assistant:
    """One export and its mapping. What was answered is given anew with each call: it keeps no state of a person's."""

    def __init__(self, export: Path, sample: Sample) -> None:
        self._export: Final = export
        self._sample: Final = sample

    @property
    def shown(self) -> Shown:
        """What the export shows of itself."""
        sample = self._sample
        rows = tuple(cells for _, cells in sample.rows[:ROWS_SHOWN])
        of_days = {place for place, _ in sample.days}
        columns = [(name, role_of(path)) for name, path in zip(sample.header.names, sample.header.paths, strict=True)]
        guesses = [
            (name, SAID[role]) for place, (name, role) in enumerate(columns) if role in SAID and place not in of_days
        ]
        return Shown(sample.place, sample.header.names, rows, tuple(guesses), bool(of_days), sample.unseen)

    def next(
        self,
        given: Mapping[Key, str],
        *,
        names: Sequence[str] | None = None,
        progress: Callable[[int], None] | None = None,
    ) -> Question | Made:
        """Return the next question, or what the answers come to with all rows of the file.

        names: of the terms' measures. progress: as of fold_export.
        Raises InputFault for an answer that does not fit the file, and as fold_export.
        """
        built = build(self._sample, Answers(given), names)
        if isinstance(built, Question):
            return built
        checked = check(self._export, built.mapping, month=built.month, progress=progress)
        return Made(built.mapping, checked, built.left_out, built.month is not None)


def open_assistant(export: Path, given: Mapping[Key, str]) -> Assistant | Question:
    """Look at an export; or ask which sheet is meant. Raises InputFault: it cannot be read."""
    try:
        return Assistant(export, read_sample(export, sheet=given.get(Key("sheet")), header_row=_row(given)))
    except SheetNotStated as fault:
        choices = tuple(Choice(sheet, Said("the sheet {sheet}", sheet=sheet)) for sheet in fault.sheets)
        return Question(Key("sheet"), Said("Which sheet has the work?"), choices)


def measures_of_terms(path: Path) -> tuple[str, ...]:
    """Return the names of the measures in a file of terms. Raises InputFault as read_terms does."""
    from lxr.settlement.terms.terms_file import read_terms  # brings the contract's rules

    return tuple(read_terms(path, "E001").document.most_per_day)


def refuse_existing(path: Path) -> None:
    """Raise InputFault where the file that is to be written is there already, before anybody answers questions."""
    if path.exists():
        raise InputFault(file=path.name, problem="is there already", expected="the name of a new file")


def text_of(made: Made, export: Path, language: Language) -> str:
    """Return the text of the mapping's file, with comments in a language."""
    above = (
        Said("How {file} is read, and other files like it.", file=export.name),
        Said("Written by `lxr employer map new`; `docs/mapping.md` says what each key is for."),
        *((Said("The file does not say its month: give --month with each."),) if made.month_needed else ()),
    )
    return toml_text(made.mapping, above, lambda said: say(said, language))


def write_mapping(path: Path, made: Made, export: Path, language: Language) -> None:
    """Write a mapping with its comments into a new file. Raises InputFault: there is one, or no row could be used."""
    if not made.check.rows:
        raise InputFault(
            file=str(export), problem="has no usable row with this mapping", expected="a mapping that reads some rows"
        )
    try:
        write_private(path, text_of(made, export, language).encode())
    except OSError as fault:
        raise InputFault(file=str(path), problem=Said("cannot be written: {fault}", fault=fault)) from None


def _row(given: Mapping[Key, str]) -> int | None:
    key = Key("header_row")
    if (row := given.get(key)) is None:
        return None
    return number_in(row, HEADER_ROW_MAX, key, expected=Said("a line of the file, from 1"))
