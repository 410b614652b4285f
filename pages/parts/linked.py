"""Choices whose ids stand in the URL, whatever they are called on screen.

Streamlit's own ``bind="query-params"`` writes the words that a person reads: a link would break with
another word for the same thing, and in another language.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

import streamlit as st

Id = TypeVar("Id", str, int)


@overload
def segments(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: Id,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id: ...


@overload
def segments(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: None,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id | None: ...


def segments(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: Id | None,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id | None:
    """The id chosen of a few that stand side by side; never None where there is a default."""
    _settle(key, options, default)
    chosen = st.segmented_control(
        label,
        options,
        format_func=shown,
        key=key,
        required=default is not None,
        persist_state="session",
        **how,
    )
    _tell(key, chosen, default)
    return chosen


@overload
def select(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: Id,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id: ...


@overload
def select(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: None,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id | None: ...


def select(
    label: str,
    options: Sequence[Id],
    *,
    key: str,
    default: Id | None,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> Id | None:
    """The id chosen of a list; never None where there is a default."""
    _settle(key, options, default)
    chosen = st.selectbox(
        label,
        options,
        index=None if default is None else 0,
        format_func=shown,
        key=key,
        persist_state="session",
        **how,
    )
    _tell(key, chosen, default)
    return chosen


def _settle(key: str, options: Sequence[Id], default: Id | None) -> None:
    """Choose what the URL asks for where that is news; else stay with what was chosen."""
    said = st.session_state
    asked = st.query_params.get(key)
    named = {str(option): option for option in options}
    if asked in named and asked != said.get(f"url.{key}"):
        said[key] = named[asked]
    elif said.get(key) not in options:
        said[key] = default
    else:
        said[key] = said[key]  # otherwise a choice that was made on another page is lost


def _tell(key: str, chosen: Id | None, default: Id | None) -> None:
    """Let the URL say what was chosen where that is not what everybody sees first."""
    st.session_state[f"url.{key}"] = None if chosen is None else str(chosen)
    if chosen is None or chosen == default:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = str(chosen)


def several(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> list[str]:
    """The ids chosen of a few, in the order of the options; all of them at first, never none."""
    said, link = st.session_state, f"url.{key}"
    asked = st.query_params.get(key)
    if asked is not None and asked != said.get(link):
        said[key] = [option for option in options if option in asked.split(",")]
    elif key in said:
        said[key] = [option for option in options if option in said[key]]
    if not said.get(key):
        said[key] = [*options]
    chosen = st.pills(
        label,
        options,
        format_func=shown,
        key=key,
        selection_mode="multi",
        persist_state="session",
        **how,
    )
    ordered = [option for option in options if option in chosen] or [*options]
    told = None if ordered == [*options] else ",".join(ordered)
    said[link] = told
    if told is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = told
    return ordered


def some(
    label: str,
    options: Sequence[str],
    *,
    key: str,
    shown: Callable[[Any], str] = str,
    **how: Any,
) -> tuple[list[str], list[str]]:
    """The ids chosen of a list, which may be none, and those that a link asks for in vain."""
    said, link, vain = st.session_state, f"url.{key}", f"vain.{key}"
    asked = st.query_params.get(key)
    is_news = asked is not None and asked != said.get(link)
    wanted = asked.split(",") if asked and is_news else [*said.get(key, []), *said.get(vain, [])]
    said[key] = [one for one in dict.fromkeys(wanted) if one in options]
    said[vain] = [one for one in dict.fromkeys(wanted) if one and one not in options]
    chosen = st.multiselect(
        label,
        options,
        format_func=shown,
        key=key,
        persist_state="session",
        on_change=said.pop,  # whoever chooses has read what was asked for in vain
        args=(vain, None),
        **how,
    )
    said[link] = ",".join([*chosen, *said[vain]]) or None
    if said[link] is None:
        st.query_params.pop(key, None)
    else:
        st.query_params[key] = said[link]
    return chosen, said[vain]
