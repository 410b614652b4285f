"""Is the model better than the baselines? What it is, and how it was judged."""

import polars as pl

from clvcore.charts.ranking import compared
from clvcore.messages import say
from clvcore.ranking.beyond import Beyond, Overall
from clvcore.ranking.evaluate import Protocol, RankingReport
from clvcore.ranking.metrics import Metric
from clvcore.ranking.money import Share
from clvcore.report.cells import count, table
from clvcore.report.judged import answer_of, gaps, one_metric, who
from clvcore.report.material import MODEL, Trained
from clvcore.report.story import Block, Chart, Section, Table

USUAL_LENGTH = 10
METRIC = Metric.NDCG.value
ORDER = (
    *(metric.value for metric in Metric),
    *(share.value for share in Share),
    *(one.value for one in Beyond),
    *(one.value for one in Overall),
)


def model_section(trained: Trained | None, *, data_name: str) -> Section:
    """The model beside its baselines; without a run, why there is none."""
    title = say("report.model.title")
    if trained is None:
        return Section("model", title, say("report.model.none", name=data_name))
    ranking = trained.ranking
    if ranking is None:
        answer, blocks = say("report.model.not_judged", run=trained.run_id), []
    else:
        k = usual_length(ranking)
        answer = answer_of(ranking, Protocol.NEW, METRIC, k)
        judged = _compared(ranking, k)
        blocks = [] if judged is None else [judged]
    return Section("model", title, answer, (*blocks, _made(trained)))


def usual_length(ranking: RankingReport) -> int:
    """Ten recommendations where they were judged, else the shortest list."""
    return USUAL_LENGTH if USUAL_LENGTH in ranking.k else ranking.k[0]


def _compared(ranking: RankingReport, k: int) -> Block | None:
    """The chart and its table; None where nobody could be judged."""
    judged = next(one for one in ranking.judged if one.protocol == Protocol.NEW)
    rows = one_metric(ranking, Protocol.NEW, METRIC, k)
    if rows.is_empty():
        return None
    measure = say("page_quality.measure", metric=say(f"page_quality.metric.{METRIC}"), k=k)
    shown = rows.join(gaps(ranking, Protocol.NEW, METRIC, k), on="model", how="left").sort(
        "mean", "model", descending=[True, False]
    )
    columns = {"model": (say("page_quality.column.model"), "word")}
    columns |= {
        name: (say(f"page_quality.column.{name}"), "score")
        for name in ("mean", "low", "high", "gap", "gap_low", "gap_high")
    }
    chart = Chart(
        title=say("report.model.chart", k=k),
        figure=compared(rows, subject=MODEL, measure=measure),
        alt=say("page_quality.alt", measure=measure),
        table=table(say("report.model.table", k=k), _named(shown), columns),
    )
    return Block(
        say("report.model.beside"),
        say(f"page_quality.about.{METRIC}"),
        charts=(chart,),
        tables=(_everything(ranking),),
        notes=(who(ranking, judged), say("page_quality.interval_note")),
    )


def _named(rows: pl.DataFrame) -> list[dict[str, object]]:
    return [row | {"model": say(f"page_quality.model.{row['model']}")} for row in rows.to_dicts()]


def _everything(ranking: RankingReport) -> Table:
    """Every metric of every model, on new items and where items taken again count too."""
    place = {name: i for i, name in enumerate(ORDER)}
    rows = ranking.metrics.sort(
        pl.col("protocol") != Protocol.NEW.value,
        pl.col("metric").replace_strict(place, default=len(place)),
        "k",
        "mean",
        "model",
        descending=[False, False, False, True, False],
    )
    named = [
        row
        | {
            "metric": say(f"page_quality.metric.{row['metric']}"),
            "protocol": say(f"report.model.protocol_{row['protocol']}"),
        }
        for row in _named(rows)
    ]
    columns = {
        "protocol": (say("report.model.counts"), "word"),
        "metric": (say("page_quality.column.metric"), "word"),
        "k": (say("page_quality.column.k"), "count"),
        "model": (say("page_quality.column.model"), "word"),
        **{name: (say(f"page_quality.column.{name}"), "score") for name in ("mean", "low", "high")},
        "users": (say("page_quality.column.users"), "count"),
    }
    return table(say("page_quality.everything"), named, columns, folded=True)


def _made(trained: Trained) -> Block:
    """What the model is and how it was made."""
    tower = trained.config["tower"]
    told = say(
        "report.model.made",
        encoder=say(f"report.model.encoder.{tower['encoder']}"),
        similarity=say(f"report.model.similarity.{tower['similarity']}"),
        parameters=count(trained.parameters),
        epochs=trained.epochs,
        preset=trained.config.get("preset") or say("report.model.no_preset"),
        device=trained.device,
    )
    settings = {**tower, **trained.config["train"]}
    rows = [
        {"name": name, "value": say("report.model.default") if value is None else value}
        for name, value in settings.items()
    ]
    columns = {
        "name": (say("report.model.setting"), "word"),
        "value": (say("report.model.value"), "word"),
    }
    shown = table(say("report.model.settings"), rows, columns, folded=True)
    return Block(say("report.model.what"), told, tables=(shown,))
