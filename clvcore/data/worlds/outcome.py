"""What a week's visits come to, whatever they were visits of."""

from dataclasses import dataclass

from clvcore.data.worlds.noise import Floats
from clvcore.data.worlds.people import Crowd
from clvcore.data.worlds.record import Rows


@dataclass(frozen=True, slots=True)
class Outcome:
    """Events and their consequences."""

    rows: Rows
    """Events, those of later weeks (refunds) included."""
    pleasure: Floats
    """[visits] what buying or playing added to the visit's experience."""
    crowd: Crowd
    taken: Rows
    """The events that count as taking an item up: purchases or plays."""
