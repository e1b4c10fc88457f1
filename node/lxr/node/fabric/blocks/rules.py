"""Fabric's rules for one transaction of ours, but for its place in the order: its signatures and what they cover."""

from collections.abc import Mapping
from typing import Final

from lxr.node.fabric.answers import ACCEPTED
from lxr.node.fabric.blocks.channel_config import ChannelConfig
from lxr.node.fabric.blocks.entries import Call, Entry, ProposalResponse, Unsound
from lxr.node.fabric.blocks.opened import check_writes
from lxr.node.fabric.msp import PEER, Member, has_signed, member
from lxr.node.said import Said

LIFECYCLE: Final = "_lifecycle"
"""Fabric's namespace of what chaincodes there are. A call of one reads there which definition of it is in force."""


class Rules:
    """Of one chaincode. endorsements: how many organisations' peers must endorse."""

    def __init__(self, chaincode: str, roots: Mapping[str, str], endorsements: int) -> None:
        self._chaincode: Final = chaincode
        self._roots: Final = roots
        self._endorsements: Final = endorsements

    def endorsers(self, call: Call, config: ChannelConfig) -> tuple[str, ...]:
        """Return the organisations of which a peer has truly endorsed the call, sorted.

        Endorsements that are no good are passed over, as Fabric does: whoever sends a transaction puts them together.
        """
        good = set()
        for endorser, signature in call.endorsements:
            try:
                one = self._member(endorser, config)
            except Unsound:
                continue
            if (
                one.unit == PEER
                and one.organisation not in good
                and has_signed(one, signature, call.response + endorser)
            ):
                good.add(one.organisation)
        return tuple(sorted(good))

    def objection(
        self,
        entry: Entry,
        call: Call,
        outcome: ProposalResponse | None,
        endorsers: tuple[str, ...],
        config: ChannelConfig,
    ) -> Said | None:
        """Why the transaction cannot count; None if it can, where nothing that it read has changed since."""
        try:
            if outcome is None:
                raise Unsound("its answer cannot be read")
            self._check_sender(entry, config)
            self._check_outcome(call, outcome)
        except Unsound as fault:
            return fault.said
        if len(endorsers) < self._endorsements:
            return Said(
                "endorsed by {names}, and {endorsements} organisations must",
                names=", ".join(endorsers) or Said("nobody"),
                endorsements=self._endorsements,
            )
        return None

    def _check_sender(self, entry: Entry, config: ChannelConfig) -> None:
        if not entry.nonce or entry.tx_id != entry.true_tx_id:
            raise Unsound("its id is not that of its nonce and sender")
        sender = self._member(entry.creator, config)
        if not has_signed(sender, entry.signature, entry.payload):
            raise Unsound("the signature of its sender does not hold")

    def _check_outcome(self, call: Call, outcome: ProposalResponse) -> None:
        if outcome.proposal_hash != call.proposal_hash:
            raise Unsound("what was endorsed answers another call")
        if outcome.status != ACCEPTED:
            raise Unsound(
                "it was answered with status {status}, expected {accepted}",
                status=outcome.status,
                accepted=ACCEPTED,
            )
        check_writes(outcome, self._chaincode, carries=True)
        for namespace in outcome.namespaces:
            if namespace.name not in (self._chaincode, LIFECYCLE):
                raise Unsound("it touches keys of {name}", name=repr(namespace.name))
            if namespace.ranges:
                raise Unsound("it reads ranges of keys")
            if namespace.name == LIFECYCLE and (namespace.writes or namespace.extras):
                raise Unsound("it writes into {lifecycle}", lifecycle=LIFECYCLE)

    def _member(self, identity: bytes, config: ChannelConfig) -> Member:
        one = member(identity, self._roots)
        if not config.admits(one):
            raise Unsound("a certificate of {organisation} was revoked", organisation=one.organisation)
        return one
