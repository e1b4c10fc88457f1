"""Batch files by the thousand that are none: one line at the command line says why, and nothing is sent."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given

from commandline import Lxr
from consortium import PASSPHRASE, House, rehearsal
from corpora import Entry, corpus
from lxr.chaincode.types import canonical, digest
from lxr.node.dry_run import DryRun
from lxr.settlement.errors import InputFault
from lxr.settlement.work.batch_file import Batch, prepare, read_batch, write_batch
from lxr.settlement.work.batch_sending import submit
from lxr.settlement.work.intake.fold import Fold, FoldedRow
from lxr.token.refusal import Refusal
from mutations import fuzz, mangled_bytes, mangled_json, mangled_tree, one_line

CORPUS = corpus(Path(__file__).parent / "corpus_batches.json")
MONDAY = date(2026, 8, 3)


class Desk:
    """An employer's, with the batch of a day in a file that is not sent yet."""

    def __init__(self, directory: Path, house: House) -> None:
        team = house.employ(3)
        house.clock.go(MONDAY, 20)
        rows = tuple(
            FoldedRow("", ref, MONDAY, {"minutes": 480, "orders": 20}, (line,))
            for line, ref in enumerate(team.workers, 2)
        )
        self.house = house
        self.file = directory / "batch.json"
        write_batch(self.file, prepare(Fold(rows, (), ("ref",), (), 3), team.workers, "E001", team.placed))
        self.good = self.file.read_bytes()
        self.state = dict(house.ledger.scan(""))
        variables = {"LXR_PASSPHRASE": PASSPHRASE.decode()}
        self.lxr = Lxr(house.consortium.ledger_path.parent, "2026-08-03T20:00", variables)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    directory = tmp_path_factory.mktemp("fuzz")
    with rehearsal(directory) as house:
        yield Desk(directory, house)


def test_a_spoiled_batch_file_is_refused_in_one_line_or_is_the_same_batch(desk: Desk) -> None:
    @fuzz(600)
    @given(mangled_json(msgspec.json.decode(desk.good)) | mangled_bytes(desk.good))
    def read(data: bytes) -> None:
        desk.file.write_bytes(data)
        with one_line(InputFault):
            assert msgspec.json.decode(desk.good)["digest"] == digest(read_batch(desk.file, "E001"))

    read()


def test_a_batch_made_with_its_digest_by_another_program_is_sent_or_refused_in_one_line(desk: Desk) -> None:
    @fuzz(150)
    @given(mangled_tree(msgspec.json.decode(desk.good)["batch"]))
    def sent(tree: Any) -> None:
        try:
            batch = msgspec.convert(tree, Batch)
            desk.file.write_bytes(canonical({"batch": batch, "digest": digest(batch)}))
        except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
            return
        with one_line(InputFault, Refusal):
            report = submit(desk.house.signer().on(DryRun(desk.house.ledger)), read_batch(desk.file, "E001"))
            assert all(1 == len(str(outcome.reason).splitlines()) for outcome in report.rejects)
        assert desk.state == dict(desk.house.ledger.scan(""))

    sent()


def test_at_the_command_line_a_spoiled_batch_is_one_line_and_the_ledger_stays_as_it_was(desk: Desk) -> None:
    before = desk.lxr.tip()

    @fuzz(40)
    @given(mangled_json(msgspec.json.decode(desk.good)) | mangled_bytes(desk.good))
    def submitted(data: bytes) -> None:
        desk.file.write_bytes(data)
        try:
            read_batch(desk.file, "E001")
        except InputFault:
            ran = desk.lxr("employer", "batch", "submit", "E001", desk.file)
            assert (1, "") == (ran.code, ran.out)
            assert [True] == [line.startswith("lxr: ") for line in ran.err.splitlines()]
            assert before == desk.lxr.tip()

    submitted()


@pytest.mark.parametrize("entry", CORPUS, ids=lambda each: each.why)
def test_what_is_known_to_be_dangerous_is_refused_in_one_line(desk: Desk, entry: Entry) -> None:
    desk.file.write_bytes(entry.data)
    with one_line(InputFault) as said:
        read_batch(desk.file, "E001")
    assert [True] == [entry.said in line for line in said]
