"""A page opened on a folder with data."""

import re
from pathlib import Path

from streamlit.testing.v1 import AppTest

import clvcore

SHELL = Path(clvcore.__file__).parents[1] / "pages" / "shell.py"
CHARTS = {
    key
    for file in SHELL.parent.rglob("*.py")
    for key in re.findall(r'key="(\w+)"', file.read_text("utf-8"))
}
"""Keys of all charts, among others."""
FURTHER = (
    "users_about",
    "users_take",
    "whatif_further",
    "whatif_acted_on",
    "quality_worst_groups_fold",
    "quality_worst_users_fold",
    "quality_never_fold",
    "quality_everything",
    "train_marks_fold",
)
"""What else is drawn only where it is open."""


def unfolded() -> AppTest:
    """The app with the tables of all charts open, and all else that is not drawn while closed."""
    app = AppTest.from_file(SHELL, default_timeout=120)
    for key in (*(f"{chart}_numbers" for chart in CHARTS), *FURTHER):
        app.session_state[key] = True
    return app


def opened_on(folder: Path, page: str, **link: str) -> AppTest:
    """The page on the folder's data set; further parts of the link by name."""
    at = unfolded()
    at.session_state["own"] = [str(folder)]
    for key, text in {"data": str(folder), **link}.items():
        at.query_params[key] = text
    return at.switch_page(f"{page}.py").run()
