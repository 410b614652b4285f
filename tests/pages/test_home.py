from clvcore.charts.numbers import UNKNOWN, headline_count, headline_money
from clvcore.cli.dataset import summary


def test_home_tells_what_the_data_set_holds(opened, shop):
    at = opened()
    facts = summary(shop)
    shown = {metric.label: metric.value for metric in at.metric}
    assert not at.exception
    assert shown["Users"] == headline_count(facts["users"])
    assert shown["Items"] == headline_count(facts["items"])
    assert shown["Events"] == headline_count(shop.events.height)
    money = headline_money(sum(facts["money_by_stream"].values()), shop.currency)
    assert shown["Revenue"] == money
    assert money in at.subheader[0].value
    assert shown["Acquisition spend"] == headline_money(facts["spend"], shop.currency)


def test_home_says_what_needs_a_model_where_there_is_none(opened):
    assert "No model has been trained" in opened().markdown[-1].value


def test_home_leads_to_another_sample(opened):
    at = opened()
    at.button(key="home_online_retail").click().run()
    assert not at.exception
    assert at.session_state["data"] == "online_retail"
    assert at.query_params["data"] == "online_retail"
    shown = {metric.label: metric.value for metric in at.metric}
    assert shown["Acquisition spend"] == UNKNOWN


def test_home_links_to_every_other_page_and_stays_about_the_same(opened, shop):
    links = opened().get("page_link")
    assert {link.proto.label for link in links} >= {"See what users are worth", "Train a model"}
    assert all(shop.id in link.proto.query_string for link in links)
