"""Values of all rooms become one report."""

from collections.abc import Callable, Sequence
from datetime import datetime

from clvcore.data.dataset import Dataset
from clvcore.messages import listed, say
from clvcore.messages.languages import language
from clvcore.report.material import Material
from clvcore.report.sections.data import data_section
from clvcore.report.sections.definitions import definitions_section
from clvcore.report.sections.model import model_section
from clvcore.report.sections.recommendations import recommendations_section
from clvcore.report.sections.scenario import in_words, scenario_section
from clvcore.report.sections.value import answer, headlines, value_section
from clvcore.report.story import Report, Section, Term

PARTS = ("data", "model", "recommendations", "value", "scenario")
"""What a report may hold, in its order; the definitions are always there."""


def compose(
    material: Material,
    *,
    made_at: datetime,
    title: str = "",
    parts: Sequence[str] = PARTS,
    ids: bool = False,
) -> Report:
    """The report of a data set.

    Args:
        material: of one data set.
        made_at: stands on the cover, with its time zone.
        title: of the report; the name of the data set where empty.
        parts: of `PARTS`; their order is always the same.
        ids: whether the users that are examples bear their ids; else they are numbered.
    """
    data, worth, trained = material.data, material.worth, material.trained
    sections: dict[str, Callable[[], Section]] = {
        "data": lambda: data_section(data),
        "model": lambda: model_section(trained, data_name=data.name),
        "recommendations": lambda: recommendations_section(trained, data, ids=ids),
        "value": lambda: value_section(worth, material.groups),
        "scenario": lambda: scenario_section(
            material.outcome,
            currency=data.currency,
            basis=worth.basis,
            why_none=material.no_outcome,
        ),
    }
    total = material.groups[0].total
    told = [sections[part]() for part in PARTS if part in parts]
    return Report(
        title=title.strip() or say("report.cover.title", name=data.name),
        answer=answer(worth, total),
        language=language(),
        made_at=made_at,
        data_id=data.id,
        data_name=data.name,
        run_id=trained.run_id if trained else None,
        is_simulated=data.recipe.simulated,
        source=_source(data),
        headlines=headlines(worth, total),
        sections=(*told, definitions_section(worth)),
        filters=_filters(material),
    )


def _source(data: Dataset) -> str:
    recipe = data.recipe
    if not recipe.source:
        return ""
    return say("report.colophon.source_is", source=recipe.source, licence=recipe.licence)


def _filters(material: Material) -> tuple[Term, ...]:
    """What the numbers were asked for."""
    worth = material.worth
    first, last = material.data.observed
    changes = material.no_outcome or say("report.filters.no_scenario")
    if material.outcome is not None:
        changes = in_words(material.outcome)
    told = {
        "observed": say("report.filters.observed_is", first=first, last=last),
        "users": say("report.filters.users_is"),
        "basis": say(f"page_whatif.{worth.basis}"),
        "horizon": say("page_value.days", days=f"{worth.forecast.horizon_days:g}"),
        "level": f"{worth.forecast.level:.0%}",
        "groups": listed([_grouping(one.by) for one in material.groups]),
        "scenario": changes,
    }
    return tuple(Term(say(f"report.filters.{name}"), text) for name, text in told.items())


def _grouping(by: str) -> str:
    return say(f"page_value.word.{by}") if by in ("channel", "cohort", "segment") else by
