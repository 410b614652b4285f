"""How sentences of the core are said where somebody has a page before them and no terminal."""

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
    if (
        f"page_data.bring.role.{values.get('role')}" in catalogue()
    ):  # the box in which it is chosen bears another name than in a command
        values["role"] = say(f"page_data.bring.role.{values['role']}")
    if room == "workspace":
        return say(f"workspace.{name}_page", **values)
    return say(f"data.{name}_page", **values)
