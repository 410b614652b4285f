"""What only the world knows: tastes, and the utility of every item for every user."""

from dataclasses import dataclass

import numpy as np

from clvcore.data.worlds.noise import Floats, Ints
from clvcore.data.worlds.people import NONE, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.world import World


@dataclass(frozen=True, slots=True, eq=False)
class Insight:
    """The expected utilities of one moment; fulfils `clvcore.data.worlds.policy.Knowledge`."""

    world: World
    crowd: Crowd
    general: Floats
    """[items] utility that is the same for everybody."""
    dearness: Floats
    """[items] ln(price after discount / usual price)."""

    def utility(self, user: Ints) -> Floats:
        """Logarithm of the mean over moods of exp(utility): [users, items]."""
        params, crowd, catalogue = self.world.params, self.crowd, self.world.catalogue
        liking = params.choice.liking * crowd.moods[user] @ catalogue.taste.T
        chance = mood_chances(params, crowd, user)
        top = liking.max(axis=1)
        mixed = np.log(np.einsum("um,umi->ui", chance, np.exp(liking - top[:, None]))) + top
        mixed = mixed + self.general - crowd.thrift[user][:, None] * self.dearness
        if params.domain == "media":
            own = catalogue.language == crowd.language[user][:, None]
            mixed = mixed + params.media.language * (own - 0.5)
        # rounded, so that no machine orders two items by the last bit of a sum
        return np.round(
            mixed - params.choice.owned * (crowd.owned[user] & (catalogue.lasts == 0)), 9
        )


def mood_chances(params: WorldParams, crowd: Crowd, user: Ints) -> Floats:
    """Probability [users, moods] of each mood at the next visit."""
    shares, stays = np.array(params.taste.mood_shares), params.taste.mood_stays
    last = crowd.mood[user][:, None]
    known = stays * (last == np.arange(len(shares))) + (1 - stays) * shares
    return np.where(last == NONE, shares, known)
