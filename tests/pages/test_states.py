"""Every page has something to say about whatever came in, however little."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import clvcore
from clvcore.data.clean import bring_in
from clvcore.data.dataset import Recipe
from clvcore.data.files.read import read
from clvcore.data.meaning.mapping import propose
from clvcore.runs.workspace import Workspace
from pages.parts.places import places

SHELL = Path(clvcore.__file__).parents[1] / "pages" / "shell.py"
FILES = {
    "one_event": b"user_id,time\nu1,2025-03-01 14:30:00\n",
    "only_views": b"user_id,item_id,time,kind\n"
    + b"".join(
        f"u{user},p{(user * day) % 5},2025-03-{day:02} 14:30:00,view\n".encode()
        for user in range(12)
        for day in range(1, 29, 3)
    ),
}


@pytest.fixture(params=["one_event", pytest.param("only_views", marks=pytest.mark.slow)])
def brought_in(request, home) -> str:
    """A data set of little, as somebody brought it in; its id."""
    raw = read(FILES[request.param], table="events", source=f"{request.param}.csv")
    intake = bring_in(
        {"events": raw},
        Recipe(name=request.param, currency="EUR", time_zone="UTC", maps={"events": propose(raw)}),
    )
    Workspace(home).add(intake)
    return intake.dataset.id


def test_every_page_opens_and_says_what_there_is(brought_in):
    for place in places():
        at = AppTest.from_file(SHELL, default_timeout=120)
        at.query_params["data"] = brought_in
        at.run()
        if place.name != "home":
            at.switch_page(f"{place.name}.py").run()
        assert not at.exception, place.name
        assert [error.value for error in at.error] == [], place.name
        assert len(at.title) == 1, place.name
        assert at.header[0].value, place.name
