"""A thousand errors of banks and lies of tellers, planted by a seed: reconciliation finds each, and invents none."""

import random
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pytest
from msgspec.structs import replace

from consortium import House, rehearsal
from lxr.chaincode.lines import Line
from lxr.settlement.bank.formats import camt053
from lxr.settlement.bank.model import Entry, Statement
from lxr.settlement.bank.reconcile import reconcile
from lxr.settlement.bank.statement_lines import facts_of
from parties import CUSTODY
from planted import DAYS, LINES, Finding, balances_shifted, book, missed, named, pay_the_rest, told
from statementforms import CAMT, LAYOUT, TABLE, Form
from treasury import entry

SEED: Final = 20_260_915


@pytest.mark.parametrize("form", [CAMT, TABLE], ids=["camt.053", "tables"])
def test_every_error_in_a_line_is_found_and_nothing_else_is_named(tmp_path: Path, form: Form) -> None:
    print(f"seed {SEED}")
    more = [DAYS[-1] + timedelta(days=number) for number in range(1, 9)]
    with told(tmp_path, random.Random(SEED), 500, form, more) as story:
        for day in more:
            story.told_on(day, story.deposit())
        story.plant(LINES | {"balances_shifted": (3, balances_shifted)})
        pay_the_rest(story)
        found = reconcile(story.house.treasurer, CUSTODY, story.happens(tmp_path), LAYOUT)
    assert 663 == len(story.planted)
    assert {} == missed(story.planted, named(found))
    assert story.expected == named(found)


@pytest.mark.parametrize("form", [CAMT, TABLE], ids=["camt.053", "tables"])
@pytest.mark.parametrize("number", range(3))
def test_a_clean_month_has_no_break(tmp_path: Path, number: int, form: Form) -> None:
    print(f"seed {SEED + number}")
    with told(tmp_path, random.Random(SEED + number), 60, form) as story:
        pay_the_rest(story)
        found = reconcile(story.house.treasurer, CUSTODY, story.happens(tmp_path), LAYOUT)
    assert () == found.breaks
    assert found.lines == found.matched > 60


# Errors by whole statements


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with rehearsal(tmp_path) as made:
        made.employ(1)
        made.employ(1, employer="E002")
        yield made


def test_every_statement_left_out_made_up_joined_parted_or_moved_is_found(house: House, tmp_path: Path) -> None:
    """Of each kind 20; their files bear no numbers, as a number left out is refused."""
    print(f"seed {SEED}")
    kinds = 20 * ["honest", "left out", "made up", "joined", "parted", "another day", "another number"]
    random.Random(SEED).shuffle(kinds)
    day, file_fen, ledger_fen, place = date(2026, 8, 1), 0, 0, 0
    paths: list[Path] = []
    planted: list[tuple[str, set[Finding]]] = []

    def brought(on: date, *lines: Entry) -> tuple[str, list[Line]]:
        nonlocal file_fen
        dated = [replace(line, booking_date=on, value_date=on) for line in lines]
        paths.append(CAMT.save(tmp_path / f"{on}.xml", None, on, file_fen, dated))
        file_fen += sum(line.signed_fen for line in dated)
        return paths[-1].name, [facts_of(line, line.bank_ref) for line in dated]

    def booked(on: date, lines: list[Line], number: int | None = None) -> None:
        nonlocal ledger_fen, place
        ledger_fen = book(house, on, number, ledger_fen, lines)
        place += 1

    for kind in kinds:
        day += timedelta(days=2)
        next_day = day + timedelta(days=1)
        two = entry("B1", 500, True, "E001D1"), entry("B2", 700, True, "E002D1")
        if kind == "left out":
            name, _ = brought(day)
            planted.append((kind, {("sequence", name)}))
            continue
        if kind == "joined":
            (first, some), (second, more) = brought(day, two[0]), brought(next_day, two[1])
            booked(next_day, some + more)
            planted.append((kind, {("sequence", first), ("file", second)}))
            continue
        name, lines = brought(day, *two)
        if kind == "made up":
            booked(day, lines)
            booked(next_day, [])
            planted.append((kind, {("sequence", f"statement {place}")}))
        elif kind == "parted":
            booked(day, lines[:1])
            booked(day, lines[1:])
            planted.append((kind, {("file", name), ("sequence", f"statement {place}")}))
        elif kind == "another day":
            booked(next_day, lines)
            planted.append((kind, {("sequence", name), ("sequence", f"statement {place}")}))
        elif kind == "another number":
            booked(day, lines, 1)
            planted.append((kind, {("file", name)}))
        else:
            booked(day, lines)
    found = named(reconcile(house.treasurer, CUSTODY, paths))
    assert 120 == len(planted)
    assert {} == missed(planted, found)
    assert found == set().union(*(findings for _, findings in planted)) | {each for each in found if each[0] == "kind"}


# Files changed after their import

Change = Callable[[random.Random, Statement], Statement]


def balanced(given: Statement, entries: list[Entry]) -> Statement:
    closing_fen = given.opening_fen + sum(line.signed_fen for line in entries)
    return replace(given, entries=tuple(entries), closing_fen=closing_fen)


def with_one(change: Callable[[Entry], Entry]) -> Change:
    """One line of the file is another."""

    def changed(dice: random.Random, given: Statement) -> Statement:
        entries = list(given.entries)
        number = dice.choice([number for number, line in enumerate(entries) if line.credit and line.amount_fen < 10**6])
        entries[number] = change(entries[number])
        return balanced(given, entries)

    return changed


FILES: dict[str, Change] = {
    "an amount": with_one(lambda line: replace(line, amount_fen=line.amount_fen + 1)),
    "a direction": with_one(lambda line: replace(line, credit=False)),
    "a reference": with_one(lambda line: replace(line, bank_ref="ANOTHER")),
    "a day": with_one(lambda line: replace(line, booking_date=line.booking_date - timedelta(days=1))),
    "a mark": with_one(lambda line: replace(line, return_reason="XX99")),
    "a reversal": with_one(lambda line: replace(line, reversal=not line.reversal, return_reason=None, remittance="")),
    "a line less": lambda dice, given: balanced(given, dice.sample(given.entries, len(given.entries) - 1)),
    "a line more": lambda dice, given: balanced(given, [*given.entries, entry("MORE", dice.randint(1, 9), True)]),
    "the opening balance": lambda _, given: balanced(
        replace(given, opening_fen=given.opening_fen + 1), list(given.entries)
    ),
    "the number": lambda dice, given: replace(given, sequence=dice.choice((None, 99))),
    "the day of it": lambda _, given: replace(given, date=given.date + timedelta(days=30)),
    "the account": lambda _, given: replace(given, account="6222000000000002"),
}
MARKS: Final = {"a mark", "a reversal"}
"""These change nothing of what a statement is known by; their line is named."""
WRONG: dict[str, tuple[bytes, bytes]] = {
    "a balance that does not add up": (b"</Amt>", b"1</Amt>"),
    "a status": (b">BOOK<", b">PDNG<"),
    "a currency": (b'"CNY"', b'"USD"'),
    "cut off": (b"</Document>", b""),
}


def test_every_change_of_a_file_after_its_import_is_found(tmp_path: Path) -> None:
    """Of each kind 20 but for those that are no statement: of each 5."""
    print(f"seed {SEED}")
    dice = random.Random(SEED)
    count: Counter[str] = Counter()
    with told(tmp_path, dice, workers=20) as story:
        pay_the_rest(story)
        paths = story.happens(tmp_path)
        client = story.house.treasurer
        assert () == reconcile(client, CUSTODY, paths).breaks
        changes = [(name, True) for name in FILES for _ in range(20)] + [(name, False) for name in WRONG] * 5
        for name, sound in changes:
            path = dice.choice([path for path in paths if str(DAYS[0]) <= path.stem <= str(DAYS[3])])
            if name != "the number" and path.stem == str(DAYS[1]):  # it has no credits
                path = tmp_path / f"{DAYS[2]}.xml"
            before = path.read_bytes()
            if sound:
                path.write_bytes(camt053.write(FILES[name](dice, camt053.read(before, path.name))))
            else:
                path.write_bytes(before.replace(*WRONG[name], 1))
            assert before != path.read_bytes(), name
            found = named(reconcile(client, CUSTODY, paths))
            marked = name in MARKS and "reference" in {kind for kind, _ in found}
            assert marked or found & {("file", path.name), ("sequence", path.name)}, name
            count[name] += 1
            path.write_bytes(before)
    assert 260 == count.total()
