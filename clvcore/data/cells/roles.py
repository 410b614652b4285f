"""The roles that columns can play in each table, and the names under which files know them."""

from dataclasses import dataclass
from typing import Literal

from clvcore import columns as col

UNIT_PRICE = "unit_price"
"""Role beside the canonical ones: amount = quantity x unit price."""
CURRENCY = "currency"
"""Role of a column that names the currency of its row's money; it must be one for all rows."""
MONEY_ROLES = {
    "events": (col.AMOUNT, UNIT_PRICE),
    "items": (col.PRICE, col.UNIT_COST),
    "spend": (col.AMOUNT,),
}
"""Roles of each table whose numbers are money."""

Evidence = Literal["any", "time", "number", "kind"]


@dataclass(frozen=True, slots=True)
class Role:
    """What a column can be in a table."""

    name: str
    synonyms: tuple[str, ...]
    """Names in small letters without spaces or signs, the likeliest first."""
    required: bool = False
    asks: bool = False
    """Whether two candidates are a question to the person rather than a choice of ours."""
    evidence: Evidence = "any"
    """What the values of a candidate have to look like."""


def _role(name: str, synonyms: str, **facts: bool | str) -> Role:
    return Role(name, (name.replace("_", ""), *synonyms.split()), **facts)  # ty: ignore[invalid-argument-type] : facts are the fields of Role


_USER = (
    "user customerid customer custid clientid client visitorid memberid member accountid buyerid"
    " uid personid shopperid customernumber customerno customeruniqueid profileid subscriberid"
    " kundennummer kundenid kundennr kunde nutzerid reviewerid"
    " idclient numeroclient utilisateur cliente idcliente usuario utente klant klantid"
    " klantnummer klient 用户 用户id 用户编号 客户 客户id 客户编号 会员 会员id 顧客 顧客id 会員 会員id"
)
_ITEM = (
    "item productid product sku stockcode articleid article asin movieid trackid songid contentid"
    " videoid bookid isbn goodsid productcode itemcode itemno showid artistid parentasin"
    " artikelnummer artikelid artikel produktid produkt"
    " produit idproduit producto idproducto articulo prodotto articolo produto"
    " 商品 商品id 商品编号 产品 产品id 产品编号 物品 物品id 商品番号"
)
_TIME = (
    "timestamp time datetime ts eventtime eventtimestamp eventdate occurredat createdat"
    " invoicedate orderdate orderedat ordertime ordertimestamp orderpurchasetimestamp purchasedate"
    " purchasedat purchasetime transactiondate transactiontime date created unixreviewtime"
    " zeitpunkt zeitstempel bestelldatum rechnungsdatum kaufdatum datum zeit"
    " horodatage datecommande fecha fechapedido dataordine besteldatum tijd"
    " 时间 时间戳 日期 下单时间 交易时间 购买时间 订单日期 日時 日付 注文日 購入日"
)
_AMOUNT = (
    "revenue totalamount totalprice linetotal total lineamount orderamount ordervalue ordertotal"
    " sales salesamount turnover grossamount netamount paymentvalue transactionamount"
    " purchaseamount price_total spent value betrag umsatz gesamtbetrag summe"
    " montant montanttotal importe monto importo bedrag"
    " 金额 总金额 订单金额 交易金额 销售额 实付金额 金額 合計"
)
_CHANNEL = "source trafficsource utmsource marketingchannel medium utmmedium acquisitionchannel acquiredby kanal"

_CURRENCY = "currencycode waehrung devise moneda valuta 币种 货币 通貨"

ROLES: dict[str, tuple[Role, ...]] = {
    "events": (
        _role(col.USER, _USER, required=True, asks=True),
        _role(col.ITEM, _ITEM, asks=True),
        _role(col.AT, _TIME, required=True, asks=True, evidence="time"),
        _role(
            col.KIND,
            "event eventtype eventname action type behavior behaviour behaviortype activity"
            " interaction interactiontype transactiontype ereignis ereignistyp art"
            " evenement evento 事件 事件类型 行为 行为类型",
            evidence="kind",
        ),
        _role(
            col.QUANTITY,
            "qty units count orderquantity numberofunits pieces anzahl menge stueck"
            " quantite cantidad quantita quantidade aantal 数量 件数",
            evidence="number",
        ),
        _role(col.AMOUNT, _AMOUNT, asks=True, evidence="number"),
        _role(
            UNIT_PRICE,
            "price itemprice priceperunit saleprice listprice einzelpreis stueckpreis preis"
            " prix prixunitaire precio preciounitario prezzo preco prijs 单价 价格 単価 価格",
            evidence="number",
        ),
        _role(
            col.ORDER,
            "order orderno ordernumber invoiceno invoice invoiceid invoicenumber transactionid"
            " transaction basketid receiptid receipt checkoutid bestellnummer rechnungsnummer"
            " commande numerocommande pedido numeropedido 订单 订单号 订单编号 订单id 注文番号",
        ),
        _role(CURRENCY, _CURRENCY),
        _role(
            col.RATING,
            "stars overall score ratingvalue bewertung valoracion 评分 評価",
            evidence="number",
        ),
        _role(col.STREAM, "revenuestream moneystream"),
        _role(col.CHANNEL, _CHANNEL),
        _role(
            col.TITLE,
            "productname itemname producttitle productdescription description bezeichnung",
        ),
        _role(col.CATEGORY, "categorycode productcategory itemcategory department kategorie"),
    ),
    "items": (
        _role(col.ITEM, f"{_ITEM} id", required=True, asks=True),
        _role(col.TITLE, "name productname itemname producttitle description titel bezeichnung"),
        _role(
            col.CATEGORY,
            "categoryname maincategory productcategory department group type kategorie warengruppe",
        ),
        _role(CURRENCY, _CURRENCY),
        _role(col.TAGS, "tag genres genre labels keywords schlagworte"),
        _role(col.PRICE, "unitprice listprice saleprice preis verkaufspreis", evidence="number"),
        _role(
            col.UNIT_COST,
            "cost costprice purchaseprice cogs wholesaleprice einkaufspreis kosten",
            evidence="number",
        ),
        _role(col.TEXT, "fulltext longdescription abstract summary beschreibung details"),
        _role(
            col.AVAILABLE,
            "launchedat launchdate releasedate availablesince createdat addedat erschienen",
            evidence="time",
        ),
        _role(col.VECTOR, "embedding features vec"),
    ),
    "users": (
        _role(col.USER, f"{_USER} id", required=True, asks=True),
        _role(
            col.ACQUIRED,
            "acquired acquisitiondate signupdate signupat signedupat signup registeredat"
            " registrationdate joinedat joindate createdat created firstseen firstseenat"
            " registriertam kundeseit",
            evidence="time",
        ),
        _role(col.CHANNEL, _CHANNEL),
        _role(col.CAMPAIGN, "utmcampaign campaignname campaignid kampagne"),
        _role(
            col.ENDED,
            "ended enddate churnedat churndate cancelledat canceledat closedat contractend"
            " gekuendigtam vertragsende",
            evidence="time",
        ),
        _role(col.VECTOR, "embedding features vec"),
    ),
    "spend": (
        _role(
            col.DATE,
            "day week weekstart weekof month period at timestamp spenddate reportdate datum tag woche",
            required=True,
            asks=True,
            evidence="time",
        ),
        _role(col.CHANNEL, f"{_CHANNEL} platform network"),
        _role(col.CAMPAIGN, "campaignname campaignid utmcampaign kampagne"),
        _role(
            col.AMOUNT,
            "spend cost costs adspend amountspent spent budget mediaspend kosten ausgaben betrag",
            required=True,
            asks=True,
            evidence="number",
        ),
        _role(CURRENCY, _CURRENCY),
        _role(col.IMPRESSIONS, "impr views impressionen", evidence="number"),
        _role(col.CLICKS, "click linkclicks klicks", evidence="number"),
    ),
    "impressions": (
        _role(col.USER, _USER, required=True, asks=True),
        _role(col.AT, _TIME, required=True, asks=True, evidence="time"),
        _role(col.SLATE, "slate requestid listid impressionid pageviewid"),
        _role(col.POSITION, "rank slot place pos", evidence="number"),
        _role(col.ITEM, _ITEM, required=True, asks=True),
        _role(
            col.PROPENSITY, "propensityscore pscore actionprob probability prob", evidence="number"
        ),
        _role(col.TAKEN, "clicked click reward response accepted converted label"),
    ),
}

_SHORT = {
    "user": col.USER,
    "item": col.ITEM,
    "time": col.AT,
    "order": col.ORDER,
    "slate": col.SLATE,
    "acquired": col.ACQUIRED,
    "ended": col.ENDED,
    "cost": col.UNIT_COST,
}


def role_name(table: str, word: str) -> str | None:
    """The role that a person means by a word; None where there is none of that name.

    Example:
        >>> role_name("events", "user"), role_name("events", "price"), role_name("items", "price")
        ('user_id', 'unit_price', 'price')
    """
    names = {role.name for role in ROLES[table]}
    if word in names:
        return word
    meant = UNIT_PRICE if (table, word) == ("events", col.PRICE) else _SHORT.get(word)
    return meant if meant in names else None
