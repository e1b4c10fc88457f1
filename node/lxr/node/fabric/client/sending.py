"""Sending envelopes: endorsed, ordered and committed, once each, whatever gets lost on the way."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from msgspec import Struct

from lxr.chaincode.envelope import Envelope, encode_envelope
from lxr.node.fabric.answers import SUBMIT, Replayed
from lxr.node.fabric.client.agreement import Answer, Broken, agree, answer_in, of_other_states, tell, weigh
from lxr.node.fabric.client.failover import Peers
from lxr.node.fabric.client.faults import Ambiguous, ChaincodeSaid, Failed, GatewayFault, Mismatch, Unreachable
from lxr.node.fabric.client.gateway import CommitStatus, Gateway
from lxr.node.fabric.client.prepared import Prepared
from lxr.node.fabric.client.proposals import Proposal, propose
from lxr.node.fabric.client.retry_budget import RetryBudget, Timing
from lxr.node.fabric.connection import Connection
from lxr.node.port import LedgerFault, OutcomeUnknown
from lxr.node.said import Said, add_note
from lxr.token.refusal import Refusal

RETRY_BUDGET_S: Final = 60.0
LAG_S: Final = 5.0
_COMMIT_S: Final = 20.0
"""As long as an order normally takes to be committed, and a stalled leader of the orderers to be replaced."""
_PROBE_S: Final = 1.0
_CONFLICTS: Final = frozenset({"MVCC_READ_CONFLICT", "PHANTOM_READ_CONFLICT"})


class Sent(Struct, frozen=True):
    """A transaction on the ledger. result: the contract's answer, canonical JSON."""

    result: bytes
    block: int
    fabric_tx_id: str


class Sender:
    """Sends for one organisation; threads may share it.

    differing: organisations found to answer otherwise than the majority, and what they answered last.
    sent, refused, conflicts, retries: how many transactions were committed, refusals heard, races lost and attempts
    repeated; `peers.failovers` counts the peers that had to be left.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        retry_budget_s: float = RETRY_BUDGET_S,
        lag_s: float = LAG_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.peers: Final = Peers([Gateway(connection, peer) for peer in connection.peers], clock)
        self.differing: Final[dict[str, Said]] = {}
        self.sent = self.refused = self.conflicts = self.retries = 0
        self._connection: Final = connection
        self._timing: Final = Timing(clock, sleep, jitter, retry_budget_s, lag_s)
        self._lock: Final = threading.Lock()

    def send(self, envelope: Envelope) -> Sent | Replayed | Refusal:
        """Its outcome, once that is final. A refusal's notes name who answers otherwise.

        Raises LedgerFault; OutcomeUnknown, if it was sent and may still take effect.
        """
        retry_budget = RetryBudget(self._timing)
        while True:
            endorsed = self._endorse(envelope, retry_budget)
            if not isinstance(endorsed, Prepared):
                return endorsed
            sent = self.commit(envelope, endorsed)
            if sent is not None:
                return sent
            self._again(
                retry_budget, LedgerFault("transaction {tx_id} lost every race for what it reads", tx_id=envelope.tx_id)
            )

    def endorse(self, envelope: Envelope) -> Prepared | Replayed | Refusal:
        """Return the first half of `send`: nothing is on the ledger yet. Raises LedgerFault."""
        return self._endorse(envelope, RetryBudget(self._timing))

    def commit(self, envelope: Envelope, prepared: Prepared) -> Sent | None:
        """Return the second half of `send`.

        None: it lost a race and did nothing; endorse it again. Raises as `send` does.

        When an answer gets lost, the very same transaction goes out again: the ledger takes it once.
        """
        retry_budget = RetryBudget(self._timing)
        handed_over = in_doubt = False
        problem = ""
        while True:
            gateway = self.peers.working()
            if not handed_over:
                try:
                    gateway.submit(prepared)
                    handed_over = True
                except Ambiguous as fault:
                    problem = str(fault)
                    self.peers.failed(gateway)
                    gateway = self.peers.working()
                except Failed as fault:
                    if not in_doubt:
                        raise
                    problem = str(fault)
                in_doubt = True
            wait_s = _COMMIT_S if handed_over else _PROBE_S
            try:
                status = gateway.commit_status(prepared.fabric_tx_id, max(_PROBE_S, min(wait_s, retry_budget.left_s)))
                if status.code != "DUPLICATE_TXID":  # of a second copy; ask for the first
                    return self._committed(prepared, status)
                problem = "it is reported as a duplicate only"
            except Ambiguous as fault:
                if handed_over:
                    problem = str(fault)
                    self.peers.failed(gateway)
                handed_over = False
            self._again(retry_budget, OutcomeUnknown(envelope.tx_id, problem))

    def close(self) -> None:
        """Close the connections to all peers."""
        self.peers.close()

    def _endorse(self, envelope: Envelope, retry_budget: RetryBudget) -> Prepared | Replayed | Refusal:
        argument = encode_envelope(envelope)
        differ_since_s: float | None = None
        problem: GatewayFault
        while True:
            proposal = propose(self._connection, SUBMIT, [argument])
            gateway = self.peers.working()
            try:
                return gateway.endorse(proposal)
            except Unreachable as fault:
                self.peers.failed(gateway)
                problem = fault
            except (ChaincodeSaid, Mismatch) as fault:
                problem = fault
                final = self._confirmed(fault, proposal) if isinstance(fault, ChaincodeSaid) else None
                if differ_since_s is None:
                    differ_since_s = retry_budget.spent_s
                if final is None and retry_budget.spent_s - differ_since_s >= self._timing.lag_s:
                    final = self._by_majority(proposal, retry_budget)
                if final is not None:
                    return self._final(final)
            self._again(retry_budget, problem)

    def _confirmed(self, said: ChaincodeSaid, proposal: Proposal) -> Answer | None:
        """Return what one organisation said, if a second one says the same; None if it does not, or none answers."""
        first = answer_in(said)
        others = [organisation for organisation in self.peers.organisations if organisation != said.organisation]
        for organisation in others:
            second = self._ask(organisation, proposal)
            if not isinstance(second, Unreachable):
                return first if agree(first, second) else None
        return None if others else first

    def _by_majority(self, proposal: Proposal, retry_budget: RetryBudget) -> Answer | None:
        """Return the answer of most organisations, each asked alone; None to try again.

        Raises LedgerFault: no majority.
        """
        organisations = self.peers.organisations
        with ThreadPoolExecutor(len(organisations)) as pool:
            asked = pool.map(lambda organisation: self._ask(organisation, proposal), organisations)
            answers = dict(zip(organisations, asked, strict=True))
        verdict = weigh(answers)
        accepted = verdict is not None and isinstance(verdict.answer, Prepared)
        if verdict is None or (accepted and len(verdict.agreeing) < self._connection.endorsements):
            if of_other_states(answers) and retry_budget.left_s > 0:
                return None
            raise LedgerFault("the organisations do not agree on a transaction: {tell}", tell=tell(answers))
        with self._lock:
            self.differing.update(verdict.differing)
        if not accepted:
            for organisation, words in verdict.differing.items():
                _note(
                    verdict.answer,
                    Said("{organisation} answers differently: {words}", organisation=organisation, words=words),
                )
            if len(verdict.agreeing) == 1:
                _note(verdict.answer, Said("no other organisation could be asked"))
            return verdict.answer
        try:
            return self.peers.working().endorse(proposal, verdict.agreeing)
        except (Unreachable, Mismatch, ChaincodeSaid):
            return None

    def _ask(self, organisation: str, proposal: Proposal) -> Answer | Unreachable:
        """Return what that organisation's contract alone answers: asked at its own peer, or else by way of another."""
        unreached = Unreachable("no way to {organisation}", organisation=organisation)
        own = self.peers.of(organisation)
        for gateway in dict.fromkeys((own, self.peers.working())):
            try:
                return gateway.endorse(proposal, (organisation,))
            except ChaincodeSaid as said:
                return answer_in(said)
            except Unreachable as fault:
                unreached = fault
            except GatewayFault as fault:
                return Broken(str(fault))
        return unreached

    def _final(self, answer: Answer) -> Prepared | Replayed | Refusal:
        if isinstance(answer, Broken):
            raise answer
        if isinstance(answer, Refusal):
            with self._lock:
                self.refused += 1
        return answer

    def _committed(self, prepared: Prepared, status: CommitStatus) -> Sent | None:
        if status.code == "VALID":
            with self._lock:
                self.sent += 1
            return Sent(prepared.result, status.block, prepared.fabric_tx_id)
        if status.code in _CONFLICTS:
            with self._lock:
                self.conflicts += 1
            return None
        endorsers = ", ".join(prepared.endorsers)
        raise LedgerFault(
            "the ledger rejects the transaction that {endorsers} endorsed: {code}",
            endorsers=endorsers,
            code=status.code,
        )

    def _again(self, retry_budget: RetryBudget, problem: LedgerFault) -> None:
        """Wait for the next attempt. Raises the problem, if the retry budget is spent."""
        if retry_budget.left_s == 0:
            raise problem
        with self._lock:
            self.retries += 1
        retry_budget.pause()


def _note(answer: Answer, said: Said) -> None:
    if isinstance(answer, (Refusal, Broken)):
        add_note(answer, said)
