"""Many envelopes in order: those that do not touch one another go side by side, the answers stay those of the order."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Final, Protocol

from lxr_node.envelope import Envelope
from lxr_node.fabric.answers import Replayed
from lxr_node.fabric.prepared import Prepared
from lxr_node.fabric.sending import Sent
from lxr_node.port import LedgerFault
from lxr_token.refusal import Refusal

WINDOW: Final = 16

Outcome = Sent | Replayed | Refusal


class Sending(Protocol):
    """The steps of a `lxr_node.fabric.sending.Sender`."""

    def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal: ...
    def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None: ...
    def send(self, envelope: Envelope) -> Sent | Replayed | Refusal: ...


def submit_in_order(sender: Sending, envelopes: Sequence[Envelope], window: int = WINDOW) -> list[Outcome]:
    """The answer to each envelope, as if each were sent after the one before it was settled.

    A window of the next envelopes is endorsed at once; the wave is as many of them as can be told to be independent.
    Where a transaction of somebody else comes between a wave and makes one of it lose a race, that one is sent again
    after the rest of its wave, with which it then had nothing to do.
    Raises LedgerFault as `Sender.send`; what came before then stands, and others of the same wave may.
    """
    outcomes: list[Outcome] = []
    width = window
    with ThreadPoolExecutor(window) as pool:
        while len(outcomes) < len(envelopes):
            ahead = envelopes[len(outcomes) : len(outcomes) + width]
            endorsing = [pool.submit(sender.endorse, envelope) for envelope in ahead]
            wait(endorsing)
            wave = _wave(endorsing)
            committing = [
                pool.submit(sender.commit, envelope, answer) if isinstance(answer, Prepared) else None
                for envelope, answer in zip(ahead, wave, strict=False)
            ]
            wait([each for each in committing if each is not None])
            for envelope, answer, commit in zip(ahead, wave, committing, strict=False):
                if isinstance(answer, Prepared):
                    assert commit is not None
                    outcomes.append(commit.result() or sender.send(envelope))
                else:
                    outcomes.append(answer)
            width = min(window, 2 * len(wave))  # a chain of dependent ones is not endorsed over and over
    return outcomes


def _wave(endorsing: Sequence[Future[Prepared | Replayed | Refusal]]) -> list[Prepared | Replayed | Refusal]:
    """The longest beginning whose answers hold in this order. Raises the first one's fault.

    What is not accepted holds only as long as nothing accepted precedes it, which could have changed the answer.
    """
    wave: list[Prepared | Replayed | Refusal] = []
    read: set[str] = set()
    written: set[str] = set()
    for future in endorsing:
        try:
            answer = future.result()
        except LedgerFault:
            if not wave:
                raise
            break
        if isinstance(answer, Prepared):
            if not written.isdisjoint(answer.reads | answer.writes) or not read.isdisjoint(answer.writes):
                break
            read |= answer.reads
            written |= answer.writes
        elif written:
            break
        wave.append(answer)
    return wave
