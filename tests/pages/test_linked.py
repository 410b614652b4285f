"""What is chosen stands in the URL by its id, so that links outlive words and languages."""

import pytest
from streamlit.testing.v1 import AppTest


def page():
    import streamlit as st

    from pages.parts import linked

    words = {"ltv": "What they brought", "cac": "What they cost"}
    told = linked.segments("Show", list(words), key="x_show", default="ltv", shown=words.get)
    count = linked.select("How many", [5, 10], key="x_count", default=10)
    more = linked.segments("More", ["a", "b"], key="x_more", default=None)
    st.write(told, count, more)


@pytest.fixture
def app():
    return AppTest.from_function(page)


def test_the_url_names_what_was_chosen_by_its_id(app):
    at = app.run()
    assert "x_show" not in at.query_params
    at.segmented_control(key="x_show").set_value("cac").run()
    at.selectbox(key="x_count").set_value(5).run()
    assert not at.exception
    assert at.query_params["x_show"] in ("cac", ["cac"])
    assert at.query_params["x_count"] in ("5", ["5"])


def test_a_link_chooses_by_the_id(app):
    app.query_params["x_show"] = "cac"
    app.query_params["x_count"] = "5"
    app.query_params["x_more"] = "b"
    at = app.run()
    assert at.segmented_control(key="x_show").value == "cac"
    assert at.selectbox(key="x_count").value == 5
    assert at.segmented_control(key="x_more").value == "b"


def test_what_a_link_cannot_mean_leaves_what_everybody_sees_first(app):
    app.query_params["x_show"] = "What they cost"
    app.query_params["x_count"] = "7"
    at = app.run()
    assert at.segmented_control(key="x_show").value == "ltv"
    assert at.selectbox(key="x_count").value == 10
    assert at.segmented_control(key="x_more").value is None
    assert "x_show" not in at.query_params


def test_what_is_chosen_first_leaves_the_url_again(app):
    app.query_params["x_show"] = "cac"
    at = app.run()
    at.segmented_control(key="x_show").set_value("ltv").run()
    assert "x_show" not in at.query_params
