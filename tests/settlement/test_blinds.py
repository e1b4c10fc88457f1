"""A document's blinded digest: the same again, another for another blind, and never without one."""

import os
from hashlib import sha256
from pathlib import Path

import pytest

from lxr.settlement.errors import InputFault
from lxr.settlement.people.blinds import DOCUMENT_BYTES_MAX, blind_beside, blinded, document_digest

TEXT = "协助执行通知书：张三".encode()


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    (tmp_path / "notice.pdf").write_bytes(TEXT)
    return tmp_path / "notice.pdf"


def test_a_digest_is_the_same_again_and_for_whoever_has_the_blind(notice: Path, tmp_path: Path) -> None:
    stated = document_digest(notice, draw=True)
    assert stated == document_digest(notice, draw=True) == document_digest(notice, draw=False)
    (tmp_path / "court").mkdir()
    for path in (notice, blind_beside(notice)):
        (tmp_path / "court" / path.name).write_bytes(path.read_bytes())
    assert stated == document_digest(tmp_path / "court" / notice.name, draw=False)
    assert (65, 0o600) == (blind_beside(notice).stat().st_size, blind_beside(notice).stat().st_mode & 0o777)


def test_two_documents_with_equal_text_have_different_digests_and_neither_is_the_bare_one(
    notice: Path, tmp_path: Path
) -> None:
    (tmp_path / "copy.pdf").write_bytes(TEXT)
    digests = {document_digest(path, draw=True) for path in (notice, tmp_path / "copy.pdf")}
    assert 3 == len(digests | {sha256(TEXT).hexdigest()})


def test_the_digest_is_that_of_document_and_blind_and_of_no_other() -> None:
    assert "b6944b4574bd910a39ba73e94228f116f573b324c0372b693aa4e63924fdfe5d" == blinded(TEXT, bytes(32))
    found = {blinded(data, blind) for data in (TEXT, TEXT + b" ") for blind in (bytes(32), b"\1" * 32)}
    assert 4 == len(found)
    with pytest.raises(AssertionError):
        blinded(TEXT, bytes(31))


def test_who_compares_is_told_what_was_not_handed_over(notice: Path) -> None:
    with pytest.raises(InputFault, match=r"notice\.pdf\.blind: is missing; expected .*handed over with the document"):
        document_digest(notice, draw=False)
    assert not blind_beside(notice).exists()


@pytest.mark.parametrize(
    ("blind", "said"),
    [
        (b"", "is not a blind"),
        (b"0" * 64, "is not a blind"),
        (b"0" * 63 + b"\n", "is not a blind"),
        (b"A" * 64 + b"\n", "is not a blind"),
        (b"0" * 64 + b"\n\n", "is not a blind"),
        (b"0" * 5000, "more than 4096 bytes"),
    ],
)
@pytest.mark.parametrize("draw", [True, False])
def test_a_malformed_blind_is_refused_and_stays_as_it_is(notice: Path, blind: bytes, said: str, draw: bool) -> None:
    blind_beside(notice).write_bytes(blind)
    with pytest.raises(InputFault, match=rf"notice\.pdf\.blind: {said}"):
        document_digest(notice, draw=draw)
    assert blind == blind_beside(notice).read_bytes()


def test_a_document_that_cannot_be_read_gets_no_blind(tmp_path: Path) -> None:
    long = tmp_path / "long"
    long.touch()
    os.truncate(long, DOCUMENT_BYTES_MAX + 1)
    for path in (long, tmp_path / "none", tmp_path):
        with pytest.raises(InputFault):
            document_digest(path, draw=True)
        assert not blind_beside(path).exists()
