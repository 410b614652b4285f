"""How sentences of the core are said where somebody has a page before them and no terminal."""

from clvcore.charts import words
from clvcore.messages import Said, again, catalogue, say


def on_page(text: str) -> str:
    """A sentence as it helps on a page, or in a report.

    What to do is another thing there: a box to choose in, not an option to type.
    """
    if not isinstance(text, Said):
        return text
    room, _, name = text.key.partition(".")
    if f"{text.key}_page" not in catalogue():
        return again(text)
    values = dict(text.values)
    # the box in which it is chosen bears another name than in a command
    if f"data.known.role.{values.get('role')}" in catalogue():
        values["role"] = words.role(str(values["role"]))
    if room == "workspace":
        return say(f"workspace.{name}_page", **values)
    return say(f"data.{name}_page", **values)
