"""The words that files use for kinds, streams, yes and no."""

from collections.abc import Mapping

import polars as pl

from clvcore import columns as col
from clvcore.columns import Kind, Stream

_KINDS = {
    Kind.VIEW: "view click clicked pageview page_view detail product_view item_view view_item"
    " product_viewed detail_view impression_click visit open screen_view pv browse",
    Kind.CART: "cart add_to_cart addtocart add_cart cart_add basket add_to_basket added_to_cart"
    " product_added warenkorb",
    Kind.PURCHASE: "purchase buy bought order ordered sale sold transaction paid payment checkout"
    " purchased order_completed completed delivered invoice kauf bestellung rent hire",
    Kind.REFUND: "refund return returned refunded cancel cancelled canceled cancellation chargeback"
    " credit credit_note reversal storno retoure order_refunded erstattung",
    Kind.PLAY: "play played listen listened watch watched stream streamed playback read video_view",
    Kind.RATING: "rating rate rated review reviewed stars score bewertung",
    Kind.AD: "ad ads impression ad_impression ad_revenue advertising ad_click adview ad_view",
    Kind.SUBSCRIPTION: "subscription subscribe subscribed subscription_payment renewal renew"
    " renewed fee service service_fee membership membership_fee invoice_subscription",
    Kind.OTHER: "other misc search login logout share like liked fav favorite wishlist"
    " add_to_wishlist save unsubscribe remove_from_cart",
}
_STREAMS = {
    Stream.PURCHASE: "purchase purchases sales sale shop commerce orders order",
    Stream.ADVERTISING: "advertising ads ad advertisement ad_revenue",
    Stream.SERVICE: "service services subscription subscriptions membership fees fee",
}
LEFT_OUT = "ignore"
"""What a word is mapped to whose rows never happened, such as cancelled orders."""
_YES = ("1", "true", "t", "yes", "y", "ja", "1.0", "clicked", "taken")
_NO = ("0", "false", "f", "no", "n", "nein", "0.0")


def plain(cells: pl.Expr) -> pl.Expr:
    """Words in small letters with underscores: "Add to Cart" and "add-to-cart" are one."""
    snake = cells.str.replace_all(r"([a-z])([A-Z])", "${1}_${2}").str.to_lowercase()
    return snake.str.replace_all(r"[^\p{L}\d]+", "_").str.strip_chars("_")


def kinds(cells: pl.Expr, mapped: Mapping[str, str]) -> pl.Expr:
    """Kinds of events; null where a word is unknown.

    Args:
        cells: The words of the file.
        mapped: Words of this file and the kinds that they stand for; they go first. Words whose
            rows are left out stand for none.
    """
    known = {**_by_word(_KINDS), **_own(mapped)}
    known = {word: kind for word, kind in known.items() if kind != LEFT_OUT}
    return _translated(cells, known).cast(col.KIND_TYPE)


def never_happened(cells: pl.Expr, mapped: Mapping[str, str]) -> pl.Expr:
    """Whether a word is one of those whose rows are left out."""
    words = [word for word, kind in _own(mapped).items() if kind == LEFT_OUT]
    if not words:
        return cells.is_null() & False
    return plain(cells).is_in(words).fill_null(value=False)


def _own(mapped: Mapping[str, str]) -> dict[str, str]:
    own = pl.Series(list(mapped), dtype=pl.String).to_frame("w").select(plain(pl.col("w")))
    return dict(zip(own["w"].to_list(), mapped.values(), strict=True))


def streams(cells: pl.Expr) -> pl.Expr:
    """Streams of money; null where a word is unknown."""
    return _translated(cells, _by_word(_STREAMS)).cast(col.STREAM_TYPE)


def answers(cells: pl.Expr) -> pl.Expr:
    """True and False for yes and no; null where a word is neither."""
    word = cells.str.to_lowercase()
    return (
        pl.when(word.is_in(_YES)).then(statement=True).when(word.is_in(_NO)).then(statement=False)
    )


def is_kind(word: str) -> bool:
    """Whether a word of a file names a kind of event."""
    frame = pl.DataFrame({"w": [word]}).select(kinds(pl.col("w"), {}))
    return frame.item() is not None


def _by_word(words: Mapping[Kind, str] | Mapping[Stream, str]) -> dict[str, str]:
    return {word: kind.value for kind, listed in words.items() for word in listed.split()}


def _translated(cells: pl.Expr, known: Mapping[str, str]) -> pl.Expr:
    return plain(cells).replace_strict(
        list(known), list(known.values()), default=None, return_dtype=pl.String
    )
