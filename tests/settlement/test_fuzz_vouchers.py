"""Vouchers by the thousand that are none, or forged: found out in one line, whatever was changed."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given

from consortium import rehearsal
from corpora import Entry, corpus
from lxr.chaincode.checkpoint import Finding
from lxr.chaincode.types import digest
from lxr.settlement.messages import say
from lxr.settlement.reports.projection import Projection
from lxr.settlement.reports.vouchers import Voucher, encode_voucher, find, verify_voucher
from mutations import fuzz, mangled_bytes, mangled_json, mangled_tree
from treasury import PAYDAY, paid

CORPUS = corpus(Path(__file__).parent / "corpus_vouchers.json")


@pytest.fixture(scope="module")
def given_(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Voucher, Finding]]:
    """A good voucher of a deposit, and the checkpoint under which it is."""
    directory = tmp_path_factory.mktemp("fuzz")
    with rehearsal(directory) as house:
        paid(house, house.employ(2, shards=1), 1)
        _, booking = house.deposit(5_000)
        finding = house.checkpoint("union")
        projection = Projection.open(f"sqlite:///{directory / 'projection.db'}")
        made = find(house.ledger, projection, f"{PAYDAY}/{booking}")
        assert [] == verify_voucher(encode_voucher(made), finding.root)
        yield made, finding
        projection.close()


def problems(data: bytes, trusted: Finding | str) -> list[str]:
    """Those that were found, each on one line that can be shown."""
    wrong = verify_voucher(data, trusted)
    found = [say(each, "en") for each in wrong]
    for problem in (*found, *(say(each, "zh") for each in wrong)):
        assert [problem] == problem.splitlines()
        assert "\x1b" not in problem
    return found


def is_the_same(data: bytes, voucher: Voucher) -> bool:
    """Whether it still says the same."""
    try:
        read = msgspec.json.decode(data, type=Voucher)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return read.content == voucher.content


def test_a_spoiled_voucher_is_found_out(given_: tuple[Voucher, Finding]) -> None:
    voucher, finding = given_

    @fuzz(500)
    @given(mangled_json(msgspec.json.decode(encode_voucher(voucher))) | mangled_bytes(encode_voucher(voucher)))
    def verified(data: bytes) -> None:
        assert problems(data, finding) or is_the_same(data, voucher)

    verified()


def test_a_forgers_voucher_whose_digest_fits_is_found_out_under_the_root_alone(
    given_: tuple[Voucher, Finding],
) -> None:
    voucher, finding = given_
    plain = msgspec.json.decode(encode_voucher(voucher))

    @fuzz(400)
    @given(mangled_tree(plain))
    def verified(tree: object) -> None:
        try:
            forged = msgspec.convert(tree, Voucher)
            forged = msgspec.structs.replace(forged, digest=digest(forged.content))
            data = encode_voucher(forged)
        except (msgspec.ValidationError, UnicodeEncodeError, OverflowError):
            return
        assert problems(data, finding.root) or is_the_same(data, voucher)

    verified()


def test_a_checkpoint_of_a_height_that_nobody_can_count_to_is_found_out_at_once(
    given_: tuple[Voucher, Finding],
) -> None:
    voucher, finding = given_
    assert voucher.proof is not None
    high = msgspec.structs.replace(finding, height=10**15)
    forged = msgspec.structs.replace(voucher, proof=msgspec.structs.replace(voucher.proof, finding=high))
    (problem,) = problems(encode_voucher(forged), finding.root)
    assert "proof: a receipt proves nothing: the path is too short" == problem


@pytest.mark.parametrize("entry", CORPUS, ids=lambda each: each.why)
def test_what_is_known_to_be_dangerous_is_one_problem(entry: Entry) -> None:
    (problem,) = problems(entry.data, "00" * 32)
    assert entry.said in problem
