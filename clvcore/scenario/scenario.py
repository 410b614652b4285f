"""A scenario: a name, and what it moves for whom."""

from collections.abc import Iterable
from dataclasses import dataclass

from clvcore.errors import ConfigError
from clvcore.messages import say
from clvcore.scenario.levers import Change, parse_change, parse_scope, scoped

MOST_ELASTIC = 10.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """Changes to be made together; their order does not matter."""

    name: str
    changes: tuple[Change, ...] = ()
    elasticity: float = 0.0
    """Percent by which the order rate moves where the price moves by one percent; below zero where
    people buy less of what costs more. 0, the default, says that they do not react at all."""

    def __post_init__(self) -> None:
        if not -MOST_ELASTIC <= self.elasticity <= MOST_ELASTIC:
            raise ConfigError(say("scenario.bad_elasticity", elasticity=self.elasticity))

    @classmethod
    def of(
        cls,
        changes: Iterable[str],
        *,
        scope: str | None = None,
        elasticity: float = 0.0,
        name: str | None = None,
    ) -> "Scenario":
        """The scenario that is written as ``retention=+5%`` and so on.

        Args:
            changes: each as `parse_change` reads it.
            scope: users whom all changes are for that name none themselves, as ``channel=email``.
            elasticity: of the order rate to the price.
            name: the changes themselves where None.

        Raises:
            ConfigError: a change or the scope cannot be read, or is out of range.

        Example:
            >>> Scenario.of(["retention=+5%", "cac=-1"], scope="channel=email").name
            'channel:email.retention=+5%, channel:email.cac=-1'
        """
        read = tuple(parse_change(text) for text in changes)
        read = scoped(read, parse_scope(scope) if scope else None)
        return cls(name or ", ".join(map(str, read)), read, elasticity)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns by which its scopes tell users apart."""
        named = (change.scope.column for change in self.changes if change.scope)
        return tuple(dict.fromkeys(named))
