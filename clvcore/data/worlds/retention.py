"""Who stays: what a visit was like, how it adds up to satisfaction, and the hazard of leaving."""

import numpy as np

from clvcore.data.worlds.catalogue import Catalogue
from clvcore.data.worlds.clock import WEEK
from clvcore.data.worlds.noise import Floats, Ints
from clvcore.data.worlds.people import NONE, Crowd
from clvcore.data.worlds.prior import WorldParams
from clvcore.data.worlds.session import Opened, Visits


def experience(
    params: WorldParams,
    catalogue: Catalogue,
    crowd: Crowd,
    visits: Visits,
    slate: Ints,
    seen: Opened,
) -> Floats:
    """What each visit was like: the slate counts even where nothing of it was opened.

    slate * mean over the slate of (cosine + slate_quality * quality - stale if owned)
    + (1 - slate) * mean cosine of what was opened (0 if nothing was).
    """
    rules = params.retention
    liking = np.einsum("vd,vkd->vk", visits.taste, catalogue.taste[slate])
    owned = crowd.owned[visits.user[:, None], slate] & (catalogue.lasts[slate] == 0)
    offered = liking + rules.slate_quality * catalogue.quality[slate] - rules.stale * owned
    count = (seen.item != NONE).sum(axis=1)
    met = seen.liking.sum(axis=1) / np.maximum(count, 1)
    return rules.slate * offered.mean(axis=1) + (1 - rules.slate) * met


def satisfied(params: WorldParams, crowd: Crowd, visits: Visits, felt: Floats) -> Floats:
    """Satisfaction of every user after the week: visit by visit, the latest weighs most."""
    memory = params.retention.memory
    now = crowd.satisfaction.copy()
    for turn in range(int(visits.number.max(initial=-1)) + 1):
        row = np.flatnonzero(visits.number == turn)
        user = visits.user[row]
        now[user] += memory * (felt[row] - now[user])
    return now


def hazard(params: WorldParams, crowd: Crowd, week: int) -> Floats:
    """Probability of leaving in ``week`` (formula at `clvcore.data.worlds.prior.Retention`)."""
    rules = params.retention
    channel = np.array([channel.hazard for channel in params.channels])[crowd.channel]
    tenure = np.maximum(week - crowd.acquired // WEEK, 0)
    early = 1 + rules.early * np.exp(-tenure / rules.early_weeks)
    pull = np.exp(-rules.attachment * (crowd.satisfaction - rules.usual))
    broken = params.violations
    shift = np.exp(broken.shifted_hazard * (week >= broken.shift_week))
    return 1 - np.exp(-rules.hazard * channel * crowd.frailty * early * pull * shift)
