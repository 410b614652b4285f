import pytest

from clvcore.errors import ConfigError
from clvcore.scenario.levers import Change, Lever, Scope, parse_change, parse_scope, scoped


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("retention=+5%", Change(Lever.RETENTION, "relative", 0.05)),
        ("retention=-5pt", Change(Lever.RETENTION, "points", -0.05)),
        ("retention=60%", Change(Lever.RETENTION, "set", 0.6)),
        ("retention=0.6", Change(Lever.RETENTION, "set", 0.6)),
        ("cac=+2.5", Change(Lever.CAC, "added", 2.5)),
        ("cac=12", Change(Lever.CAC, "set", 12.0)),
        (" order_value = +10% ", Change(Lever.ORDER_VALUE, "relative", 0.1)),
        ("channel:email.cac=-10%", Change(Lever.CAC, "relative", -0.1, Scope("channel", "email"))),
        ("channel:e.mail.cac=1", Change(Lever.CAC, "set", 1.0, Scope("channel", "e.mail"))),
        ("horizon=180", Change(Lever.HORIZON, "set", 180.0)),
        ("discount_rate=8%", Change(Lever.DISCOUNT_RATE, "set", 0.08)),
        ("refund_rate=\N{MINUS SIGN}2pt", Change(Lever.REFUND_RATE, "points", -0.02)),
    ],
)
def test_a_change_is_read_as_it_is_written(text, expected):
    change = parse_change(text)
    assert (change.lever, change.form, change.scope) == (
        expected.lever,
        expected.form,
        expected.scope,
    )
    assert change.amount == pytest.approx(expected.amount)


@pytest.mark.parametrize(
    "text",
    [
        "retention=+5%",
        "retention=-5pt",
        "retention=60%",
        "cac=+2.5",
        "horizon=180",
        "channel:email.order_rate=-7.5%",
    ],
)
def test_a_change_is_written_as_it_was_read(text):
    assert str(parse_change(text)) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("retention", "not a change"),
        ("=5", "not a change"),
        ("loyalty=+5%", "no lever 'loyalty'"),
        ("retention=more", "not a value"),
        ("retention=", "not a value"),
        ("retention=+5%%", "not a value"),
        ("retention=nan", "not a value"),
        ("cac=5%", "not clear"),
        ("retention=5pt", "not clear"),
        ("order_rate=5", "order_rate=[+]5%"),
        ("cac=+5pt", "cac=[+]5% or cac=[+]5 or cac=40"),
        ("retention=+5", "retention=[+]5% or retention=[+]5pt or retention=20%"),
        ("channel:email.horizon=180", "same for all users"),
        ("order_value=-101%", "between -100% and [+]1000%"),
        ("order_value=+1001%", "between -100% and [+]1000%"),
        ("retention=101%", "between 0% and 100%"),
        ("horizon=0", "between 1 and 3653"),
        ("email.retention=+5%", "for which users"),
        ("channel:.retention=+5%", "for which users"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_sentence(text, reason):
    with pytest.raises(ConfigError, match=reason):
        parse_change(text)


@pytest.mark.parametrize("text", ["loyalty=+5%", "retention", "retention=x"])
def test_a_refusal_names_the_levers_and_an_example(text):
    with pytest.raises(ConfigError) as caught:
        parse_change(text)
    assert all(lever.value in str(caught.value) for lever in Lever)
    assert "retention=+5%" in str(caught.value)


def test_changes_apply_to_the_base_as_their_form_says():
    assert parse_change("refund_rate=+50%").applied(0.04) == pytest.approx(0.04 * 1.5)
    assert parse_change("refund_rate=+1pt").applied(0.04) == pytest.approx(0.04 + 0.01)
    assert parse_change("refund_rate=1%").applied(0.04) == pytest.approx(0.01)
    assert parse_change("cac=-2").applied(10.0) == pytest.approx(10 - 2)


def test_a_common_scope_leaves_valuation_and_own_scopes_alone():
    changes = [parse_change(t) for t in ("cac=+1", "channel:ads.cac=+2", "discount_rate=8%")]
    mine, own, valuation = scoped(changes, parse_scope("channel=email"))
    assert mine.scope == Scope("channel", "email")
    assert own.scope == Scope("channel", "ads")
    assert valuation.scope is None


def test_without_a_common_scope_changes_stay_as_they_are():
    changes = (parse_change("cac=+1"),)
    assert scoped(changes, None) == changes


def test_a_scope_without_a_column_is_refused():
    with pytest.raises(ConfigError, match="for which users"):
        parse_scope("email")
