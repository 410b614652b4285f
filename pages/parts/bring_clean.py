"""Repair actions: what cleaning would do to rows and money, and the choices about it."""

from collections.abc import Mapping

import streamlit as st

from clvcore.charts import numbers
from clvcore.data.cells.rules import FOUND, RULES
from clvcore.data.cleaning.quality import BROKEN
from clvcore.data.consequences import Consequence, Considered
from clvcore.data.dataset import Account, Finding, Severity
from clvcore.messages import say
from pages.parts.wording import plain

OPEN = 5
"""Repair actions that stand open; the rest is one click away."""
NEUTRAL = ("keep", "money", "gross")
"""Choices that leave every row where it is."""


def cleaning(seen: Considered) -> dict[str, str]:
    """The choice for every rule, drawn as repair actions with what each makes of rows and money.

    Draws, in this order: one line that says what becomes of all rows and all money under the
    choices made; the repair actions with most money, each with its rows, money, examples and
    choices; and the others in an expander. What comes back goes into ``seen.intake(choices)``,
    which is the data set to accept, and which keeps the choices in its recipe.

    Args:
        seen: The tables, looked at once by `clvcore.data.consequences.consider`.
    """
    total = st.container()
    choices = {name: st.session_state.get(_key(name)) or one for name, one in seen.usual.items()}
    found = seen.consequences(choices)
    currency = seen.ready.recipe.currency
    with total:
        st.markdown(f"**{say('page_data.clean.step')}**")
        _total(seen.account(choices), currency)
    if not found:
        st.caption(say("page_data.clean.nothing"))
    for one in found[:OPEN]:
        _action(one, currency)
    if found[OPEN:]:
        more = say("page_data.clean.more", count=len(found) - OPEN)
        with st.expander(more, key="data_clean_more"):
            for one in found[OPEN:]:
                _action(one, currency)
    return choices


def is_action(finding: Finding) -> bool:
    """Whether a finding is one of the repair actions that `cleaning` draws."""
    told = {*RULES, *FOUND.values(), "not_items", BROKEN, "clean.aside"}
    left_out = finding.severity is Severity.ERROR or finding.rule in {"after_end", "not_happened"}
    ruled = finding.rule.removesuffix("_found") in told
    return finding.table == "events" and (ruled or left_out)


def _key(rule: str) -> str:
    return f"data_clean_{rule}"


def _total(account: Account, currency: str) -> None:
    """What becomes of everything, in one line."""
    told = {
        name: f"{getattr(account, name):,}"
        for name in ("rows_in", "accepted", "rejected", "ignored")
    }
    told |= {
        name: numbers.exact_money(getattr(account, name), currency)
        for name in ("money_in", "money_accepted", "money_rejected", "money_ignored")
    }
    bears = account.money_in or account.money_accepted or account.money_rejected
    st.markdown(plain(say("page_data.clean.total" if bears else "page_data.clean.rows", **told)))


def _action(one: Consequence, currency: str) -> None:
    """One repair action as a calm row: what and how much, the choice, and what it does."""
    text, choice = st.columns(2, gap="medium", vertical_alignment="center")
    known = one.rule in RULES
    title = say(f"page_data.clean.title_{one.rule}") if known else say(f"data.why_{one.rule}")
    title = title[:1].upper() + title[1:]
    text.markdown(f"**{plain(title)}**")
    size = text.container(horizontal=True, vertical_alignment="center")
    size.markdown(plain(_size(one, currency)), width="content")
    with choice:
        if len(one.choices) > 1:
            st.segmented_control(
                title,
                list(one.choices),
                default=None if _key(one.rule) in st.session_state else one.chosen,
                format_func=lambda name: say(f"page_data.clean.choice_{name}"),
                key=_key(one.rule),
                required=True,
                wrap=True,
                label_visibility="collapsed",
            )
        st.caption(plain(_effect(one, currency)))
    if one.examples:
        with size.popover(say("page_data.clean.examples"), type="tertiary"):
            if known:
                st.caption(plain(say(f"page_data.clean.help_{one.rule}")))
            lines = [
                say("page_data.clean.line", line=example.line, text=example.text)
                for example in one.examples
            ]
            st.code("\n".join(lines), language=None, wrap_lines=True)


def counted(rows: int) -> str:
    """A number of rows in words."""
    return say("units.rows_many", rows=rows)


def _size(one: Consequence, currency: str) -> str:
    rows = counted(one.rows)
    if not one.money:
        return rows
    money = numbers.exact_money(one.money, currency)
    return say("page_data.clean.size_money", rows=rows, money=money)


def _effect(one: Consequence, currency: str) -> str:
    """What the choice that is made does."""
    now = one.choices[one.chosen]
    if one.rule not in RULES:
        return say(f"page_data.clean.always_{one.chosen}")
    if one.rule == "returns":
        told = {
            "matched": f"{one.matched:,}",
            "all": counted(one.rows),
            "money": numbers.exact_money(one.matched_money, currency),
            "rows": counted(_staying(one.choices) - now.accepted),
        }
        return say(f"page_data.clean.returns_{one.chosen}", **told)
    if one.chosen in NEUTRAL or one.chosen == "item":
        return say(f"page_data.clean.does_{one.chosen}")
    most = max(one.choices.values(), key=lambda account: account.accepted)
    told = {
        "rows": counted(most.accepted - now.accepted),
        "money": numbers.exact_money(most.money_accepted - now.money_accepted, currency),
    }
    return say(f"page_data.clean.does_{one.chosen}", **told)


def _staying(choices: Mapping[str, Account]) -> int:
    return max(account.accepted for account in choices.values())
