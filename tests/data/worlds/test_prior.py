from dataclasses import replace

import numpy as np

from clvcore.data.worlds import STOREFRONT, STREAM, Prior, Violations, simulate


def test_worlds_of_the_prior_differ_and_stay_within_the_stated_ranges(rng):
    prior = Prior()
    drawn = [prior.draw(rng) for _ in range(40)]
    assert len({params.choice.liking for params in drawn}) == 40
    for params in drawn:
        assert prior.liking[0] <= params.choice.liking <= prior.liking[1]
        assert prior.attachment[0] <= params.retention.attachment <= prior.attachment[1]
        low, high = (STOREFRONT.retention.hazard * factor for factor in prior.hazard)
        assert low <= params.retention.hazard <= high
    betas = np.log([params.channels[1].beta / STOREFRONT.channels[1].beta for params in drawn])
    assert abs(betas.mean()) < 4 * prior.channel_sigma / np.sqrt(40)


def test_the_prior_leaves_sizes_and_violations_to_its_centre(rng):
    centre = replace(
        STREAM.sized(arrivals=0.1, n_items=90, weeks=4), violations=Violations(interference=1.0)
    )
    drawn = Prior(centre).draw(rng)
    assert (drawn.n_items, drawn.weeks, drawn.violations) == (90, 4, centre.violations)
    assert drawn.domain == "media"


def test_the_same_generator_draws_the_same_world():
    first, second = (Prior().draw(np.random.default_rng(3)) for _ in range(2))
    assert first == second


def test_a_drawn_world_can_be_lived_in(rng):
    params = Prior(STOREFRONT.sized(arrivals=0.1, n_items=80, weeks=5)).draw(rng)
    tables = simulate(params, seed=1).tables()
    assert tables["events"].height > 0
