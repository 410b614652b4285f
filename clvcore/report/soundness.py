"""The report on how sound a data set is, as one story: findings first, then the facts."""

from datetime import datetime

from clvcore.charts import numbers
from clvcore.data.dataset import Dataset
from clvcore.messages import say
from clvcore.messages.languages import language
from clvcore.report.quality import Quality, quality_of
from clvcore.report.sections.data import accounts_table, data_answer, findings_block, volumes_block
from clvcore.report.sections.lineage import lineage_section
from clvcore.report.sections.quality import quality_section
from clvcore.report.story import Block, Headline, Report, Section, Term


def soundness(data: Dataset, *, made_at: datetime) -> Report:
    """The report of a data set, to be written by `clvcore.report.html`.

    Args:
        data: That the report is about.
        made_at: Stands on the cover, with its time zone.
    """
    quality = quality_of(data)
    recipe = data.recipe
    source = ""
    if recipe.source:
        source = say("report.colophon.source_is", source=recipe.source, licence=recipe.licence)
    first, last = data.observed
    return Report(
        title=say("page_data.again_title", name=data.name),
        answer=data_answer(data),
        language=language(),
        made_at=made_at,
        data_id=data.id,
        data_name=data.name,
        run_id=None,
        is_simulated=recipe.simulated,
        source=source,
        headlines=_headlines(quality),
        sections=(_came_in(data), quality_section(quality), lineage_section(data)),
        filters=(
            Term(
                say("report.filters.observed"),
                say("report.filters.observed_is", first=first, last=last),
            ),
        ),
    )


def _came_in(data: Dataset) -> Section:
    accounts = Block(
        say("page_data.accounts"),
        say("page_data.accounts_help"),
        tables=(accounts_table(data),),
    )
    blocks = (findings_block(data), accounts, volumes_block(data))
    return Section("data", say("report.data.title"), data_answer(data), blocks)


def _headlines(quality: Quality) -> tuple[Headline, ...]:
    """What became of the rows and the money of the events."""
    events = next((one for one in quality.accounts if one.table == "events"), None)
    if events is None:
        return ()
    currency = quality.data.currency
    shown = {
        "rows_in": numbers.headline_count(events.rows_in),
        "accepted": numbers.headline_count(events.accepted),
        "rejected": numbers.headline_count(events.rejected),
        "ignored": numbers.headline_count(events.ignored),
        "money": numbers.headline_money(events.money_accepted, currency),
    }
    return tuple(
        Headline(say(f"page_data.again_head_{name}"), value, say(f"page_data.again_about_{name}"))
        for name, value in shown.items()
    )
