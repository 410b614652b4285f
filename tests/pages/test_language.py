"""Each session hears its own language; who chose none hears that of the browser."""

from clvcore.messages import languages, say


def test_two_sessions_at_once_hear_two_languages(opened):
    english, chinese = opened(), opened(lang="zh")
    for _ in range(2):
        for app, words in ((english, "Language"), (chinese, "语言")):
            app.run()
            assert not app.exception
            switch = app.sidebar.segmented_control(key="choice.lang")
            assert switch.label == words


def test_the_switch_keeps_the_data_set_and_says_all_in_the_other_language(opened, shop):
    app = opened()
    app.sidebar.segmented_control(key="choice.lang").set_value("zh").run()
    assert app.session_state["data"] == shop.id
    assert app.sidebar.segmented_control(key="choice.lang").label == "语言"
    with languages.speaking("zh"):
        assert app.title[0].value == say("pages.home.title")
    app.sidebar.segmented_control(key="choice.lang").set_value("en").run()
    assert app.title[0].value == "Home"
