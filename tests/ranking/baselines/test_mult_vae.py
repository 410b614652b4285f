"""The autoencoder's loss equals the sum done by hand; it stops where held-out users say so."""

from math import exp, log

import jax
import jax.numpy as jnp
import jax.test_util
import numpy as np
import pytest

from clvcore.ranking.baselines import MultVae, MultVaeConfig
from clvcore.ranking.baselines.mult_vae import Weights, decode, encode, negative_elbo
from tests.ranking.behaviour import behaviour

CONFIG = MultVaeConfig(hidden=4, latent=1)
KEY = jax.random.key(0)
LOSS = jax.jit(negative_elbo)


def flat(mean: float, log_variance: float) -> Weights:
    """Every user has this code, and every code the logits 0, 1, 2."""
    return Weights.drawn(3, CONFIG, KEY)._replace(
        code=(jnp.zeros((4, 2)), jnp.array([mean, log_variance])),
        items=(jnp.zeros((4, 3)), jnp.array([0.0, 1.0, 2.0])),
    )


def test_the_loss_is_the_likelihood_of_the_likes_and_the_weighted_divergence():
    """Likes of items 0 and 2; KL of N(0.5, 4) to N(0, 1) = (4 + 0.25 - 1 - log 4) / 2."""
    total = log(1 + exp(1) + exp(2))
    told = (total - 0) + (total - 2)
    apart = (4 + 0.5**2 - 1 - log(4)) / 2
    likes = jnp.array([[1.0, 0.0, 1.0]])
    for kl in (0.0, 0.2):
        found = LOSS(flat(0.5, log(4)), likes, kl, KEY, 0.0)
        assert float(found) == pytest.approx(told + kl * apart, rel=1e-5)


def test_a_row_without_likes_is_not_counted():
    likes = jnp.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    net = flat(0.5, log(4))
    both = LOSS(net, likes, 0.2, KEY, 0.0)
    assert float(both) == pytest.approx(float(LOSS(net, likes[:1], 0.2, KEY, 0.0)))


def test_gradients_equal_finite_differences():
    net, likes = Weights.drawn(3, CONFIG, KEY), jnp.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    with jax.enable_x64(new_val=True):
        exact = jax.tree.map(lambda part: jnp.asarray(part, jnp.float64), net)
        rows = jnp.asarray(likes, jnp.float64)
        jax.test_util.check_grads(
            lambda weights: LOSS(weights, rows, 0.2, KEY, 0.0), (exact,), 1, modes=["rev"]
        )


def test_codes_and_logits_have_the_shapes_of_users_and_items():
    net = Weights.drawn(3, CONFIG, KEY)
    mean, log_variance = encode(net, jnp.ones((2, 3)))
    assert mean.shape == log_variance.shape == (2, 1)
    assert decode(net, mean).shape == (2, 3)


def test_training_ends_where_held_out_users_are_told_no_better():
    """Likes by chance: there is nothing to learn, so the best epoch comes long before the last."""
    rng = np.random.default_rng(0)
    events = [(user, item, 1.0, 1.0) for user in range(60) for item in rng.choice(12, 4)]
    past = behaviour(events, n_users=60, n_items=12)
    config = MultVaeConfig(hidden=8, latent=2, epochs=200, patience=3, held_out=0.5)
    assert MultVae.of(past, rng=rng, config=config).epochs < 150
