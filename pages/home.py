"""Home: where am I, and what next?"""

from datetime import timedelta

import streamlit as st

from clvcore.charts.numbers import day, headline_count, headline_money
from clvcore.cli.dataset import summary
from clvcore.data import sample
from clvcore.messages import say
from pages.parts import choice
from pages.parts.opening import opening
from pages.parts.places import places

data = choice.dataset()
facts = summary(data)
money = facts["money_by_stream"]
first, last = (day(moment) for moment in data.observed)
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

weeks = round((data.observed[1] - data.observed[0]) / timedelta(weeks=1))
kinds = ", ".join(f"{kind} {rows:,}" for kind, rows in facts["events_by_kind"].items())
streams = ", ".join(f"{name} {amount:,.2f}" for name, amount in money.items())
spend = facts["spend"]
with st.container(horizontal=True):
    st.metric(say("pages.home.users"), headline_count(facts["users"]), border=True)
    st.metric(say("pages.home.items"), headline_count(facts["items"]), border=True)
    st.metric(say("pages.home.events"), headline_count(data.events.height), help=kinds, border=True)
    if money:
        st.metric(
            say("pages.home.revenue"),
            headline_money(sum(money.values()), data.currency),
            help=say("pages.home.revenue_help", streams=streams),
            border=True,
        )
    st.metric(
        say("pages.home.spend"),
        headline_money(spend, data.currency),
        help=say("pages.home.spend_unknown" if spend is None else "pages.home.spend_help"),
        border=True,
    )
    st.metric(
        say("pages.home.weeks"),
        say("pages.home.weeks_value", weeks=weeks),
        help=say("pages.home.weeks_help", first=first, last=last),
        border=True,
    )
if data.recipe.source:
    st.caption(say("pages.home.source", source=data.recipe.source, licence=data.recipe.licence))

st.subheader(say("pages.home.next"), anchor=False)
if choice.run_name() is None:
    st.write(say("pages.home.no_run"))
else:
    st.write(say("pages.home.has_run", run=choice.run_name()))
for place in places():
    if place.group:
        st.page_link(
            place.path,
            label=say(f"pages.go.{place.name}"),
            icon=f":material/{place.icon}:",
            query_params=choice.links(),
        )

st.subheader(say("pages.home.samples"), anchor=False)
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
