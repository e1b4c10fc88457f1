"""The forms in which a bank takes payments, and which of them a consortium has agreed upon with its bank.

Whoever states, approves and accepts a file makes it in the same form, for its bytes are compared: `payment_file` and
`batch_booking` of consortium.toml say which one.
"""

from collections.abc import Iterator
from typing import Final, Protocol

from msgspec import Struct

from lxr.node.said import Said
from lxr.settlement.bank.formats import pain001
from lxr.settlement.bank.formats.pain001 import Version
from lxr.settlement.bank.model import PaymentFile, Transfer
from lxr.settlement.errors import InputFault


class PaymentForm(Protocol):
    """One form of file. batch_booking: whether the bank books one total of a file."""

    @property
    def batch_booking(self) -> bool: ...

    @property
    def name(self) -> str:
        """What payment_file of consortium.toml says for it."""

    @property
    def suffix(self) -> str:
        """With which the file's name ends, as .xml."""

    def write(self, order: PaymentFile) -> bytes:
        """Return the file: the same bytes for the same order, with every release of every library.

        Raises InputFault: what the bank cannot take.
        """

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        """Return the payments in a file called `file`, in its order; what the form does not say of them is empty.

        payments_max: how many it may have. Raises InputFault: it is no such file.
        """


class Pain001(Struct, frozen=True):
    """ISO 20022's customer credit transfer initiation."""

    version: Version = pain001.NEWEST
    batch_booking: bool = False

    @property
    def name(self) -> str:
        return self.version

    @property
    def suffix(self) -> str:
        return ".xml"

    def write(self, order: PaymentFile) -> bytes:
        return pain001.write(order, self.version)

    def transfers(self, data: bytes, file: str, payments_max: int) -> tuple[Transfer, ...]:
        return pain001.read(data, file, payments_max).transfers


STANDARD: Final = Pain001()
"""Of a consortium that has agreed upon none."""


def form_of(payment_file: str, batch_booking: bool) -> PaymentForm:
    """Return the form that the settings of a consortium name. Raises InputFault: there is none of that name."""
    for version in pain001.NAMESPACES:
        if payment_file == version:
            return Pain001(version, batch_booking)
    raise InputFault(
        file="consortium.toml",
        field="payment_file",
        problem=Said("there is no form of payment file {form}", form=repr(payment_file)),
        expected=Said("one of {names}", names=", ".join(pain001.NAMESPACES)),
    )


def others(form: PaymentForm) -> Iterator[PaymentForm]:
    """Give the forms that somebody whose consortium.toml says another thing may have written a file in."""
    every = (Pain001(version, batch) for version in pain001.NAMESPACES for batch in (False, True))
    return (each for each in every if each != form)


def settings_of(form: PaymentForm) -> str:
    """Return what consortium.toml says for a form."""
    return f"payment_file = {form.name}, batch_booking = {str(form.batch_booking).lower()}"
