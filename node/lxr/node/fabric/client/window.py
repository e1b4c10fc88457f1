"""Many envelopes, some of them on their way at any time: as soon as one is done, the next one goes."""

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final, Protocol

from msgspec import Struct

from lxr.chaincode.envelope import Envelope
from lxr.node.fabric.answers import Replayed
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.fabric.client.sending import Sent
from lxr.node.port import LedgerFault
from lxr.token.refusal import Refusal

WINDOW: Final = 16
"""How many small commands are on their way at once."""
WINDOW_APART: Final = 4
"""How many wide transactions: enough for two cores at each endorser, few enough for its memory."""

Endorsed = Prepared | Replayed | Refusal
SendResult = Sent | Replayed | Refusal


class Sending(Protocol):
    """The steps of a `lxr.node.fabric.client.sending.Sender`."""

    def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal: ...
    def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None: ...
    def send(self, envelope: Envelope) -> Sent | Replayed | Refusal: ...


def submit_apart(
    sender: Sending, envelopes: Sequence[Envelope], window: int = WINDOW_APART
) -> Generator[SendResult, None, None]:
    """Yield the answer to each envelope, in their order, as it comes; none of them touches what another does.

    Where it is closed, or one raises a LedgerFault as `Sender.send`, those on their way are waited for; no more go.
    """
    with ThreadPoolExecutor(window) as pool:
        yield from pool.map(sender.send, envelopes)


def submit_in_order(sender: Sending, envelopes: Sequence[Envelope], window: int = WINDOW) -> list[SendResult]:
    """Return the answer to each envelope, as if each were sent after the one before it was settled.

    The next ones are endorsed ahead, and each is sent in its turn. Where it turns out to depend on one that went before
    it and was not settled when it was endorsed, it waits for all of those and is endorsed again. Where a transaction of
    somebody else makes one lose a race, that one is sent again at once: with what is under way it had nothing to do.
    Raises LedgerFault as `Sender.send`; what came before then stands, and some that come after it may.
    """
    with ThreadPoolExecutor(window) as pool:
        return _InOrder(sender, envelopes, window, pool).run()


class _Touched(Struct, frozen=True):
    """What an accepted transaction reads and writes."""

    reads: frozenset[str] = frozenset()
    writes: frozenset[str] = frozenset()


_NOTHING: Final = _Touched()


class _Ahead(Struct, frozen=True):
    """An endorsement under way. settled: how many of the first envelopes were settled when it began."""

    answer: Future[Endorsed]
    settled: int


class _InOrder:
    def __init__(self, sender: Sending, envelopes: Sequence[Envelope], window: int, pool: ThreadPoolExecutor) -> None:
        self._sender: Final = sender
        self._envelopes: Final = envelopes
        self._window: Final = window
        self._pool: Final = pool
        self._width = window
        self._outcomes: Final[list[SendResult]] = []
        self._touched: Final[list[_Touched]] = []
        self._sending: Final[deque[Future[SendResult]]] = deque()
        self._ahead: Final[deque[_Ahead]] = deque()

    def run(self) -> list[SendResult]:
        for envelope in self._envelopes:
            self._endorse_ahead()
            answer = self._answer(envelope, self._ahead.popleft())
            if isinstance(answer, Prepared):
                self._touched.append(_Touched(frozenset(answer.reads), frozenset(answer.writes)))
                self._sending.append(self._pool.submit(self._send, envelope, answer))
            else:
                self._touched.append(_NOTHING)
                self._sending.append(_done(answer))
        self._settle(len(self._sending))
        return self._outcomes

    def _endorse_ahead(self) -> None:
        """Take in what is settled, and begin as many endorsements as there is room for; at least the next one."""
        while self._sending and self._sending[0].done():
            self._settle(1)
        while len(sending := [each for each in self._sending if not each.done()]) >= self._width:
            wait(sending, return_when=FIRST_COMPLETED)
        while not self._ahead or len(sending) + len(self._ahead) < self._width:
            place = len(self._touched) + len(self._ahead)
            if place == len(self._envelopes):
                return
            endorsing = self._pool.submit(self._sender.endorse, self._envelopes[place])
            self._ahead.append(_Ahead(endorsing, len(self._outcomes)))

    def _answer(self, envelope: Envelope, ahead: _Ahead) -> Endorsed:
        """Return the answer that holds in this envelope's turn. Raises LedgerFault."""
        try:
            answer = ahead.answer.result()
            if self._holds(answer, self._touched[ahead.settled :]):
                self._width = min(self._window, 2 * self._width)
                return answer
        except LedgerFault:
            if not self._sending:
                raise
        self._width = 1  # a chain of dependent ones is not endorsed over and over
        self._settle(len(self._sending))
        return self._sender.endorse(envelope)

    def _holds(self, answer: Endorsed, since: Sequence[_Touched]) -> bool:
        """Whether an answer is still right after those. What is not accepted might be, after anything accepted."""
        if not isinstance(answer, Prepared):
            return not any(each.writes for each in since)
        return all(
            each.writes.isdisjoint(answer.reads | answer.writes) and each.reads.isdisjoint(answer.writes)
            for each in since
        )

    def _send(self, envelope: Envelope, prepared: Prepared) -> SendResult:
        return self._sender.commit(envelope, prepared) or self._sender.send(envelope)

    def _settle(self, count: int) -> None:
        """Wait for the first ones that are being sent. Raises LedgerFault."""
        for _ in range(count):
            self._outcomes.append(self._sending.popleft().result())


def _done(outcome: SendResult) -> Future[SendResult]:
    future: Future[SendResult] = Future()
    future.set_result(outcome)
    return future
