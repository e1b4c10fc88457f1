"""Upgrades of the contract: proposed, stated by witnesses, and switched to. See docs/upgrade.md."""

from msgspec import Struct
from msgspec.structs import replace

from lxr.chaincode.caller import ORGANISATIONS
from lxr.chaincode.refusals import Unknown
from lxr.chaincode.things import Thing
from lxr.chaincode.upgrade import (
    NODES_NEEDED,
    ProposeContract,
    StateContract,
    SwitchContract,
    contract_digest,
    contracts,
    proposed_contracts,
)
from lxr.node.client import Client
from lxr.node.contracts import contracts_here
from lxr.settlement import request_ids
from lxr.settlement.lookups import submit_own, unused_request
from lxr.settlement.permissions import gives


class Pending(Struct, frozen=True):
    """A proposed contract that is not in force yet. not_before_ms: unix ms. have: organisations whose nodes have it.

    here: whether this node has it. ready: whether enough nodes have it, so that only the time is waited for.
    """

    version: str
    proposed_by: str
    not_before_ms: int
    source: str
    have: tuple[str, ...]
    here: bool
    ready: bool
    digest: str


def pending(client: Client) -> tuple[Pending, ...]:
    """Return the proposals of contracts that may come after the one in force, by who proposes them."""
    proposals = client.get_each(proposed_contracts, [(organisation,) for organisation in ORGANISATIONS])
    if not any(proposals):
        return ()
    in_force, here = client.need(contracts).version, contracts_here()
    return tuple(
        Pending(
            version=there.version,
            proposed_by=organisation,
            not_before_ms=there.not_before_ms,
            source=there.source,
            have=there.have,
            here=there.version in here,
            ready=len(there.have) >= NODES_NEEDED,
            digest=contract_digest(there),
        )
        for organisation, there in zip(ORGANISATIONS, proposals, strict=True)
        if there is not None and there.under == in_force
    )


def versions_like(client: Client, digits: str) -> tuple[str, ...]:
    """Return the versions that begin with these digits, among those of this node, of proposals, and in force.

    There is one at least, and more where somebody proposes what is like another. Refuses: Unknown.
    """
    in_force = client.need(contracts)
    known = {*contracts_here(), *(each.version for each in pending(client)), in_force.version}
    known |= {each.ended for each in in_force.switches}
    found = tuple(version for version in sorted(known) if version.startswith(digits))
    if not found:
        raise Unknown(what=Thing.CONTRACT, number=digits)
    return found


def proposals_of(client: Client, version: str, proposed_by: str | None) -> tuple[Pending, ...]:
    """Return the proposals of that version: that of one organisation, or all, of which there is one at least.

    Refuses: Unknown.
    """
    there = pending(client)
    found = tuple(each for each in there if each.version == version and proposed_by in (None, each.proposed_by))
    if not found:
        raise Unknown(what=Thing.PROPOSED_CONTRACT, number=f"{version}/{proposed_by}" if proposed_by else version)
    return found


def chosen(client: Client, version: str, proposed_by: str | None) -> Pending:
    """Return the proposal of that version to switch to: the one that most nodes have stated, see `proposals_of`."""
    return max(proposals_of(client, version, proposed_by), key=lambda each: (len(each.have), -each.not_before_ms))


@gives(ProposeContract)
def propose(admin: Client, version: str, not_before_ms: int, source: str) -> None:
    """Propose a version for one's own organisation; nothing is sent where it is proposed so already.

    Refuses: as ProposeContract.
    """
    organisation = admin.organisation
    own = next((each for each in pending(admin) if each.proposed_by == organisation), None)
    if own is not None and (own.version, own.not_before_ms, own.source) == (version, not_before_ms, source):
        return
    request = unused_request(admin, admin.scope, request_ids.contract_proposal(version))
    submit_own(admin, ProposeContract(request_id=request, version=version, not_before_ms=not_before_ms, source=source))


@gives(StateContract)
def state(witness: Client, proposal: Pending, *, has: bool) -> Pending:
    """State that the witness's node has a proposed version, or no longer; nothing is sent where that is stated.

    Returns the proposal as it then stood: it may have ended since. Refuses: as StateContract; ContractMissing, by a
    node that lacks it.
    """
    if has == (witness.organisation in proposal.have):
        return proposal
    request = unused_request(
        witness, witness.scope, request_ids.contract_statement(proposal.version, proposal.proposed_by)
    )
    answer = submit_own(
        witness,
        StateContract(
            request_id=request,
            version=proposal.version,
            proposed_by=proposal.proposed_by,
            digest=proposal.digest,
            has=has,
        ),
    )
    have = answer.have
    return replace(proposal, have=have, ready=len(have) >= NODES_NEEDED)


@gives(SwitchContract)
def switch(client: Client, proposal: Pending) -> str:
    """Bring a proposed version into force; returns the version that ended. Refuses: as SwitchContract."""
    answer = submit_own(
        client,
        SwitchContract(
            request_id=request_ids.contract_switch(proposal.digest),
            version=proposal.version,
            proposed_by=proposal.proposed_by,
            digest=proposal.digest,
        ),
    )
    return answer.ended
