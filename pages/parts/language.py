"""The language of a session: chosen by a person, asked for by the link, or that of the browser."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from clvcore.messages import languages, say

KEY = "lang"
_SWITCH = "choice.lang"


def settle() -> None:
    """Decide the session's language, before anything is said in it.

    A language that was asked for stands in the URL and in links; that of the browser does not, so
    that a link opens in the language of whoever follows it.
    """
    languages.ask(_of_this_session)
    chosen = st.session_state.get(KEY)
    in_url = st.query_params.get(KEY)
    if in_url in languages.LANGUAGES and in_url != st.session_state.get(f"url.{KEY}"):
        chosen = in_url
    st.session_state[KEY] = chosen
    st.session_state[f"url.{KEY}"] = chosen
    st.session_state[f"browser.{KEY}"] = languages.nearest(st.context.locale)
    if chosen:
        st.query_params[KEY] = chosen
    elif KEY in st.query_params:
        del st.query_params[KEY]


def draw() -> None:
    """The switch, in the sidebar of every page."""
    st.session_state[_SWITCH] = languages.language()
    st.segmented_control(
        say("pages.language.label"),
        list(languages.LANGUAGES),
        format_func=lambda code: languages.LANGUAGES[code],
        key=_SWITCH,
        required=True,
        on_change=_chosen,
        help=say("pages.language.help"),
    )


def _chosen() -> None:
    st.session_state[KEY] = st.session_state[_SWITCH]


def _of_this_session() -> str | None:
    """The language of the session that the calling thread works for; None where it is for none."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return None
    return st.session_state.get(KEY) or st.session_state.get(f"browser.{KEY}")
