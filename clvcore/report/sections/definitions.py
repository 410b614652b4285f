"""What the words of the report mean, on its basis, horizon and level."""

from clvcore.messages import say
from clvcore.report.story import Block, Section, Term
from clvcore.value.users import UserValue


def definitions_section(worth: UserValue | None) -> Section:
    """The words, as they are used in this report."""
    terms = [] if worth is None else _value_terms(worth)
    terms += [
        Term(say(f"report.definitions.{name}"), say(f"report.definitions.{name}_is"))
        for name in ("ndcg", "similarity", "coverage", "interval", "unknown")
    ]
    return Section(
        "definitions",
        say("report.definitions.title"),
        say("report.definitions.answer"),
        (Block(terms=tuple(terms)),),
    )


def _value_terms(worth: UserValue) -> list[Term]:
    made = worth.forecast
    told = {
        "days": f"{made.horizon_days:g}",
        "level": f"{made.level:.0%}",
        "period": say(f"value.period.{worth.acquisition.period}"),
    }
    return [
        Term(say("page_value.ltv"), say(f"report.definitions.ltv_{worth.basis}")),
        Term(say("page_value.cac"), say("report.definitions.cac_is", **told)),
        Term(say("report.definitions.cl"), say("report.definitions.cl_is", **told)),
        Term(say("page_value.clv"), say("report.definitions.clv_is")),
        Term(say("report.definitions.forecast"), say("report.definitions.forecast_is", **told)),
    ]
