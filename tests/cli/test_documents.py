"""A document is given as its file: the ledger holds its blinded digest, and who compares needs the blind."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from commandline import Lxr, document, refused
from lxr.node.embedded import EmbeddedLedger

Given = Callable[[str], Lxr]
DAY = ("E001/R0001", "2026-08-03")
WORDS = ("orders=1", "minutes=30", "metres=100")


def payloads(lxr: Lxr) -> bytes:
    """All that was ever sent to the ledger."""
    ledger = EmbeddedLedger.open(lxr.directory / "ledger.db")
    try:
        return b"".join(each.envelope.payload for block in ledger.blocks() for each in block.transactions)
    finally:
        ledger.close()


def blind_of(file: Path) -> Path:
    return file.with_name(f"{file.name}.blind")


def test_the_ledger_holds_no_bare_digest_of_a_document_and_the_same_command_again_is_the_same_request(
    given: Given,
) -> None:
    lxr = given("union certify")
    notice = document(lxr)
    order = ("union", "deduction", "order", "E001/R0001", "tax", "5.00", "--basis", "a ruling", "--document", notice)
    stated, tip = lxr.json(*order, "--number", "DE001-1"), lxr.tip()
    assert (stated, tip) == (lxr.json(*order, "--number", "DE001-1"), lxr.tip())
    (found,) = lxr.json("union", "deduction", "list", "E001")["deductions"]
    sent = payloads(lxr)
    assert found["document"].encode() in sent
    assert sha256(notice.read_bytes()).hexdigest().encode() not in sent


def test_two_documents_with_equal_text_are_two_on_the_ledger(given: Given) -> None:
    lxr = given("union certify")
    notice = document(lxr)
    copy = notice.with_name("copy.txt")
    copy.write_bytes(notice.read_bytes())
    for number, file in enumerate((notice, copy), 1):
        words = ("union", "deduction", "order", "E001/R0001", "tax", "5.00", "--number", f"DE001-{number}")
        lxr.json(*words, "--basis", "a ruling", "--document", file)
    first, second = lxr.json("union", "deduction", "list", "E001")["deductions"]
    assert first["document"] != second["document"]


def test_the_regulator_compares_the_award_as_it_was_handed_over_with_its_blind(given: Given, tmp_path: Path) -> None:
    lxr = given("union certify")
    award = document(lxr)
    lxr.json("employer", "row", "award", *DAY, *WORDS, "--document", award, "--reason", "an arbitral award")
    handed = tmp_path / "regulator" / award.name
    handed.parent.mkdir()
    handed.write_bytes(award.read_bytes())
    approve = ("regulator", "award", *DAY, *WORDS, "--document", handed)
    missing = f"{blind_of(handed)}: is missing; expected the blind, as it was handed over with the document"
    assert f"lxr: {missing}\n" == refused(lxr, 1, *approve)
    assert not blind_of(handed).exists()
    blind_of(handed).write_text("0" * 64 + "\n")
    assert "the signed award on" in refused(lxr, 1, *approve)
    blind_of(handed).write_bytes(blind_of(award).read_bytes())
    assert "state" in lxr.json(*approve)


def test_what_stands_in_the_place_of_a_blind_is_refused_and_not_overwritten(given: Given) -> None:
    lxr = given("union certify")
    notice = document(lxr)
    blind_of(notice).write_text("not a blind\n")
    words = ("union", "deduction", "order", "E001/R0001", "tax", "5.00", "--number", "DE001-1", "--basis", "a ruling")
    said = f"lxr: {blind_of(notice)}: is not a blind; expected 64 of 0-9 a-f and a line break\n"
    assert said == refused(lxr, 1, *words, "--document", notice)
    assert "not a blind\n" == blind_of(notice).read_text()


def test_an_award_on_a_row_that_is_not_there_is_refused_with_its_document_read(given: Given) -> None:
    lxr = given("union certify")
    award = document(lxr)
    blind_of(award).write_text("0" * 64 + "\n")
    approve = ("regulator", "award", "E001/R0001", "2026-08-20", "orders=1", "--document", award)
    assert "there is no row" in refused(lxr, 1, *approve)
