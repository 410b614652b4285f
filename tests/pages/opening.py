"""A page opened on a folder with data."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

import clvcore

SHELL = Path(clvcore.__file__).parents[1] / "pages" / "shell.py"


def opened_on(folder: Path, page: str, **link: str) -> AppTest:
    """The page on the folder's data set; further parts of the link by name."""
    at = AppTest.from_file(SHELL, default_timeout=120)
    at.session_state["own"] = [str(folder)]
    for key, text in {"data": str(folder), **link}.items():
        at.query_params[key] = text
    return at.switch_page(f"{page}.py").run()
