"""The events table: who did what, when, and what money moved."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import polars as pl

from clvcore import columns as col
from clvcore.columns import STREAM_OF_KIND, Kind
from clvcore.data.cells import amounts, words
from clvcore.data.cells.moments import Moments
from clvcore.data.cells.roles import MONEY_ROLES, UNIT_PRICE
from clvcore.data.cells.table import Cells
from clvcore.data.cleaning.currencies import Converted, converted
from clvcore.data.cleaning.finders import Bounds
from clvcore.data.cleaning.memory import FILE, apart, names_told, origin_of
from clvcore.data.cleaning.non_items import detected, listed_codes
from clvcore.data.cleaning.noticed import Noticed, joined, told
from clvcore.data.cleaning.quality import (
    MONEY_IN,
    WHY,
    Cleaned,
    account_for,
    first_rule,
    in_range,
    left_out,
    total,
)
from clvcore.data.cleaning.scan import ROW, TURNED, Scan, flagged, scan
from clvcore.data.cleaning.verdicts import judgements
from clvcore.data.dataset import Account, Domain, Severity
from clvcore.data.meaning.mapping import require

ITEM_FACTS = (col.TITLE, col.CATEGORY)
"""Roles in which an event tells something about its item."""
_TABLE = "events"
_STREAM_WORDS = "_stream_words"
_FLIPPED = "_flipped"
_NOT_ITEM = "_not_item"
_COLUMN_OF_RULE = {
    "no_user": col.USER,
    "no_time": col.AT,
    "bad_time": col.AT,
    "no_kind": col.KIND,
    "unknown_kind": col.KIND,
    "not_happened": col.KIND,
    "bad_amount": col.AMOUNT,
    "large_amount": col.AMOUNT,
    "no_quantity": col.QUANTITY,
    "bad_quantity": col.QUANTITY,
    "bad_rating": col.RATING,
    "unknown_stream": col.STREAM,
}


def scan_events(
    cells: Cells,
    *,
    domain: Domain,
    until: pl.Expr | None,
    now: datetime | None = None,
    bounds: Bounds | None = None,
) -> Scan:
    """Events as they were read, with what is wrong and what is remarkable about each row.

    Rows without user, time, or a known kind, and rows whose numbers cannot be read, cannot be used;
    rows after the end of observation are ignored. Money that goes back is a refund and negative,
    whichever way the file writes it. Kinds that move no money (views, carts, plays, ratings) have
    no amount unless the file names its stream.

    Args:
        cells: The raw table by role.
        domain: Chooses between view and play where no column names the kind.
        until: Last moment of observation.
        now: The moment of the intake; None where the future is not to be judged.
        bounds: Of the sizes of all purchases, where the rows are a piece of the table.
    """
    times, unread_time = cells.times(col.AT)
    rating, unread_rating = cells.numbers(col.RATING)
    quantity, unread_quantity = cells.numbers(col.QUANTITY)
    amount, unread, large, money = _amount(cells, quantity, times.at)
    kind_words, stream_words = cells.text(col.KIND), cells.text(col.STREAM)
    facts = [role for role in ITEM_FACTS if cells.has(role)]
    frame = pl.DataFrame(
        [
            cells.lines(),
            *(
                cells.text(role).alias(role)
                for role in (col.USER, col.ITEM, col.ORDER, col.CHANNEL, *facts)
            ),
            times.at.alias(col.AT),
            amount.alias(col.AMOUNT),
            quantity.cast(pl.Float64).alias(col.QUANTITY),
            rating.cast(pl.Float64).alias(col.RATING),
            kind_words.alias(col.KIND),
            stream_words.alias(_STREAM_WORDS),
        ]
    )
    below = cells.has(UNIT_PRICE) & (pl.col(col.AMOUNT) < 0) & (pl.col(col.QUANTITY) > 0)
    frame = frame.with_columns(below.fill_null(value=False).alias("_priced_below"))
    frame = _signed(_with_kinds(frame, cells, domain))
    frame = frame.with_columns(pl.col(col.ITEM).alias("_code"))
    frame = _with_non_items(frame, cells)
    why = first_rule(
        [
            ("no_user", frame[col.USER].is_null()),
            ("no_time", times.at.is_null() & ~unread_time),
            ("bad_time", unread_time | ~in_range(times.at)),
            ("not_happened", _never_happened(cells, kind_words)),
            ("no_kind", kind_words.is_null() if cells.has(col.KIND) else frame[col.AT].is_null()),
            ("unknown_kind", frame[col.KIND].is_null()),
            ("bad_amount", unread),
            ("large_amount", large),
            ("bad_quantity", unread_quantity),
            ("no_quantity", _lacks_quantity(cells, frame)),
            ("bad_rating", unread_rating),
            ("unknown_stream", stream_words.is_not_null() & frame[col.STREAM].is_null()),
            ("other_money", money.other),
            ("after_end", _after(frame, until)),
        ]
    )
    readable = pl.col(col.AMOUNT).fill_null(Decimal(0)).cast(col.MONEY)
    judged = frame.with_columns(why, readable.alias(MONEY_IN))
    return scan(cells, judged, times, now, money.noticed, bounds)


def _amount(
    cells: Cells, quantity: pl.Series, at: pl.Series
) -> tuple[pl.Series, pl.Series, pl.Series, Converted]:
    """Money with four places, which of it cannot be read or is beyond measure, and its currencies."""
    priced = cells.has(UNIT_PRICE) and not cells.has(col.AMOUNT)
    role = UNIT_PRICE if priced else col.AMOUNT
    numbers, unread = cells.numbers(role)
    frame = pl.DataFrame({"n": numbers, "q": quantity})
    if not (priced and cells.has(col.QUANTITY)):
        frame = frame.with_columns(pl.lit(1).cast(amounts.EXACT).alias("q"))
    # factors below a trillion have a product that still fits its type
    huge = pl.max_horizontal(pl.col("n").abs(), pl.col("q").abs()) >= amounts.LARGEST
    product = pl.when(huge.fill_null(value=False)).then(None).otherwise(pl.col("n")) * pl.col("q")
    frame = frame.with_columns(huge=huge.fill_null(value=False), product=product)
    rated = converted(cells, role, frame["product"], at)
    frame = frame.with_columns(rated.money.alias("product"))
    money = amounts.as_money(pl.col("product"))
    large = pl.col("huge") | (pl.col("product").abs() >= amounts.LARGEST).fill_null(value=False)
    read = frame.select(money=pl.when(~large).then(money), large=large & pl.col("n").is_not_null())
    return read["money"], unread, read["large"], rated


def _lacks_quantity(cells: Cells, frame: pl.DataFrame) -> pl.Series:
    """Rows whose money is quantity times price and whose quantity is empty."""
    if cells.has(col.AMOUNT) or not (cells.has(UNIT_PRICE) and cells.has(col.QUANTITY)):
        return frame[col.USER].is_null() & False
    return cells.text(UNIT_PRICE).is_not_null() & frame[col.QUANTITY].is_null()


def _with_kinds(frame: pl.DataFrame, cells: Cells, domain: Domain) -> pl.DataFrame:
    if cells.has(col.KIND):
        # a column of kinds has few words, so that each is looked up once
        found = frame.select(pl.col(col.KIND).drop_nulls().unique()).with_columns(
            words.kinds(pl.col(col.KIND), cells.choices.kinds).alias("found")
        )
        kind = pl.col(col.KIND).replace_strict(
            found[col.KIND], found["found"], default=None, return_dtype=col.KIND_TYPE
        )
    else:
        plain = Kind.VIEW if domain == "shop" else Kind.PLAY
        if cells.has(col.RATING):
            plain = Kind.RATING
        if cells.has(col.AMOUNT) or cells.has(UNIT_PRICE):
            plain = Kind.PURCHASE
        kind = pl.lit(plain.value, dtype=col.KIND_TYPE)
    return frame.with_columns(kind.alias(col.KIND))


def _never_happened(cells: Cells, kind_words: pl.Series) -> pl.Series:
    """Rows whose kind is a word that is to be left out."""
    left_out = words.never_happened(pl.col(col.KIND), cells.choices.kinds)
    return kind_words.to_frame(col.KIND).select(left_out).to_series()


def _signed(frame: pl.DataFrame) -> pl.DataFrame:
    """Money that goes back is a refund below zero, of the stream that it came by."""
    kind, amount, quantity = pl.col(col.KIND), pl.col(col.AMOUNT), pl.col(col.QUANTITY)
    usual = kind.replace_strict(
        [kind.value for kind in STREAM_OF_KIND],
        [stream.value for stream in STREAM_OF_KIND.values()],
        default=None,
        return_dtype=col.STREAM_TYPE,
    )
    earning = kind.is_in([Kind.PURCHASE.value, Kind.AD.value, Kind.SUBSCRIPTION.value])
    turned = earning & ((amount < 0) | ((quantity < 0) & amount.is_not_null()))
    returned = kind == Kind.REFUND.value
    return (
        frame.with_columns(
            pl.coalesce(words.streams(pl.col(_STREAM_WORDS)), usual).alias(col.STREAM),
            turned.fill_null(value=False).alias(TURNED),
            (returned & (amount > 0)).fill_null(value=False).alias(_FLIPPED),
        )
        .with_columns(
            pl.when(TURNED)
            .then(pl.lit(Kind.REFUND.value, dtype=col.KIND_TYPE))
            .otherwise(kind)
            .alias(col.KIND)
        )
        .with_columns(
            pl.when(returned).then(-amount.abs()).otherwise(amount).alias(col.AMOUNT),
            pl.when(returned).then(quantity.abs()).otherwise(quantity).alias(col.QUANTITY),
        )
    )


def _with_non_items(frame: pl.DataFrame, cells: Cells) -> pl.DataFrame:
    """Which lines are postage and the like: those that a person listed, and those that look so."""
    item = pl.col(col.ITEM)
    listed = listed_codes(item, cells.choices.not_items)
    found = item.is_in(detected(frame[col.ITEM], titles=False).to_list())
    if col.TITLE in frame.columns:
        titles = detected(frame[col.TITLE], titles=True).to_list()
        found = found | pl.col(col.TITLE).is_in(titles)
    found = found.fill_null(value=False)
    return frame.with_columns(listed.alias("_listed"), (listed | found).alias("_no_product"))


def _without_non_items(judged: pl.DataFrame, choices: Mapping[str, str]) -> pl.DataFrame:
    """Lines such as postage keep their money and lose their item."""
    lost = pl.col("_listed" if choices["no_product"] == "item" else "_no_product")
    return judged.with_columns(
        lost.alias(_NOT_ITEM), pl.when(~lost).then(pl.col(col.ITEM)).alias(col.ITEM)
    )


def _after(frame: pl.DataFrame, until: pl.Expr | None) -> pl.Series:
    late = pl.lit(value=False) if until is None else (pl.col(col.AT) > until)
    return frame.select(pl.repeat(value=False, n=pl.len()) | late).to_series()


@dataclass(frozen=True, slots=True)
class Part:
    """Events after cleaning: all of a table, or those of some of its users."""

    frame: pl.DataFrame
    """Accepted events in order of time, with the file's remaining columns behind the canonical ones,
    and `clvcore.data.cleaning.scan.ROW`."""
    account: Account
    noticed: tuple[Noticed, ...]
    rejects: pl.DataFrame
    ignored: pl.DataFrame
    apart: pl.DataFrame
    """Rows that the next file has to know of, with `ROW`; see `clvcore.data.cleaning.memory`."""
    names: pl.DataFrame


def clean_events(found: Scan, choices: Mapping[str, str]) -> Cleaned:
    """Accepted events in order of time, with the file's remaining columns behind the canonical ones.

    Args:
        found: The events, looked at.
        choices: rule -> choice for every rule.
    """
    part = clean_part(found, judged_by(found, choices))
    findings = tuple(map(told, joined(part.noticed)))
    return Cleaned(
        part.frame,
        part.account,
        findings,
        part.rejects,
        part.ignored,
        part.apart.drop(ROW),
        part.names,
    )


def judged_by(found: Scan, choices: Mapping[str, str]) -> pl.DataFrame:
    """Every event with its verdict under these choices."""
    return _without_non_items(found.decided(choices), choices)


def clean_part(found: Scan, judged: pl.DataFrame) -> Part:
    """The same as `clean_events` of events that are `judged_by` choices.

    What was noticed stays counts, which add up with those of other parts.
    """
    cells = found.cells
    facts = [role for role in ITEM_FACTS if cells.has(role)]
    beside = apart(_as_read(found), judged)
    names = names_told(_told_by(judged), facts)
    aside = [column.alias(f"+{column.name}") for column in _columns_of_users(cells)]
    kept = judged.hstack(aside).filter(pl.col(WHY).is_null())
    idle = kept[col.STREAM].is_null() & kept[col.AMOUNT].is_not_null()
    dropped = kept.filter(idle)
    kept = kept.with_columns(
        pl.when(~pl.lit(idle)).then(col.AMOUNT).cast(col.MONEY).alias(col.AMOUNT)
    ).with_columns(pl.when(pl.col(col.AMOUNT).is_not_null()).then(col.STREAM).alias(col.STREAM))
    remarks = [
        *judgements(cells, judged, columns_of_rules(cells)),
        *_remarks(cells, kept, found.times),
        *flagged(found, judged),
        *found.told,
    ]
    if dropped.height:
        remarks.append(_idle_money(cells, dropped))
    frame = kept.select(*col.EVENTS, *(column.name for column in aside), ROW)
    return Part(
        frame=frame.sort(col.AT, maintain_order=True),
        account=account_for(cells, judged, kept=total(kept[col.AMOUNT])),
        noticed=tuple(remarks),
        rejects=left_out(cells, judged, ignored=False),
        ignored=left_out(cells, judged, ignored=True),
        apart=beside,
        names=names,
    )


def _as_read(found: Scan) -> pl.DataFrame:
    """The rows before any decision, with line and file."""
    lines = found.cells.lines().cast(pl.Int64)
    return found.rows.with_columns(lines, origin_of(found.cells).alias(FILE))


def _told_by(judged: pl.DataFrame) -> pl.DataFrame:
    """The rows that tell what an item is called: those that stay, and those that came back."""
    return judged.filter(pl.col(WHY).is_null() | (pl.col(WHY) == "returns"))


def _idle_money(cells: Cells, dropped: pl.DataFrame) -> Noticed:
    """Prices on views and carts: money that was never moved."""
    return Noticed(
        severity=Severity.WARNING,
        rule="idle_money",
        table=_TABLE,
        rows=dropped.height,
        money=total(dropped[MONEY_IN]),
        column=cells.column(col.AMOUNT if cells.has(col.AMOUNT) else UNIT_PRICE),
        currency=cells.currency_code,
        place=(6,),
        gaps={"kinds": frozenset(dropped[col.KIND].cast(pl.String).unique().to_list())},
    )


def columns_of_rules(cells: Cells) -> dict[str, str]:
    """Role of the column that each rule is about; money may stand in a price."""
    if cells.has(col.AMOUNT):
        return _COLUMN_OF_RULE
    return _COLUMN_OF_RULE | {"bad_amount": UNIT_PRICE, "large_amount": UNIT_PRICE}


def _columns_of_users(cells: Cells) -> list[pl.Series]:
    """Columns of the file that tell something about the user of the event."""
    wanted = dict.fromkeys(cells.choices.user_attributes.values())
    for name in wanted:
        require(cells.raw, name)
    return [cells.raw.frame[name] for name in wanted]


def _remarks(cells: Cells, kept: pl.DataFrame, times: Moments) -> list[Noticed]:
    """What is remarkable about the accepted rows."""
    purchase = kept[col.KIND].cast(pl.String) == Kind.PURCHASE.value
    tells_money = any(cells.has(role) for role in MONEY_ROLES[_TABLE])
    missing = (
        ("unpriced_purchase", Severity.WARNING) if tells_money else ("no_money", Severity.NOTE)
    )
    remarks = {
        "positive_refund": (Severity.NOTE, kept[_FLIPPED]),
        "not_items": (Severity.NOTE, kept[_NOT_ITEM]),
        missing[0]: (missing[1], purchase & kept[col.AMOUNT].is_null()),
    }
    found = []
    for place, (rule, (severity, mask)) in enumerate(remarks.items()):
        rows = kept.filter(mask.fill_null(value=False))
        if rows.height:
            told_of = (severity, rule, _TABLE, rows.height, total(rows[MONEY_IN]))
            found.append(Noticed(*told_of, currency=cells.currency_code, place=(3, place)))
    clocks = {"skipped_hour": times.skipped, "repeated_hour": times.repeated}
    found += [
        Noticed(
            severity=Severity.NOTE,
            rule=rule,
            table=_TABLE,
            rows=rows,
            column=cells.column(col.AT),
            place=(3, len(remarks) + place),
            gaps={"zone": cells.time_zone},
        )
        for place, (rule, rows) in enumerate(clocks.items())
        if rows
    ]
    return found
