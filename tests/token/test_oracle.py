"""The rules of money twice: the ledger's own beside a second implementation of them, in Solidity."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import product
from typing import Any, Final, TypeVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from lxr.chaincode.attestations import AttestDeposit, attest_deposit
from lxr.chaincode.bank_refusals import BookingDiffers
from lxr.chaincode.books import OfShard, balances, read_journal, wages, write_journal
from lxr.chaincode.caller import Caller
from lxr.chaincode.custody_records import Custody, custodies, statements
from lxr.chaincode.employers import Employer, employers
from lxr.chaincode.lines import LINE_FEN_MAX
from lxr.chaincode.refusals import Exists, MalformedCommand
from lxr.chaincode.statement_booking import book_statement
from lxr.chaincode.statements import BookStatement
from lxr.chaincode.types import canonical
from lxr.chaincode.world import World
from lxr.token.accounts import MOVES, AccountKind, Reason, account
from lxr.token.fen import FEN_MAX, Fen
from lxr.token.refusal import AccountShort, AmountTooLarge, EdgeForbidden, Refusal
from quick import examples
from soliditytoken import INSTALL, Attest, Book, Move, Operation, Post, SolidityToken, Step, compiler_is_there

T = TypeVar("T")

OPERATIONS: Final = 50 * examples(60)
CUSTODY: Final = "6222000000000001"
DAY: Final = date(2026, 8, 1)
OWNERS: Final = dict.fromkeys(AccountKind, ("1",)) | {
    AccountKind.SUSPENSE: ("bank",),
    AccountKind.EMPLOYER: ("E001", "E002"),
    AccountKind.RUN: ("1", "2"),
    AccountKind.WORKER: ("W000000000001", "W000000000002"),
}
CREW: Final = OfShard("E001", 0)
"""Whose wages the worker's accounts are."""
ACCOUNTS: Final = [account(kind, owner) for kind in AccountKind for owner in OWNERS[kind]]
EDGES: Final = sorted((source, target, reason) for reason, edges in MOVES.items() for source, target in edges)


class Books:
    """The ledger's own rules over a dictionary: journal, books, and how a bank's booking mints."""

    def __init__(self) -> None:
        self._state: Final = {
            custodies.key(CUSTODY): canonical(Custody(since=DAY)),
            employers.key("E001"): canonical(Employer(())),
            employers.key("E002"): canonical(Employer(())),
        }

    def get_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [self._state.get(key) for key in keys]

    def step(self, operation: Operation) -> Step:
        """Do it, or write nothing."""
        world = World(self, Caller("bank", "teller", None, "1", "teller@bank"), "0" * 64, 1_785_600_000_000)
        code = 0
        try:
            self._do(world, operation)
        except msgspec.ValidationError:  # what the contract's entrance refuses so
            code = MalformedCommand.code
        except Refusal as refusal:
            code = refusal.code
        else:
            self._state.update(world.writes())
            self._state.pop(statements.key(CUSTODY, 1), None)  # each line is the first of a statement
        custody = custodies.decode(self._state[custodies.key(CUSTODY)])
        return Step(code, custody.minted_fen, custody.burned_fen, tuple(self._fen(name) for name in ACCOUNTS))

    def _do(self, world: World, operation: Operation) -> None:
        match operation:
            case Post(moves):
                _post(world, moves)
            case Attest(booking, owner, amount_fen):
                facts: dict[str, Any] = {"employer_no": _employer(owner), "amount_fen": amount_fen}
                facts |= {"day": DAY.isoformat(), "booking": booking}
                attest_deposit(world, msgspec.convert(_command("custody.attest_deposit") | facts, AttestDeposit))
            case Book(booking, owner, amount_fen):
                line = {"day": DAY.isoformat(), "booking": booking, "credit": True, "amount_fen": amount_fen}
                head = {"statement": 1, "number": 1, "day": DAY.isoformat(), "opening_fen": 0, "closing_fen": 0}
                facts = {**head, "entries": 2, "first": 0, "lines": [line | {"payer": _employer(owner)}]}
                book_statement(world, msgspec.convert(_command("custody.book_statement") | facts, BookStatement))

    def _fen(self, name: str) -> int:
        kind, _, owner = name.partition(":")
        if kind == AccountKind.WORKER:
            crew = self._state.get(wages.key(CREW.employer, CREW.shard))
            return 0 if crew is None else wages.decode(crew).fen.get(owner, 0)
        value = self._state.get(balances.key(name))
        return 0 if value is None else balances.decode(value).fen


def _post(world: World, moves: Sequence[Move]) -> None:
    """As the contract's functions do: decode, read, move, write."""
    amounts = [msgspec.convert(move.amount_fen, Fen) for move in moves]
    custody = world.need(custodies, CUSTODY)
    journal = read_journal(world, [name for move in moves for name in (move.source, move.target)], CREW)
    for move, amount_fen in zip(moves, amounts, strict=True):
        journal.move(move.source, move.target, move.reason, amount_fen)
    write_journal(world, journal, "post", CREW)
    minted_fen, burned_fen = custody.minted_fen + journal.minted_fen, custody.burned_fen + journal.burned_fen
    change_fen = journal.minted_fen - journal.burned_fen  # money in custody backs whatever was posted
    balance_fen = custody.balance_fen + change_fen
    world.put(
        custodies,
        replace(custody, minted_fen=minted_fen, burned_fen=burned_fen, balance_fen=balance_fen),
        CUSTODY,
    )


def _command(tag: str) -> dict[str, Any]:
    return {"command": tag, "request_id": "request-1", "custody": CUSTODY}


def _employer(owner: str) -> str | None:
    kind, _, number = owner.partition(":")
    return number if kind == AccountKind.EMPLOYER else None


# Mostly what can succeed, in amounts that empty an account again, and some of whatever cannot.
USUAL_FEN: Final = (1, 50, 100, 200, 300)
ODD_FEN: Final = (
    -(2**255),
    -1,
    0,
    LINE_FEN_MAX,
    LINE_FEN_MAX + 1,
    FEN_MAX - 1,
    FEN_MAX,
    FEN_MAX + 1,
    2**64,
    2**255 - 1,
)
WHATEVER: Final = st.tuples(st.sampled_from(AccountKind), st.sampled_from(AccountKind), st.sampled_from(Reason))


def seldom(common: st.SearchStrategy[T], odd: st.SearchStrategy[T]) -> st.SearchStrategy[T]:
    return st.integers(0, 11).flatmap(lambda number: odd if number == 7 else common)


@st.composite
def movements(draw: st.DrawFn) -> Move:
    source, target, reason = draw(seldom(st.sampled_from(EDGES), WHATEVER))
    payer, payee = (account(kind, draw(st.sampled_from(OWNERS[kind]))) for kind in (source, target))
    return Move(payer, payee, reason, draw(seldom(st.sampled_from(USUAL_FEN), st.sampled_from(ODD_FEN))))


CREDITS: Final = (
    st.integers(0, 19).map(lambda number: f"D{number}"),
    st.sampled_from([name for name in ACCOUNTS if name.startswith(("employer:", "suspense:"))]),
    seldom(st.sampled_from(USUAL_FEN[3:]), st.sampled_from(ODD_FEN)),
)
RANDOM: Final = st.one_of(
    movements().map(lambda move: Post((move,))),
    st.lists(movements(), max_size=3).map(lambda moves: Post(tuple(moves))),
    st.one_of(st.builds(Attest, *CREDITS), st.builds(Book, *CREDITS)),
)


@pytest.fixture(scope="module")
def solidity() -> SolidityToken:
    if not compiler_is_there():
        problem = f"the Solidity compiler is missing: {INSTALL}"
        if os.environ.get("LXR_REQUIRE_SOLC"):
            pytest.fail(problem)
        pytest.skip(problem)
    return SolidityToken()


def agreed(solidity: SolidityToken, operations: Sequence[Operation]) -> list[Step]:
    """What the operations lead to, on which both are agreed after each of them."""
    books = Books()
    steps = [books.step(operation) for operation in operations]
    accepted: list[Operation] = []
    for operation, ours, theirs in zip(operations, steps, solidity.play(operations, ACCOUNTS), strict=True):
        assert theirs == ours, f"of {operation} after {accepted}"
        assert theirs.minted_fen - theirs.burned_fen == sum(theirs.balances_fen)
        accepted += [operation] if ours.code == 0 else []
    return steps


def test_both_are_agreed_on_every_balance_and_refusal_of_random_operations(solidity: SolidityToken) -> None:
    seen: Counter[int] = Counter()

    @settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(RANDOM, min_size=50, max_size=52))
    def play(operations: list[Operation]) -> None:
        seen.update(step.code for step in agreed(solidity, operations))

    play()
    too_much = [Post((minted(FEN_MAX),)), Post((minted(1),))]  # by chance alone not in every run
    seen.update(step.code for step in agreed(solidity, too_much))
    refusals = MalformedCommand, Exists, EdgeForbidden, AccountShort, AmountTooLarge, BookingDiffers
    assert {0, *(refusal.code for refusal in refusals)} == seen.keys()
    assert seen.total() >= OPERATIONS


def minted(amount_fen: int, owner: str = "employer:E001") -> Move:
    return Move("out:1", owner, Reason.DEPOSIT, amount_fen)


def funded(amount_fen: int) -> Move:
    return Move("employer:E001", "run:1", Reason.FUND, amount_fen)


CREDIT: Final = ("D1", "employer:E001", 5)
GIFT: Final = Move("worker:W000000000001", "worker:W000000000002", Reason.PAY, 5)
CASES: Final[dict[str, list[tuple[int, Operation]]]] = {
    "money goes from hand to hand in one transaction": [
        (0, Post((minted(5), funded(5), Move("run:1", "worker:W000000000001", Reason.PAY, 5)))),
    ],
    "all of it or nothing": [(41, Post((minted(5), funded(6)))), (0, Post((minted(6), funded(6))))],
    "the first movement that is refused decides": [
        (40, Post((GIFT, funded(1)))),
        (41, Post((funded(1), GIFT))),
        (42, Post((minted(FEN_MAX), minted(1), GIFT))),
    ],
    "amounts are looked at before anything else": [(1, Post((GIFT, minted(-1)))), (1, Post((minted(FEN_MAX + 1),)))],
    "nothing moves nowhere": [(0, Post((GIFT._replace(amount_fen=0),))), (0, Post(()))],
    "an account holds no more than the ledger keeps": [(0, Post((minted(FEN_MAX),))), (42, Post((minted(1),)))],
    "nor is more than that ever made, which is looked at last": [
        (40, Post((minted(FEN_MAX), minted(1, "employer:E002"), GIFT))),
        (42, Post((minted(FEN_MAX), minted(1, "employer:E002")))),
        (0, Post((minted(FEN_MAX), Move("employer:E001", "out:1", Reason.DEPOSIT_REVERSED, FEN_MAX)))),
        (42, Post((minted(1),))),
        (42, Attest(*CREDIT)),
        (42, Book(*CREDIT)),
    ],
    "a reference is attested once, whatever it says": [
        (0, Attest(*CREDIT)),
        (17, Attest(*CREDIT)),
        (17, Attest("D1", "employer:E002", 6)),
        (0, Attest("D2", "employer:E001", 5)),
    ],
    "what was attested is booked once more, without new money": [
        (0, Attest(*CREDIT)),
        (0, Book(*CREDIT)),
        (45, Book(*CREDIT)),
        (17, Attest(*CREDIT)),
    ],
    "a line whose payer names nobody is nobodys, whatever was attested": [
        (0, Attest(*CREDIT)),
        (0, Book("D1", "suspense:bank", 5)),
        (45, Book(*CREDIT)),
    ],
    "a line of another payer than was attested is money of its own": [
        (0, Attest(*CREDIT)),
        (0, Book("D1", "employer:E002", 5)),
        (45, Book(*CREDIT)),
    ],
    "and so is one of another amount": [
        (0, Attest(*CREDIT)),
        (0, Book("D1", "employer:E001", 6)),
        (45, Book(*CREDIT)),
    ],
    "what nobody is known to have paid in is not attested": [(1, Attest("D1", "suspense:bank", 5))],
    "what was booked is not attested": [(0, Book(*CREDIT)), (17, Attest(*CREDIT)), (45, Book(*CREDIT))],
    "a credit is of something": [(1, Attest("D1", "employer:E001", 0)), (1, Book("D1", "employer:E001", -1))],
    "a refusal leaves the reference free": [
        (1, Attest("D1", "employer:E001", LINE_FEN_MAX + 1)),
        (1, Book("D1", "employer:E001", LINE_FEN_MAX + 1)),
        (0, Attest("D2", "employer:E002", LINE_FEN_MAX)),
        (0, Post((minted(FEN_MAX - LINE_FEN_MAX - 5),))),
        (42, Attest("D1", "employer:E001", 6)),
        (0, Attest(*CREDIT)),
    ],
}


@pytest.mark.parametrize("case", CASES)
def test_both_give_the_answer_that_the_rules_ask_for(solidity: SolidityToken, case: str) -> None:
    codes = [code for code, _ in CASES[case]]
    assert codes == [step.code for step in agreed(solidity, [operation for _, operation in CASES[case]])]


def test_the_same_edges_are_allowed_by_both(solidity: SolidityToken) -> None:
    every = list(product(AccountKind, AccountKind, Reason))
    answers = solidity.edges()
    assert set(EDGES) == {edge for edge, allowed in zip(every, answers, strict=True) if allowed}
