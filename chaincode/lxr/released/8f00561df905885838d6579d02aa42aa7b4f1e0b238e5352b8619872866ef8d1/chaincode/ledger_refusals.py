"""The refusals of the ledger itself: its founding, its contract and its clock."""

from ..token.refusal import Refusal


class ContractMissing(Refusal):
    """A node does not have the contract: it can neither run nor check what runs under it."""

    code = 7
    retryable = True
    needs = ("contract",)


class AlreadyFounded(Refusal):
    """A ledger is founded once."""

    code = 8
    needs = ("consortium",)


class OtherLedger(Refusal):
    """What was signed names another ledger."""

    code = 52
    needs = ("given", "here")


class ClockOff(Refusal):
    """The transaction's time is more than a minute ahead of the node's clock, or more than ten behind it."""

    code = 6
    retryable = True
    needs = ("seconds",)


class ClockFresh(Refusal):
    """The ledger's clock was moved a moment ago."""

    code = 53
    retryable = True
    needs = ("seconds", "least")


class TooOld(Refusal):
    """The transaction is older than the ledger's clock allows."""

    code = 54
    needs = ("seconds", "most")


class SwitchTooEarly(Refusal):
    """A contract comes into force at the proposed time or later."""

    code = 66
    retryable = True
    needs = ("contract", "seconds")


class TooFewNodes(Refusal):
    """A contract comes into force once the witnesses of three organisations have stated that their nodes have it."""

    code = 67
    retryable = True
    needs = ("contract", "have", "needed")
