"""Home: where am I, and what next?"""

from datetime import timedelta

import streamlit as st

from clvcore.charts.numbers import day, exact_money, headline_count, headline_money
from clvcore.cli.dataset import summary
from clvcore.data import sample
from clvcore.messages import listed, say
from pages.parts import choice, news, tour
from pages.parts.opening import opening
from pages.parts.places import Place, places
from pages.parts.wording import unbroken


def step(place: Place, icon: str) -> None:
    """A page that can be gone to, and what it answers."""
    link, about = st.columns(2, vertical_alignment="center")
    link.page_link(
        place.path,
        label=say(f"pages.go.{place.name}"),
        icon=f":material/{icon}:",
        query_params=choice.links(),
    )
    about.caption(say(f"pages.{place.name}.help"))


def bring_in() -> None:
    """The way to an upload."""
    st.page_link(
        "data.py",
        label=say("pages.home.bring"),
        icon=":material/upload_file:",
        query_params={**choice.links(), "data_view": "bring"},
    )


data = choice.dataset()
facts = summary(data)
money = facts["money_by_stream"]
first, last = (unbroken(day(moment)) for moment in data.observed)
told = "pages.home.answer" if money else "pages.home.answer_no_money"
opening(
    say("pages.home.title"),
    say("pages.home.question"),
    say(
        told,
        name=data.name,
        users=headline_count(facts["users"]),
        events=headline_count(data.events.height),
        money=headline_money(sum(money.values()), data.currency),
        first=first,
        last=last,
    ),
    simulated=data.recipe.simulated,
)

if not tour.is_on() and not choice.own():
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            say("pages.tour.open"),
            key="home_demo",
            type="primary",
            icon=":material/play_arrow:",
            on_click=tour.begin,
        )
        bring_in()
    st.caption(say("pages.tour.promise"))

weeks = round((data.observed[1] - data.observed[0]) / timedelta(weeks=1))
kinds = listed(
    [say(f"page_data.of_kind.{kind}", rows=rows) for kind, rows in facts["events_by_kind"].items()]
)
streams = listed(
    [
        say(
            "pages.home.of_stream",
            stream=say(f"pages.home.stream_{name}"),
            money=exact_money(amount, data.currency),
        )
        for name, amount in money.items()
    ]
)
spend = facts["spend"]
with st.container(horizontal=True):
    st.metric(
        say("pages.home.users"), headline_count(facts["users"]), border=True, height="stretch"
    )
    st.metric(
        say("pages.home.items"), headline_count(facts["items"]), border=True, height="stretch"
    )
    st.metric(
        say("pages.home.events"),
        headline_count(data.events.height),
        help=kinds,
        border=True,
        height="stretch",
    )
    if money:
        st.metric(
            say("pages.home.revenue"),
            headline_money(sum(money.values()), data.currency),
            help=say("pages.home.revenue_help", streams=streams),
            border=True,
            height="stretch",
        )
    st.metric(
        say("pages.home.spend"),
        headline_money(spend, data.currency),
        help=say("pages.home.spend_unknown" if spend is None else "pages.home.spend_help"),
        border=True,
        height="stretch",
    )
    st.metric(
        say("pages.home.weeks"),
        say("pages.home.weeks_value", weeks=weeks),
        help=say("pages.home.weeks_help", first=first, last=last),
        border=True,
        height="stretch",
    )
if data.recipe.source:
    st.caption(say("pages.home.source", source=data.recipe.source, licence=data.recipe.licence))

if tour.is_on():
    st.subheader(say("pages.tour.title"), anchor=False)
    st.write(say("pages.tour.about"))
    for place in tour.steps():
        step(place, "check_circle" if tour.is_seen(place) else "radio_button_unchecked")
    after = tour.following()
    if after is None:
        st.write(say("pages.tour.over"))
        bring_in()
    elif st.button(
        say("pages.tour.next", page=say(f"pages.{after.name}.title")),
        key="home_next",
        type="primary",
        icon=":material/arrow_forward:",
    ):
        st.switch_page(after.path, query_params=choice.links())
else:
    st.subheader(say("pages.home.next"), anchor=False)
    if choice.run_name() is None:
        st.write(say("pages.home.no_run"))
    else:
        st.write(say("pages.home.has_run", run=choice.run_name()))
    for place in places():
        if place.group:
            step(place, place.icon)
    if choice.own():
        bring_in()

news.draw()

st.subheader(say("pages.home.samples"), anchor=False)
with st.container(gap="small"):
    for name in sample.names():
        if name != data.name:
            st.button(
                say(f"pages.home.sample_{name}"),
                key=f"home_{name}",
                icon=":material/database:",
                type="tertiary",
                on_click=choice.show,
                args=(name,),
            )
