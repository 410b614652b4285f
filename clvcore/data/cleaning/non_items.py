"""Lines of an order that are no goods: postage, fees, discounts, vouchers, corrections.

Codes and titles are compared as wholes, so that a voucher case or a postage stamp album stays an
item. The list is data: a language is a line.
"""

import re
from collections.abc import Sequence

import polars as pl

CODES = (
    "post postage shipping shipment delivery versand versandkosten porto livraison "
    "dot c2 bank charges|amazonfee|bank_charges fee fees manual discount rabatt remise voucher "
    "gutschein giftcard gift_card giftwrap gift_wrap adjust surcharge tip tax cod deposit pfand"
)
"""Whole item codes, in small letters."""
TITLES = {
    "en": r"(dotcom |next day |express |standard |free )*(postage|shipping|delivery|carriage|freight)"
    r"( (cost|costs|fee|fees|charge|charges|protection|insurance))?"
    r"|(postage|shipping) (and|&) (handling|packing|packaging)"
    r"|((bank|service|handling|processing|payment|transaction|credit card|amazon|paypal|booking|small order) )+(charge|charges|fee|fees)"
    r"|(order |manual |price |cart |member |loyalty |volume )*discounts?|manual( (line|entry))?"
    r"|adjust(ment)? (bad debt|by .*)|adjustment"
    r"|(e-?)?gift ?(card|voucher|certificate)s?|.*gift voucher .*[0-9].*"
    r"|(gift|present) ?wrap(ping)?( (service|fee|charge))?|tips?|surcharge|donation|store credit|commission|.* commission",
    "de": r"versand(kosten(pauschale)?|gebühr(en)?)?|porto( (und|&) verpackung)?|lieferkosten|liefergebühr"
    r"|(bank|service|bearbeitungs|zahlungs|nachnahme|mahn)-?gebühr(en)?|gebühr(en)?"
    r"|(treue|mengen|neukunden)?rabatt|nachlass|(geschenk)?gutscheine?|geschenkverpackung|pfand|mindermengenzuschlag",
    "fr": r"frais (de |d')?(port|livraison|expédition|envoi|dossier|service|gestion|bancaires)( offerts)?|livraison|frais"
    r"|remise|réduction|rabais|(chèque|carte|bon)[- ](cadeau|d'achat)|emballage cadeau|papier cadeau|consigne|pourboire",
}
"""Whole titles by language, in small letters."""
_TITLE = "|".join(f"(?:{titles})" for titles in TITLES.values())


def is_code(codes: pl.Expr) -> pl.Expr:
    """Whether codes are those of lines that are no goods."""
    return codes.str.to_lowercase().str.strip_chars().is_in(CODES.replace("|", " ").split())


def is_title(titles: pl.Expr) -> pl.Expr:
    """Whether titles are those of lines that are no goods."""
    plain = titles.str.to_lowercase().str.replace_all(r"[\s.:]+", " ").str.strip_chars()
    return plain.str.contains(f"^(?:{_TITLE})$")


def detected(values: pl.Series, *, titles: bool) -> pl.Series:
    """The different codes or titles in a column that are no goods."""
    distinct = values.drop_nulls().unique().alias("v").to_frame()
    wanted = is_title(pl.col("v")) if titles else is_code(pl.col("v"))
    return distinct.filter(wanted)["v"].sort()


def listed_codes(items: pl.Expr, patterns: Sequence[str]) -> pl.Expr:
    """Whether item ids are those that a person listed, also with ``*`` as in ``gift_*``."""
    exact = [code for code in patterns if "*" not in code]
    matches = items.is_in(exact)
    for code in patterns:
        if "*" in code:
            pattern = ".*".join(re.escape(part) for part in code.split("*"))
            matches = matches | items.str.contains(f"^(?:{pattern})$")
    return matches.fill_null(value=False)
