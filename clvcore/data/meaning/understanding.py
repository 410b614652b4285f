"""What is understood of a raw table before a person accepts it: columns, readings, open questions.

Nothing is decided here that the values leave open. A role that two columns could play, an order of
day and month that no date tells, a mark that may part decimals or thousands: each becomes a
question with its readings side by side, and all questions are there at once.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from clvcore.data.cells.choices import Choices, ColumnChoices
from clvcore.data.cells.private import kind_of, masked_cells
from clvcore.data.cells.roles import ROLES, Role
from clvcore.data.cells.table import Cells
from clvcore.data.dataset import ColumnMap, RawTable
from clvcore.data.meaning.guesses import guessed
from clvcore.data.meaning.known import Known
from clvcore.data.meaning.mapping import Matched, checked, looks_like, matched, simple
from clvcore.data.meaning.proposals import Answer, Confidence, Proposal, Question
from clvcore.data.meaning.readings import currencies_of, currency_question, read_column
from clvcore.data.meaning.shaping import without_role
from clvcore.messages import listed, say


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is understood of one table."""

    table: str
    source: str
    map: ColumnMap
    """The roles that have a column or a constant; open ones are missing."""
    columns: tuple[Proposal, ...]
    """One for each column with a role, in the order of the roles."""
    unused: tuple[str, ...]
    """Columns without a role that were not read otherwise either."""
    questions: tuple[Question, ...]
    currencies: tuple[str, ...] = ()
    """Names of money beside the amounts or in a column of currencies."""
    readings: Mapping[str, ColumnChoices] = field(default_factory=dict)
    """column -> how it is read, decided on all its values or said by a person"""
    files: Mapping[str, Mapping[str, ColumnChoices]] = field(default_factory=dict)
    """file -> the same for columns that are read otherwise in it than in another"""


def understand(
    raw: RawTable,
    given: ColumnMap | None = None,
    *,
    settled: bool = False,
    unused: Iterable[str] = (),
    choices: Choices | None = None,
    time_zone: str = "UTC",
    currency: str | None = None,
    export: Known | None = None,
) -> Understanding:
    """What is understood of a table.

    Args:
        raw: The table as it was read.
        given: Roles that a person decided.
        settled: Whether ``given`` is all that plays a role.
        unused: Columns that a person said play no role.
        choices: How columns are to be read where a person or an export says so.
        time_zone: IANA zone of times without offset.
        currency: ISO 4217 code of the amounts, where it is known.
        export: The known export that the table is of.

    Raises:
        MappingError: ``given`` names a role or a column that is not there.
    """
    given = checked(raw, given or ColumnMap({}))
    shaped = None if export is None or settled else export.table_for(raw)
    looks: dict[str, str] = {}
    if settled:
        found = Matched(given, _lacking(raw, given))
    elif shaped is not None:
        own = shaped.map_for(raw)
        roles, constants = {**own.roles, **given.roles}, {**own.constants, **given.constants}
        joint = ColumnMap(roles, constants)
        found = Matched(joint, _lacking(raw, joint))
    else:
        found, looks = guessed(raw, matched(raw, given, unused=unused), unused)
    cells = Cells(raw, found.map, time_zone, choices or Choices())
    said = {} if settled else given.roles
    title = export.title if export is not None and shaped is not None else None
    read = {role: read_column(cells, role) for role in _played(raw, found.map)}
    named = currencies_of(cells)
    money = None if currency else currency_question(cells, named)
    asked = [
        *(_open_role(raw, role, columns) for role, columns in found.open.items()),
        *(one.question for one in read.values() if one.question is not None),
        *([] if money is None else [money]),
    ]
    return Understanding(
        table=raw.name,
        source=raw.source,
        map=found.map,
        columns=tuple(
            Proposal(
                found.map.roles[role.name],
                role.name,
                *_trust(raw, role, found.map.roles[role.name], said, looks, title),
                reads=one.says,
                asks=one.question is not None,
            )
            for role, one in read.items()
        ),
        unused=tuple(without_role(raw, cells.unused())),
        questions=tuple(asked),
        currencies=tuple(named),
        readings={found.map.roles[role.name]: one.decided for role, one in read.items()},
        files={
            file: {
                found.map.roles[role.name]: one.files[file]
                for role, one in read.items()
                if file in one.files
            }
            for file in cells.files.names
        },
    )


def _played(raw: RawTable, given: ColumnMap) -> list[Role]:
    return [role for role in ROLES[raw.name] if role.name in given.roles]


def _lacking(raw: RawTable, given: ColumnMap) -> dict[str, tuple[str, ...]]:
    have = {*given.roles, *given.constants}
    return {role.name: () for role in ROLES[raw.name] if role.required and role.name not in have}


def _trust(
    raw: RawTable,
    role: Role,
    column: str,
    said: Mapping[str, str],
    looks: Mapping[str, str],
    export: str | None,
) -> tuple[Confidence, str]:
    """How far the role of a column can be trusted, and why."""
    if said.get(role.name) == column:
        return Confidence.SURE, say("data.known.why_said")
    if export is not None:
        return Confidence.SURE, say("data.known.why_export", export=export)
    if role.name in looks:
        return Confidence.UNSURE, say(f"data.known.why_{looks[role.name]}")
    if column != role.name and simple(column) not in role.synonyms:
        return Confidence.UNSURE, say("data.known.why_time")
    if looks_like(role, raw, column):
        return Confidence.SURE, say("data.known.why_name")
    return Confidence.LIKELY, say("data.known.why_only_name")


def _open_role(raw: RawTable, role: str, columns: tuple[str, ...]) -> Question:
    """The question for the column of a role, each candidate with some of its values."""
    (asked,) = (one for one in ROLES[raw.name] if one.name == role)
    answers = tuple(
        Answer(name, say("data.known.means_column", column=name, values=_some(raw, name)))
        for name in columns
    )
    key = "data.known.asks_role" if columns else "data.known.asks_missing"
    text = say(key, role=say(f"data.known.role.{role}"), source=raw.source)
    return Question("role", raw.name, role, None, text, answers, required=asked.required)


def _some(raw: RawTable, column: str) -> str:
    cells = raw.frame[column]
    values = cells.drop_nulls().head(200).unique(maintain_order=True)
    kind = kind_of(raw.name, column, cells)
    if kind is not None:
        values = masked_cells(values, kind)
    return listed([value.strip()[:24] for value in values.head(3).to_list()])
