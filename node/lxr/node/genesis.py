"""What never changes of a ledger: its id, its name, whether it is a rehearsal, the roots of its organisations."""

from lxr.chaincode.founding import Genesis, geneses
from lxr.node.port import Ledger, LedgerFault


def ids_of(genesis: Genesis) -> tuple[str, ...]:
    """The ids for which what stands on a ledger was signed: those that it was copied from, and its own."""
    return (*genesis.copied, genesis.ledger)


def genesis_of(ledger: Ledger) -> Genesis:
    """The founding's record. Raises LedgerFault: the ledger is not founded, or the record is damaged."""
    (value,) = ledger.read([geneses.key()])
    if value is None:
        raise LedgerFault("the ledger is not founded yet: lxr init founds it")
    try:
        return geneses.decode(value)
    except (ValueError, TypeError):
        raise LedgerFault("the record of the ledger's founding is damaged") from None
