"""What a value of a rule of law must keep to, in itself and beside those that are in force."""

from datetime import date, timedelta
from typing import Any, Final

from .income_tax import CumulativeTax, PaymentTax, brackets_fault
from .parameter_refusals import ParameterInvalid
from .parameters import Parameter, Value
from .rule_basis import Basis, Retro
from .rule_values import BaseLimits, ShareRange

_DAY: Final = timedelta(days=1)


def refuse_contradictory(name: str, value: Any, basis: Basis) -> None:
    """Refuse a value that contradicts itself. Refuses: ParameterInvalid."""
    if isinstance(value, CumulativeTax | PaymentTax) and (row := brackets_fault(value.brackets)) is not None:
        raise ParameterInvalid(case="brackets", parameter=name, row=row)
    if isinstance(value, BaseLimits) and value.upper_fen < value.lower_fen:
        raise ParameterInvalid(case="range", parameter=name)
    if isinstance(value, ShareRange) and value.most_bp < value.least_bp:
        raise ParameterInvalid(case="range", parameter=name)
    if (basis.retro is Retro.OPTIONAL) != (basis.optional_until is not None):
        raise ParameterInvalid(case="until", parameter=name)


def refuse_misplaced(name: str, parameter: Parameter | None, value: Value) -> None:
    """Refuse a value of a rule of law that leaves days without one, or says anew what another document has said.

    One without an end goes on until another begins. What has days of another else must name that document as the one
    that it replaces, which can be its own, mistyped. Else no document is used twice. Refuses: ParameterInvalid.
    """
    assert value.basis is not None
    number, corrected = value.basis.number, value.basis.replaces
    earlier = parameter.known if parameter else ()
    if corrected is None and any(known.basis is not None and known.basis.number == number for known in earlier):
        raise ParameterInvalid(case="document_used", parameter=name, number=number)
    there = parameter.values if parameter else ()
    over = [
        other
        for other in there
        if _overlap(other, value) and not (other.effective_to is None and other.effective_from < value.effective_from)
    ]
    numbers = {other.basis.number for other in over if other.basis}
    if corrected is not None and corrected not in numbers:
        raise ParameterInvalid(case="nothing_replaced", parameter=name, number=corrected)
    for other in over:
        if other.basis is None or other.basis.number != corrected:
            day = max(other.effective_from, value.effective_from)
            raise ParameterInvalid(case="overlaps", parameter=name, day=day.isoformat())
    if there and not any(_overlap(other, value, touching=True) for other in there):
        before = [end for other in there if (end := other.effective_to) and end < value.effective_from]
        last = max(before, default=value.effective_to)
        assert last is not None  # what has no end, and nothing before it, overlaps what is there
        raise ParameterInvalid(case="gap", parameter=name, day=(last + _DAY).isoformat())


def _overlap(left: Value, right: Value, *, touching: bool = False) -> bool:
    """Whether two values have a day in common, or, touching, one begins on the day after the other."""
    first = max(left.effective_from, right.effective_from)
    last = min(left.effective_to or date.max, right.effective_to or date.max)
    return (first - last).days <= (1 if touching else 0)
