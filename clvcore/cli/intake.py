"""How a command is told to bring tables in: its options, and the recipe and the maps they mean."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import click

from clvcore import columns as col
from clvcore.cli.readings import check_files, reading_options, said_readings
from clvcore.data import recipe as recipes
from clvcore.data.cells.choices import Choices
from clvcore.data.cells.rates import rate_table, rates_of
from clvcore.data.cells.rules import chosen
from clvcore.data.dataset import ColumnMap, Domain, RawTable, Recipe
from clvcore.data.meaning.currency import NO_MONEY, currency_told
from clvcore.data.meaning.known import Known, known_exports, recognised
from clvcore.data.meaning.mapping import propose
from clvcore.data.meaning.understanding import Understanding, understand
from clvcore.errors import ConfigError, MappingError, NotFoundError
from clvcore.messages import listed, say
from clvcore.runs.workspace import Workspace, table_file

PLAIN = "none"
"""What is said in place of a known export where there is none."""
FACTS = ("name", "currency", "time_zone", "domain", "observed_until")
"""Parts of the recipe that an option sets."""

_WAYS = ("keep", "hash", "drop", "plain")
_BY_NAME = ("kinds", "rules", "rates", "protect", "files")
"""Choices of cleaning that a command adds to those of the recipe."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person said on the command line about reading tables."""

    maps: Sequence[str]
    constants: Sequence[str]
    options: Mapping[str, Any]
    """Choices of cleaning that were set here."""
    facts: Mapping[str, Any]
    """Parts of the recipe by name; None where nothing was said."""
    recipe_file: Path | None
    export: str | None = None
    """Key of the known export that the files are read as; None recognises one."""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Wishes":
        """The wishes among the options that `recipe_options` gathered."""
        choices = {**said_readings(given), "drop_duplicates": given["drop_duplicates"]}
        choices |= said_meaning(given)
        choices["rules"] = dict(_choice(text) for text in given["choose"])
        choices["protect"] = {column: way for way in _WAYS for column in given[way]}
        choices["keep_currency"] = (given["keep_currency"] or "").strip().upper()
        return cls(
            maps=given["maps"],
            constants=given["constants"],
            options={name: value for name, value in choices.items() if value},
            facts={name: given[name] for name in FACTS},
            recipe_file=given["recipe_file"],
            export=given["export"],
        )

    def known(self, raws: Mapping[str, RawTable]) -> Known | None:
        """The known export that the tables are read as; None where they are read as they stand.

        Raises:
            NotFoundError: there is no known export of the name that was given.
        """
        if self.recipe_file is not None or self.export == PLAIN:
            return None
        every = known_exports(Workspace.default().known)
        if self.export is None:
            return recognised(raws, every)
        found = next((one for one in every if one.key == self.export), None)
        if found is None:
            names = listed([one.key for one in every], most=len(every))
            raise NotFoundError(say("data.known.none_of_that_name", name=self.export, names=names))
        return found

    def recipe(self, raws: Mapping[str, RawTable], name: str) -> Recipe:
        """The recipe for these tables, called ``name`` where no other name was given."""
        check_files(self.options, raws)
        known = self.known(raws)
        recipe = _recipe(self.recipe_file, name, self.facts, self.options, known)
        if known is not None:
            recipe, raws = known.recipe(raws, recipe), known.named(raws)
        maps = _maps(raws, recipe, self.maps, self.constants)
        if self.recipe_file is None and not (self.facts["currency"] or (known and known.currency)):
            answer = say("data.currency_say")
            recipe = replace(recipe, currency=currency_told(raws, maps, recipe.options, answer))
        return replace(recipe, maps=maps)

    def explained(self, raws: Mapping[str, RawTable]) -> list[Understanding]:
        """What is understood of each table, with all that was said here and all that is open."""
        known = self.known(raws)
        recipe = _recipe(self.recipe_file, "_", self.facts, self.options, known)
        if known is not None:
            recipe, raws = known.recipe(raws, recipe), known.named(raws)
        roles, fixed = by_table(self.maps, raws), by_table(self.constants, raws)
        old = {table: recipe.maps.get(table, ColumnMap({})) for table in raws}
        told = self.facts["currency"] or (known.currency if known else None)
        return [
            understand(
                raw,
                ColumnMap(
                    {**(old[table].roles if known is None else {}), **roles[table]},
                    {**old[table].constants, **fixed[table]},
                ),
                choices=Choices.of(recipe.options),
                time_zone=recipe.time_zone,
                currency=recipe.currency if self.recipe_file is not None else told,
                export=known,
            )
            for table, raw in raws.items()
        ]


def recipe_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how tables are to be read."""
    for option in reversed(_recipe_options()):
        command = option(command)
    return command


def meaning_options() -> list[Callable[..., Any]]:
    """The options about words and currencies that no file tells the meaning of."""
    return [
        click.option(
            "--map-kind",
            "kinds",
            multiple=True,
            metavar="WORD=KIND",
            help=say("data.help_map_kind"),
        ),
        click.option(
            "--rates",
            multiple=True,
            metavar="FILE|USD=0.92",
            help=say("data.clean.help_rates"),
        ),
    ]


def said_meaning(given: Mapping[str, Any]) -> dict[str, Any]:
    """What these options say, as options of a recipe."""
    kinds = dict(_kind_pair(text) for text in given["kinds"])
    said = {"kinds": kinds, "rates": _rates(given["rates"])}
    return {name: one for name, one in said.items() if one}


def _recipe_options() -> list[Callable[..., Any]]:
    return [
        click.option(
            "--map", "maps", multiple=True, metavar="ROLE=COLUMN", help=say("data.help_map")
        ),
        click.option(
            "--constant",
            "constants",
            multiple=True,
            metavar="ROLE=VALUE",
            help=say("data.help_constant"),
        ),
        *meaning_options(),
        click.option("--name", help=say("data.help_name")),
        click.option("--currency", help=say("data.help_currency")),
        click.option("--time-zone", help=say("data.help_time_zone")),
        click.option("--domain", type=click.Choice(get_args(Domain)), help=say("data.help_domain")),
        *reading_options(),
        click.option("--drop-duplicates", is_flag=True, help=say("data.help_drop_duplicates")),
        click.option(
            "--choose",
            multiple=True,
            metavar="RULE=CHOICE",
            help=say("data.clean.help_choose"),
        ),
        *(
            click.option(
                f"--{way}", multiple=True, metavar="COLUMN", help=say(f"data.clean.help_{way}")
            )
            for way in _WAYS
        ),
        click.option("--keep-currency", metavar="CODE", help=say("data.clean.help_keep_currency")),
        click.option(
            "--observed-until", type=click.DateTime(), help=say("data.help_observed_until")
        ),
        click.option(
            "--as",
            "export",
            metavar="EXPORT",
            help=say("data.known.help_as", names=", ".join(one.key for one in known_exports())),
        ),
        click.option(
            "--recipe",
            "recipe_file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help=say("data.help_recipe"),
        ),
    ]


def _recipe(
    file: Path | None,
    name: str,
    given: Mapping[str, Any],
    options: Mapping[str, Any],
    known: Known | None,
) -> Recipe:
    recipe = Recipe(name=name, currency=NO_MONEY) if file is None else _read_recipe(file)
    if known is not None:
        recipe = replace(
            recipe,
            currency=known.currency or recipe.currency,
            time_zone=known.time_zone or recipe.time_zone,
            domain=known.domain,
        )
    set_here = {name: value for name, value in given.items() if value is not None}
    recipe = replace(recipe, **set_here, options=with_said(recipe.options, options))
    currency = sound_currency(recipe.currency)
    if not recipe.name.strip():
        raise ConfigError(say("data.no_name"))
    return replace(recipe, currency=currency, name=recipe.name.strip())


def with_said(options: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a recipe with those that were said; where a choice has names, with these."""
    merged = {
        name: {**options.get(name, {}), **one} if name in _BY_NAME else one
        for name, one in said.items()
    }
    return {**options, **merged}


def sound_currency(text: str) -> str:
    """The code of a currency.

    Raises:
        ConfigError: it is none.
    """
    currency = text.strip().upper()
    if not (len(currency) == 3 and currency.isascii() and currency.isalpha()):
        raise ConfigError(say("data.bad_currency", currency=text))
    return currency


def _read_recipe(file: Path) -> Recipe:
    """A recipe.json, or the recipe inside a dataset.json."""
    try:
        text = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFoundError(say("data.no_such_file", path=file)) from error
    except OSError as error:
        raise ConfigError(say("data.bad_recipe", source=file, part="JSON")) from error
    return recipes.from_text(text, source=str(file))


def _maps(
    raws: Mapping[str, RawTable], recipe: Recipe, maps: Sequence[str], constants: Sequence[str]
) -> dict[str, ColumnMap]:
    """The recipe's maps, with what was said on the command line; the rest is proposed."""
    roles, fixed = by_table(maps, raws), by_table(constants, raws)
    found = {table: one for table, one in recipe.maps.items() if table in raws}
    for table, raw in raws.items():
        if table in recipe.maps and not (roles[table] or fixed[table]):
            continue
        old = recipe.maps.get(table, ColumnMap({}))
        known = ColumnMap({**old.roles, **roles[table]}, {**old.constants, **fixed[table]})
        found[table] = propose(raw, known)
    return found


def by_table(texts: Sequence[str], raws: Mapping[str, RawTable]) -> dict[str, dict[str, str]]:
    """What ``role=value`` and ``table.role=value`` say, by table.

    Raises:
        MappingError: a text is no such pair, or is about a table that is not brought in.
    """
    found: dict[str, dict[str, str]] = {table: {} for table in raws}
    for text in texts:
        role, value = _pair(text)
        table, dot, name = role.partition(".")
        if not dot:
            table, name = "events", role
        if table not in found:
            raise MappingError(say("data.map_without_table", text=text, table=table))
        found[table][name] = value
    return found


def _pair(text: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left.strip() and equals and right.strip()):
        raise MappingError(say("data.bad_map", text=text))
    return left.strip(), right.strip()


def pair_of(text: str, wrong: str) -> tuple[str, str]:
    """The two sides of ``name=value``.

    Raises:
        ConfigError: it is no such pair; ``wrong`` is the key of what is said then.
    """
    name, equals, value = text.partition("=")
    if not (name.strip() and equals):
        raise ConfigError(say(wrong, text=text))
    return name.strip(), value


def _choice(text: str) -> tuple[str, str]:
    rule, _, choice = text.partition("=")
    chosen({rule.strip(): choice.strip()})
    return rule.strip(), choice.strip()


def _rates(texts: Sequence[str]) -> dict[str, Any]:
    """Rates that were said, and those of files."""
    found: dict[str, Any] = {}
    for text in texts:
        code, equals, rate = text.partition("=")
        if equals and len(code.strip()) == 3:
            found[code.strip().upper()] = rate.strip()
            continue
        raw = table_file(Path(text), "spend")
        found |= rate_table(raw.frame, source=raw.source)
    rates_of(found)
    return found


def _kind_pair(text: str) -> tuple[str, str]:
    word, _, kind = text.rpartition("=")
    kinds = [kind.value for kind in col.Kind]
    if not word.strip() or kind.strip() not in kinds:
        raise MappingError(say("data.bad_kind_map", text=text, kinds=", ".join(kinds)))
    return word.strip(), kind.strip()
