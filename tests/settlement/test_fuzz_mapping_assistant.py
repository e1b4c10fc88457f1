"""Exports by the thousand, spoiled or odd: what mapping is written reads back, or one line says why there is none."""

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commandline import EXAMPLES
from lxr.settlement.errors import InputFault
from lxr.settlement.work.intake.mapping import load_mapping
from lxr.settlement.work.mapping_assistant.assistant import Assistant, open_assistant, text_of
from lxr.settlement.work.mapping_assistant.questions import Key, Question
from mutations import fuzz, mangled_bytes, one_line

EXPORTS: Final = sorted((EXAMPLES / "exports").glob("*.csv"))
QUESTIONS_MAX: Final = 60
WORDS: Final = st.text(max_size=12)
ODD: Final = st.sampled_from(
    ['"', "\\", "a\nb", "'", "#", "=", "\x7f", "\x00", "\u2028", "=1+1", "姓名，", "]", "已完成", " ", "1", ","]
)


def answered(draw: st.DataObject, assistant: Assistant, file: Path) -> str | None:
    """Answer whatever is asked: mostly with one of the choices."""
    answers: dict[Key, str] = {}
    for _ in range(QUESTIONS_MAX):
        found = assistant.next(answers)
        if not isinstance(found, Question):
            return text_of(found, file, "zh")
        words = st.sampled_from([choice.answer for choice in found.choices]) if found.choices else WORDS
        assert found.key not in answers
        answers[found.key] = draw.draw(words if draw.draw(st.integers(0, 9)) else WORDS)
    return None


def assist(draw: st.DataObject, file: Path) -> None:
    """Go all the way; whatever is written is read back as a mapping."""
    with one_line(InputFault):
        opened = open_assistant(file, {})
        if isinstance(opened, Assistant) and (text := answered(draw, opened, file)):
            written = file.with_suffix(".toml")
            written.write_text(text, "utf-8", newline="")
            assert load_mapping(written).measures


@fuzz(400)
@given(data=st.one_of(*(mangled_bytes(each.read_bytes()) for each in EXPORTS)), draw=st.data())
def test_a_spoiled_export_has_a_mapping_that_reads_back_or_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, draw: st.DataObject
) -> None:
    file = tmp_path_factory.getbasetemp() / "fuzzed-export.csv"
    file.write_bytes(data)
    assist(draw, file)


def quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'


@fuzz(400)
@given(
    heading=ODD | WORDS,
    statuses=st.lists(ODD | WORDS, min_size=1, max_size=3, unique=True),
    amounts=st.lists(ODD | WORDS | st.sampled_from(["1.5km", "800m", "7:30", "25:00", "1e9", "-1"]), min_size=3),
    draw=st.data(),
)
def test_odd_headings_and_cells_have_a_mapping_that_reads_back_or_are_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory,
    heading: str,
    statuses: list[str],
    amounts: list[str],
    draw: st.DataObject,
) -> None:
    file = tmp_path_factory.getbasetemp() / "odd-export.csv"
    rows = [["工号", "日期", "订单状态", heading, "配送距离"]]
    rows += [
        [f"R{number}", "2026-08-03", statuses[number % len(statuses)], amount, amount]
        for number, amount in enumerate(amounts)
    ]
    file.write_text("".join(",".join(map(quoted, row)) + "\n" for row in rows), "utf-8", "surrogatepass", newline="")
    assist(draw, file)
