"""The Report page hands out what the other pages show, and says what is missing."""

import re

import pytest

from clvcore.messages import say

FEW = {"report_by": "channel"}
"""One grouping is enough here, and a third of the work."""
ROW = re.compile(r'<tr class="total">(.*?)</tr>', re.DOTALL)
CELL = re.compile(r"<t[dh][^>]*>(.*?)</t[dh]>")
SCENARIO = {"report_set": ["retention=+5%", "cac=-10%"], "report_scope": "channel=email"}


def metrics(at):
    return {one.label: one.value for one in at.metric}


def answers(at):
    return " ".join(one.value for one in at.markdown).replace("\\", "")


def test_the_file_and_the_page_tell_the_totals_of_the_value_page(opened):
    at = opened("report", **FEW, report_preview="true", report_parts="value")
    assert not at.exception
    assert not at.error
    shown = metrics(at)
    frame = at.get("iframe")[0].proto.srcdoc
    totals = [CELL.findall(row) for row in ROW.findall(frame.replace("&lt;", "<")
              .replace("&gt;", ">").replace("&#34;", '"'))]  # fmt: skip

    at.switch_page("value.py").run()
    value = metrics(at)
    assert {shown[name] for name in ("LTV", "CAC", "CLV")} == {
        value[name] for name in ("LTV", "CAC", "CLV")
    }
    assert shown["Next 365 days"] == value["Next 365 days"]
    table = next(one.value for one in at.dataframe if one.value.columns[0] == "group")
    last = table.iloc[-1]
    by_channel = next(cells for cells in totals if len(cells) == len(table.columns))
    for place, name in enumerate(table.columns):
        if name in ("clv", "ltv", "cac", "forecast", "forecast_low", "forecast_high"):
            said = float(by_channel[place].replace(",", ""))
            assert said == pytest.approx(last[name], abs=0.00501), "to the cent"


def test_a_cold_link_tells_the_scenario_again_and_leads_back_to_its_levers(opened):
    at = opened("report", **FEW, **SCENARIO)
    assert not at.exception
    assert "retention +5%" in answers(at)
    assert "email" in answers(at)
    link = next(one.proto for one in at.get("page_link") if "whatif" in one.proto.page)
    assert "whatif_retention=5" in link.query_string
    assert "whatif_cac=-10" in link.query_string


def test_without_a_run_and_a_scenario_it_says_so_and_can_be_taken_all_the_same(opened):
    at = opened("report", **FEW)
    assert not at.exception
    assert "No model has been trained on corner" in answers(at)
    assert "No scenario was set" in answers(at)
    button = at.get("download_button")[0].proto
    assert button.label == say("page_report.get")
    at.pills(key="report_parts").set_value(["data", "value"]).run()
    assert "No model has been trained" not in answers(at)
    assert at.query_params["report_parts"] in ("data,value", ["data,value"])


def test_what_was_supposed_on_the_whatif_page_is_told_until_it_is_supposed_no_more(opened):
    at = opened("whatif", whatif_retention="5")
    at.session_state["report_by"] = ["channel"]
    at.switch_page("report.py").run()
    assert not at.exception
    assert "With retention +5%, CLV rises" in answers(at)
    assert at.query_params["report_set"] in ("retention=+5%", ["retention=+5%"])
    at.switch_page("whatif.py").run()
    at.slider(key="whatif_retention").set_value(0).run()
    at.switch_page("report.py").run()
    assert "No scenario was set" in answers(at)
    assert "report_set" not in at.query_params


@pytest.mark.parametrize("change", ["luck=+5%", "margin=+5%"])
def test_a_link_to_a_scenario_that_cannot_be_is_answered_with_a_sentence(opened, change):
    at = opened("report", **FEW, report_set=change)
    assert not at.exception
    assert not at.error
    assert metrics(at)["CLV"]
    assert any(
        "luck" in one.value for one in at.warning
    ) or "needs a forecast of margin" in answers(at)


@pytest.mark.slow
def test_users_are_numbered_in_the_file_unless_their_ids_are_asked_for(opened):
    link = FEW | {"report_parts": "recommendations", "report_preview": "true"}
    at = opened("report", **link | {"data": "storefront"})
    assert not at.exception
    box = at.checkbox(key="report_ids")
    assert box.value is False
    users = re.compile(r"\bu\d{6}\b")
    frame = at.get("iframe")[0].proto.srcdoc
    assert "What user 1 would want next" in frame
    assert users.findall(frame) == []
    box.check().run()
    assert len(set(users.findall(at.get("iframe")[0].proto.srcdoc))) == 3
    at.pills(key="report_parts").set_value(["data"]).run()
    assert not at.checkbox  # without examples there is nothing to ask
