import numpy as np
import pytest

from clvcore.data.worlds.noise import (
    Draw,
    bits,
    choice,
    directions,
    gumbel,
    negative_binomial,
    normal,
    poisson,
    uniform,
)

MANY = np.arange(40_000)


def test_a_draw_does_not_depend_on_what_else_is_drawn():
    alone = uniform(7, Draw.CHURN, 3, 1234)
    together = uniform(7, Draw.CHURN, 3, np.arange(5000))
    assert alone[0] == together[1234]


def test_bits_are_those_of_splitmix64():
    # first outputs of SplitMix64 with state 0 and 1234567: Vigna's splitmix64.c
    assert bits(0, 0)[0] == 0xE220A8397B1DCDAF
    assert bits(1234567, 0)[0] == 6457827717110365317


def test_every_name_makes_another_draw():
    names = [(Draw.CHURN, 1, 2), (Draw.CHURN, 2, 1), (Draw.VISITS, 1, 2), (Draw.CHURN, 1, 3)]
    assert len({int(bits(9, *name)[0]) for name in names}) == len(names)


def test_uniform_numbers_fill_the_unit_interval_evenly():
    counts = np.histogram(uniform(1, 2, MANY), bins=20, range=(0, 1))[0]
    expected = len(MANY) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # chi-square(19) at 0.999


def test_normal_numbers_have_mean_zero_and_variance_one():
    drawn = normal(3, MANY)
    assert abs(drawn.mean()) < 4 / np.sqrt(len(MANY))
    assert abs(drawn.var() - 1) < 4 * np.sqrt(2 / len(MANY))


def test_an_argmax_with_gumbel_noise_is_a_softmax_choice():
    utility = np.log([0.5, 0.3, 0.2])
    won = (utility + gumbel(4, MANY[:, None], np.arange(3))).argmax(axis=1)
    shares = np.bincount(won) / len(MANY)
    assert np.abs(shares - [0.5, 0.3, 0.2]).max() < 4 * 0.5 / np.sqrt(len(MANY))


def test_directions_have_length_one_and_no_preference():
    drawn = directions(5, MANY, size=12)
    assert np.allclose((drawn**2).sum(axis=1), 1)
    assert np.abs(drawn.mean(axis=0)).max() < 4 / np.sqrt(12 * len(MANY))


@pytest.mark.parametrize("mean", [0.1, 0.9, 2.5])
def test_poisson_counts_have_their_mean_as_variance(mean):
    drawn = poisson(np.full(len(MANY), mean), uniform(6, MANY), most=30)
    assert abs(drawn.mean() - mean) < 4 * np.sqrt(mean / len(MANY))
    assert abs(drawn.var() / mean - 1) < 0.06


def test_poisson_counts_never_fall_when_the_mean_grows():
    chance = uniform(6, MANY)
    few, many = (poisson(np.full(len(MANY), mean), chance, most=30) for mean in (0.7, 0.8))
    assert (many >= few).all()
    assert (many > few).any()


def test_negative_binomial_counts_scatter_more_than_poisson():
    mean, size = 8.0, 4.0
    drawn = negative_binomial(np.full(len(MANY), mean), np.full(len(MANY), size), uniform(8, MANY))
    variance = mean + mean**2 / size
    assert abs(drawn.mean() - mean) < 4 * np.sqrt(variance / len(MANY))
    assert abs(drawn.var() / variance - 1) < 0.08


def test_a_choice_follows_its_weights_and_never_takes_what_weighs_nothing():
    drawn = choice(np.tile([1.0, 0.0, 3.0], (len(MANY), 1)), uniform(10, MANY))
    assert np.bincount(drawn, minlength=3)[1] == 0
    assert abs((drawn == 2).mean() - 0.75) < 4 * 0.44 / np.sqrt(len(MANY))
