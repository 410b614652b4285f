"""No sentence stands outside the catalogue: code that shows words asks for them by key."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

import clvcore

ROOT = Path(clvcore.__file__).parents[1]
SHOWING = (
    "pages/**/*.py",
    "clvcore/charts/**/*.py",
    "clvcore/report/**/*.py",
    "clvcore/cli/**/*.py",
)
SOURCES = sorted(file for pattern in SHOWING for file in ROOT.glob(pattern))
RAISING = sorted(ROOT.glob("clvcore/**/*.py"))

COMMANDS = {
    "add_column", "alert", "badge", "button", "caption", "chat_input", "checkbox", "container", "date_input",
    "dialog", "download_button", "echo", "error", "expander", "feedback", "file_uploader",
    "form_submit_button", "header", "help", "info", "link_button", "markdown", "metric",
    "multiselect", "number_input", "pills", "popover", "print", "progress", "radio",
    "segmented_control", "selectbox", "slider", "spinner", "status", "subheader", "success",
    "tabs", "text", "text_area", "text_input", "title", "toast", "toggle", "warning", "write",
}  # fmt: skip
"""Calls that show what they are given first."""
SHOWN = {
    "alt", "caption", "delta", "help", "hovertemplate", "hovertext", "label", "note",
    "page_title", "placeholder", "prompt", "short_help", "text", "ticktext", "title",
    "title_text", "tooltip",
}  # fmt: skip
"""Arguments that are shown wherever they are given."""
WORD = re.compile(r"[^\W\d_]{2,}")
MARK = re.compile(r":material/\w*:?|%\{[^}]*\}|<[^>]*>|&\w+;|https?://\S*")
"""What stands in a text and is no word: icons, gaps of plotly, markup, links."""
SENTENCE = re.compile(r"[^\W\d_]{2,}( [^\W\d_]{2,}){2}")
"""Three words in a row, wherever they stand."""
NAMED_MONTH = re.compile(r"%-?[aAbBp]")


def words_of(node: ast.expr) -> str:
    """The letters that a literal shows; "" where all of it comes from elsewhere."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    elif isinstance(node, ast.BinOp):
        return words_of(node.left) or words_of(node.right)
    elif isinstance(node, ast.IfExp):
        return words_of(node.body) or words_of(node.orelse)
    elif isinstance(node, ast.List | ast.Tuple):
        return next(filter(None, map(words_of, node.elts)), "")
    else:
        return ""
    return text if WORD.search(MARK.sub(" ", text)) else ""


def shown_by(call: ast.Call) -> Iterator[ast.expr]:
    """What a call shows to people."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    is_trace = name.startswith("add_")
    if name in COMMANDS and call.args:
        yield call.args[0]
    if isinstance(call.func, ast.Name) and call.func.id in {"Text", "opening", "chart"}:
        yield from call.args
    for keyword in call.keywords:
        is_axis = keyword.arg in {"x", "y"} and name == "figure"
        if keyword.arg in SHOWN or is_axis or (is_trace and keyword.arg == "name"):
            yield keyword.value


def sentences(source: str, *, showing: bool = True) -> list[str]:
    """Words in a source that a person would read and that no catalogue holds.

    Args:
        source: of a module.
        showing: whether the module shows things; else only what is raised is looked at.
    """
    tree = ast.parse(source)
    known = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            found += filter(None, map(words_of, node.exc.args))
        if not showing:
            continue
        if isinstance(node, ast.Call):
            found += filter(None, map(words_of, shown_by(node)))
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            spec = "".join(
                str(part.value)
                for part in node.format_spec.values
                if isinstance(part, ast.Constant)
            )
            found += NAMED_MONTH.findall(spec)
        elif isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in known:
            found += filter(SENTENCE.search, [words_of(node)])
    return found


@pytest.mark.parametrize(
    "planted",
    [
        'st.subheader("What next")',
        'st.metric(say("a.b"), help="Rows in.")',
        'column.button("Go" if ready else say("a.b"))',
        'st.tabs(["First", say("a.b")])',
        'st.caption(f"{n} users")',
        'made.add_bar(x=x, name="baseline")',
        'made.add_scatter(x=x, hovertemplate="mean: %{y}<extra></extra>")',
        'made.update_xaxes(title_text="Revenue")',
        'template.figure(x="week", y=say("a.b"))',
        'raise DataError("no rows")',
        'raise DataError(f"{name} is not here")',
        '@click.option("--top", help="How many.")\ndef f(): ...',
        'click.echo("Done")',
        'console.print(Text("Reading"))',
        'told = "Nobody came back this week"',
        'label = f"{day:%-d %b}"',
    ],
)
def test_the_search_finds_a_planted_sentence(planted):
    assert sentences(planted)


def test_the_search_leaves_alone_what_nobody_reads():
    source = """
        \"\"\"A docstring with many words in it.\"\"\"
        st.page_link("data.py", label=say("pages.go.data"), icon=":material/upload:")
        st.markdown(f"**{say('a.b')}**")
        st.slider(say("a.b"), key="whatif_price", format="%+d%%")
        made.add_bar(name=say("a.b"), hovertemplate=say("a.c"), marker={"color": "red"})
        text.caption(f":material/{icon}: {plain(told)}")
        raise DataError(say("a.b", name=name))
        frame.select("group", "users").sort("users")
    """
    assert sentences(dedent(source)) == []


@pytest.mark.parametrize("file", SOURCES, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_shown_comes_from_the_catalogue(file):
    assert sentences(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", RAISING, ids=lambda file: str(file.relative_to(ROOT)))
def test_what_is_raised_comes_from_the_catalogue(file):
    assert sentences(file.read_text("utf-8"), showing=False) == []
