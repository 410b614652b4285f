"""What is not shown of files before a person has decided about it, and the way to say otherwise."""

from collections.abc import Mapping

import streamlit as st

from clvcore.data.cells.private import Kind, suspects
from clvcore.data.cleaning.personal import PLAIN
from clvcore.data.dataset import RawTable
from clvcore.messages import listed, say
from pages.parts.wording import plain


class Masks:
    """Columns of a table that look personal, and those of them that a person said are not."""

    def __init__(self, raw: RawTable, title: str, mark: str) -> None:
        """The columns; looked for once in files of the same ``mark``."""
        self.raw, self.key = raw, f"data_plain_{raw.name}_{title}"
        place = f"data_suspects_{raw.name}"
        kept = st.session_state.get(place)
        if kept is None or kept[0] != mark:
            kept = (mark, suspects(raw.name, raw.frame))
            st.session_state[place] = kept
        self.found: dict[str, Kind] = kept[1]

    @property
    def cleared(self) -> list[str]:
        """Columns of which a person said that they hold no personal data."""
        said = st.session_state.get(self.key) or []
        return [name for name in said if name in self.found]

    @property
    def hidden(self) -> dict[str, Kind]:
        """Columns of which a first letter is shown."""
        return {name: kind for name, kind in self.found.items() if name not in self.cleared}

    @property
    def protect(self) -> dict[str, str]:
        """What was said, for the option ``protect`` of a recipe."""
        return {f"{self.raw.name}.{name}": PLAIN for name in self.cleared}

    def tell(self) -> None:
        """Which columns are masked and why, and the way to say that one is not personal."""
        if not self.found:
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if self.hidden:
                st.caption(masked_note(self.hidden), width="content")
            else:
                st.caption(say("page_data.masked.none"), width="content")
            with st.popover(
                say("page_data.masked.otherwise"),
                type="tertiary",
                key=f"{self.key}_box",
            ):
                st.pills(
                    say("page_data.masked.plain"),
                    list(self.found),
                    selection_mode="multi",
                    key=self.key,
                    help=say("page_data.masked.plain_help"),
                )


def masked_note(hidden: Mapping[str, Kind]) -> str:
    """Which columns are masked, and why."""
    named = [
        say("page_data.masked.column", column=name, kind=say(f"data.clean.kind_{kind}"))
        for name, kind in hidden.items()
    ]
    return plain(say("page_data.masked.note", columns=listed(named)))
