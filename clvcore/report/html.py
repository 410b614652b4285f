"""A report becomes one file that opens in any browser, without a network."""

import base64
import gzip
import hashlib
import json
import re
from datetime import datetime
from functools import cache
from importlib.resources import files

import plotly.graph_objects as go
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup
from plotly.offline import get_plotlyjs

import clvcore
from clvcore.charts.numbers import minute
from clvcore.messages import say
from clvcore.messages.languages import speaking
from clvcore.report.story import Report, Term


def html_bytes(report: Report) -> bytes:
    """The report as one HTML file; the same report gives the same bytes.

    All text is escaped. The file's policy lets no other script run than its own two, which it names
    by their digests, and forbids every request, so that no name or title from data can do harm.
    """
    with speaking(report.language):
        return _rendered(report).encode()


def framed(content: bytes, *, about: str) -> str:
    """The file as a frame in another page, of whose address and memory it can reach nothing."""
    frame = (
        '<iframe sandbox="allow-scripts" srcdoc="{}" title="{}"'
        ' style="border:0;width:100%;height:100vh;display:block"></iframe>'
    )
    return str(Markup(frame).format(content.decode(), about))  # noqa: S704 the parts are escaped


def file_name(report: Report) -> str:
    """A name for the file that any system takes."""
    return f"report-{re.sub('[^A-Za-z0-9_-]+', '-', report.data_name).strip('-')[:60]}.html"


def _rendered(report: Report) -> str:
    charts = [chart for section in report.sections for b in section.blocks for chart in b.charts]
    library, digest = _library()
    script = _file("report.js")
    made = say("report.colophon.moment", at=minute(report.made_at), zone=_zone(report.made_at))
    return _template().render(
        report=report,
        words=_words(report, made),
        unfold=lambda caption: say("report.colophon.show_table", caption=caption),
        lang=report.language,
        policy=_policy(digest, _digest(script)),
        css=Markup(_file("report.css")),  # noqa: S704 a file of our own
        script=Markup(script),  # noqa: S704 a file of our own
        library=library,
        numbers={chart: number for number, chart in enumerate(charts, 1)},
        drawings=[_drawing(chart.figure) for chart in charts],
        badge=_badge(is_simulated=report.is_simulated),
        colophon=_colophon(report, made),
    )


def _zone(moment: datetime) -> str:
    """How far its clock is from UTC; the letters of a zone such as CST mean several."""
    offset = moment.isoformat()[-len("+00:00") :]
    return "UTC" if offset == "+00:00" else f"UTC{offset}"


def _words(report: Report, made: str) -> dict[str, str]:
    """What the template itself says."""
    return {
        "about": say("report.cover.about", name=report.data_name),
        "made": say("report.cover.made", moment=made),
        "contents": say("report.cover.contents"),
        "simulated": say("report.cover.simulated_note"),
        "colophon": say("report.colophon.title"),
        "made_with": say("report.colophon.made_with", version=clvcore.__version__),
        "offline": say("report.colophon.offline"),
        "as_table": say("report.colophon.as_table"),
        "no_script": say("report.colophon.no_script"),
    }


def _template() -> Template:
    loader = PackageLoader("clvcore.report", "templates")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("report.html.jinja")


def _file(name: str) -> str:
    """A file beside the template; line ends as a browser reads them, for the digest."""
    text = files("clvcore.report").joinpath("templates", name).read_text("utf-8")
    return text.replace("\r\n", "\n")


@cache
def _library() -> tuple[str, str]:
    """plotly.js, packed and written in letters, and the digest of what comes out of it."""
    source = get_plotlyjs().replace("\r\n", "\n")
    packed = gzip.compress(source.encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode(), _digest(source)


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _policy(*digests: str) -> str:
    """What the file may do: run these scripts and bear its own styles and pictures, no more."""
    scripts = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _drawing(figure: go.Figure) -> Markup:
    """Data and layout of a figure as JSON that cannot end the element it stands in."""
    plain = json.loads(figure.to_json())
    plain["layout"].pop("template", None)  # the look is ours; plotly's default is another
    text = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)  # noqa: S704 no sign is left that HTML would read


def _badge(*, is_simulated: bool) -> Markup:
    if not is_simulated:
        return Markup()
    return Markup(' <span class="badge">{}</span>').format(say("report.cover.simulated"))


def _colophon(report: Report, made: str) -> list[Term]:
    told = {
        "data": report.data_name,
        "data_id": report.data_id,
        "run_id": report.run_id or say("report.colophon.no_run"),
        "made": made,
        "version": say("report.colophon.made_with", version=clvcore.__version__),
    }
    if report.source:
        told["source"] = report.source
    facts = [Term(say(f"report.colophon.{name}"), text) for name, text in told.items()]
    return [*facts[:3], *report.filters, *facts[3:]]
