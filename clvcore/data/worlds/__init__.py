"""Simulated worlds: data whose truth is known, because we made it. Labelled simulated everywhere.

A world is parameters and a seed. It is stepped forward week by week under a recommendation
policy: users come (the more the more is spent), visit, are shown slates, choose by latent taste,
pay, and stay or leave by what their visits were like. The tables are what an analyst would be
given; the truth is kept apart. Frozen: a change here changes the exam, so a test holds its digest.
"""

from clvcore.data.worlds.policy import (
    Exploring,
    InformedPolicy,
    Knowledge,
    Oracle,
    Policy,
    Popular,
    Seen,
    Slates,
    Uniform,
)
from clvcore.data.worlds.prior import STOREFRONT, STREAM, Prior, Violations, WorldParams
from clvcore.data.worlds.record import Week
from clvcore.data.worlds.simulate import Simulation, go_on, simulate
from clvcore.data.worlds.step import step
from clvcore.data.worlds.truth import Truth, insight, remaining_value, response_curves, truth
from clvcore.data.worlds.world import State, World, begin, create
from clvcore.data.worlds.write import write

__all__ = [
    "STOREFRONT",
    "STREAM",
    "Exploring",
    "InformedPolicy",
    "Knowledge",
    "Oracle",
    "Policy",
    "Popular",
    "Prior",
    "Seen",
    "Simulation",
    "Slates",
    "State",
    "Truth",
    "Uniform",
    "Violations",
    "Week",
    "World",
    "WorldParams",
    "begin",
    "create",
    "go_on",
    "insight",
    "remaining_value",
    "response_curves",
    "simulate",
    "step",
    "truth",
    "write",
]
