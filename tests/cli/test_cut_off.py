"""Commands that were cut off at a point that `scripts/faults.py` has found: given again, they finish the job."""

from collections.abc import Callable
from pathlib import Path

import pytest

from commandline import Lxr, refused
from lxr.settlement import files

Given = Callable[[str], Lxr]


def test_a_bank_whose_books_were_begun_and_not_settled_is_founded_by_the_same_command(given: Given) -> None:
    lxr = given("employer deposit E001 500.00")
    (lxr.directory / "bank" / "books.db").touch()
    assert 1 == lxr.json("bank", "simulate")["sequence"]


def test_a_key_that_was_approved_is_approved_once_and_told_again(given: Given) -> None:
    lxr = given("worker join")
    refused(lxr, 3, "worker", "key", "replace", "E001/R0003", "--approve")
    lxr.json("worker", "key", "replace", "E001/R0003")
    first, before = lxr.json("worker", "key", "replace", "E001/R0003", "--approve"), lxr.tip()
    assert first == lxr.json("worker", "key", "replace", "E001/R0003", "--approve")
    assert before == lxr.tip()
    refused(lxr, 3, "worker", "key", "replace", "E001/R0001", "--approve")


def test_books_of_the_bank_that_cannot_be_written_are_one_line(given: Given) -> None:
    lxr = given("bank cashout accept")
    books = lxr.directory / "bank" / "books.db"
    books.with_name("books.db-journal").mkdir()  # where SQLite would keep its journal
    assert str(books) in refused(lxr, 1, "bank", "simulate")
    books.with_name("books.db-journal").rmdir()
    assert 4 == lxr.json("bank", "simulate")["sequence"]


@pytest.mark.parametrize("link", [False, True])
def test_what_a_person_has_named_is_written_in_its_place(tmp_path: Path, link: bool) -> None:
    named, real = tmp_path / "named", tmp_path / "real"
    real.write_bytes(b"before")
    if link:
        named.symlink_to(real)
    files.write_in_place(named, b"after")
    assert (b"after", link, b"after" if link else b"before") == (
        named.read_bytes(),
        named.is_symlink(),
        real.read_bytes(),
    )
    files.write_in_place(Path("/dev/null"), b"nothing")
    assert Path("/dev/null").is_char_device()
