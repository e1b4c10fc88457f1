"""Version 2 of the pay rules: rules that count the pay period whole, also where an amendment cuts it.

Versions come in the order in which they bind. Tiers: while the steps stay the same, units are counted on. Where they
change, units go on from where the earlier ones left off, or from a lower place where they bring more, so that no unit
of before makes one of later worth less. Bonuses and allowances: what the versions before have brought for the same
measure, or the same name, is not brought again, and what a later version adds to it is. The guarantee: all minutes and
all piece pay of the versions that have one are held against each other once, under the last of them; of those with an
hourly, a monthly and no minimum wage each by themselves, for what it brings counts towards that minimum wage alone.
"""

from operator import add
from typing import Final, Literal

from .pay_rules import Allowance, Bonus, Guarantee, Step, Tiers
from .pricing import Work
from .pricing_2_days import Days, Lines, short_fen, tiered_fen

Group = tuple[str, str]
"""What counts together over versions: bonuses of one measure, allowances of one name."""

MinimumKind = Literal["hourly", "monthly", "none"]
"""Which minimum wage the pay of a version is held against."""


class Period:
    """What the versions so far have counted and brought, by worker."""

    def __init__(self, versions: list[tuple[Work, Days]], workers: int) -> None:
        self._none: Final = [0] * workers
        self._ladders: Final[dict[str, tuple[tuple[Step, ...], list[int], list[int]]]] = {}
        """By measure: the steps, how many units came before they were the steps, and how many since."""
        self._units: Final[dict[Group, list[int]]] = {}
        self._credit_fen: dict[Group, list[int]] = {}
        """What earlier versions have brought, less what rules of the present one were set against."""
        self._bonuses: dict[Bonus, Lines] = {}
        self._brought_fen: Final[dict[Group, list[int]]] = {}
        self._guaranteed: Final[dict[MinimumKind, tuple[list[int], list[int], list[int]]]] = {}
        """By what minimum wage there is: minutes, what they need, and piece pay."""
        self._last_guarantees: Final = {
            _minimum_kind(some): some.rules_key for some, _ in versions if any(map(_over_the_period, some.rules))
        }
        self._some = versions[0][0] if versions else None

    def begin(self, some: Work, days: Days) -> None:
        """Go on to the next version: count its units."""
        self._some = some
        before = dict(self._units)
        for rule in some.rules:
            if isinstance(rule, Bonus) and rule.scope == "period":
                group = _group(rule)
                self._units[group] = list(map(add, before.get(group, self._none), days.totals(rule.measure)))
        self._credit_fen = {group: list(fen) for group, fen in self._brought_fen.items()}
        bonuses = [rule for rule in some.rules if isinstance(rule, Bonus) and rule.scope == "period"]
        self._bonuses = {}
        for rule in sorted(bonuses, key=lambda rule: rule.threshold):  # what was brought was for the lower ones
            reached = [units >= rule.threshold for units in self._units[_group(rule)]]
            self._bonuses[rule] = self._once(_group(rule), rule.amount_fen, reached)

    def tiered(self, rule: Tiers, days: Days) -> Lines:
        """Pay units from where the versions before left off."""
        units = days.totals(rule.measure)
        steps, first, before = self._ladders.get(rule.measure, (rule.steps, self._none, self._none))
        if steps != rule.steps:
            first, before = list(map(add, first, before)), self._none
        now = list(map(add, before, units))
        self._ladders[rule.measure] = rule.steps, first, now
        amounts_fen = [
            _from_best_place(rule.steps, place, after) - _from_best_place(rule.steps, place, earlier)
            for place, earlier, after in zip(first, before, now, strict=True)
        ]
        days.add_piece_pay(amounts_fen)
        return units, amounts_fen

    def bonus(self, rule: Bonus) -> Lines:
        """Pay it once for all units of the period."""
        return self._bonuses[rule]

    def allowance(self, rule: Allowance, days: Days) -> Lines:
        """Pay it once for a period with work."""
        return self._once(_group(rule), rule.amount_fen, list(map(any, days.with_work())))

    def guaranteed(self, rule: Guarantee, days: Days) -> Lines:
        """Pay what is missing in the whole period, under the last version of its kind that has a guarantee."""
        assert self._some is not None
        kind, own = _minimum_kind(self._some), days.totals(rule.measure)
        minutes, needed, piece_fen = self._guaranteed.get(kind, (self._none, self._none, self._none))
        minutes = list(map(add, minutes, own))
        needed = list(map(add, needed, [each * rule.floor_fen_per_hour for each in own]))
        piece_fen = list(map(add, piece_fen, days.piece_fen))
        self._guaranteed[kind] = minutes, needed, piece_fen
        if self._some.rules_key != self._last_guarantees[kind]:
            return self._none, self._none
        missing_fen = list(map(short_fen, needed, piece_fen))
        topped_up = [each if fen > 0 else 0 for each, fen in zip(minutes, missing_fen, strict=True)]
        return topped_up, missing_fen

    def _once(self, group: Group, amount_fen: int, reached: list[bool]) -> Lines:
        credit_fen = self._credit_fen.setdefault(group, list(self._none))
        brought_fen = self._brought_fen.setdefault(group, list(self._none))
        amounts_fen = []
        for place, is_reached in enumerate(reached):
            spent_fen = min(amount_fen, credit_fen[place]) if is_reached else 0
            credit_fen[place] -= spent_fen
            amounts_fen.append(amount_fen - spent_fen if is_reached else 0)
            brought_fen[place] += amounts_fen[-1]
        return [int(fen > 0) for fen in amounts_fen], amounts_fen


def _minimum_kind(some: Work) -> MinimumKind:
    """Return which minimum wage the pay of a version is held against."""
    if some.attendance is not None:
        return "monthly"
    return "hourly" if some.hourly_fen else "none"


def _from_best_place(steps: tuple[Step, ...], most: int, units: int) -> int:
    """What units bring in one piece of the steps that begins at `most` or below, where they bring most."""
    ends = (edge for step in steps for edge in (step.above, step.above - units))
    places = {0, most, *(place for place in ends if 0 <= place <= most)}
    return max(tiered_fen(steps, place + units) - tiered_fen(steps, place) for place in places)


def _group(rule: Bonus | Allowance) -> Group:
    return ("allowance", rule.name) if isinstance(rule, Allowance) else ("bonus", rule.measure)


def _over_the_period(rule: object) -> bool:
    return isinstance(rule, Guarantee) and rule.scope == "period"
