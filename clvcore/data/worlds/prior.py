"""What a world is made of: every parameter, and the prior from which other worlds are drawn."""

from dataclasses import dataclass, field, replace

import numpy as np

from clvcore.data.dataset import Domain


@dataclass(frozen=True, slots=True)
class Channel:
    """One way in which users find the service. Money in units of the currency, time in weeks.

    New users of a week are negative binomial with mean
    ``base + beta * hill(adstock(spend))``, ``hill(x) = x^shape / (x^shape + half^shape)``,
    ``adstock_t = (1 - carry) * spend_t + carry * adstock_(t-1)``.
    """

    name: str
    spend: float
    """Typical spend per week; 0 for a channel that is never paid for."""
    base: float
    """Users per week who would have come without spend."""
    beta: float = 0.0
    """Users per week that endless spend would add."""
    half: float = 1.0
    """Spend per week at which half of ``beta`` is reached."""
    shape: float = 1.0
    carry: float = 0.3
    dispersion: float = 12.0
    """Size of the negative binomial; the smaller, the more the weeks scatter."""
    dark: float = 0.0
    """Share of the flights without any spend."""
    hazard: float = 1.0
    """Multiplies the weekly hazard of leaving of the users it wins."""
    campaigns: tuple[str, ...] = ()
    click_cost: float = 0.6
    """Cost of one click, from which clicks and impressions of the spend table follow."""


@dataclass(frozen=True, slots=True)
class Taste:
    """Latent space: items and moods are vectors of length one; liking is their cosine."""

    dimensions: int = 12
    item_noise: float = 0.55
    """How much of an item's place its category and tags do not tell."""
    person_noise: float = 0.8
    """Distance of a user's mood from the interest it belongs to."""
    mood_shares: tuple[float, ...] = (0.6, 0.27, 0.13)
    """How often each of a user's moods is in force."""
    mood_stays: float = 0.8
    """Probability that the next visit continues the mood of the last one."""
    drift: float = 0.05
    """Weekly random step of a mood, relative to its length."""
    jump: float = 0.004
    """Weekly probability that a mood is replaced by another."""
    demography: float = 1.1
    """How strongly country, age and device sway which interests a user has."""
    native: float = 1.6
    """Log-odds that an interest at home in one language has among those who speak it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Utility of item i in a visit with mood z (Gumbel noise on top).

    ``liking * cos(q_i, z) + quality_i + season + complement - price_weight * ln(price_i / usual)
    - position_bias * ln(position) - owned``
    """

    liking: float = 7.6
    quality: float = 0.42
    """Standard deviation of item quality."""
    price_weight: float = 1.2
    """Mean over users; each user's own is exponential around it."""
    position_bias: float = 0.45
    complement: float = 1.6
    """Bonus for the category that goes with the last one bought, for three weeks."""
    owned: float = 4.0
    """Malus of a lasting item that the user already has."""
    outside: float = 6.15
    """Utility below which an item is not opened."""
    fashion: float = 0.6
    """Standard deviation, over items and months, of ln(how often own search meets an item). What is
    in fashion moves by itself and not with what others take, so that users do not interfere."""
    search_focus: float = 5.0
    """How sharply own search keeps to categories that suit the mood."""
    search_quality: float = 1.2
    """How much own search favours quality."""
    launch: float = 1.0
    """How much more a new item is met in its first four weeks."""
    searched: int = 10
    """Items that a visitor meets by own search, beside the slate."""
    slate: int = 6
    """Items that the policy shows on every visit."""
    opened: int = 6
    """Most items that one visit opens."""


@dataclass(frozen=True, slots=True)
class Retention:
    """Weekly hazard of leaving.

    ``hazard * channel * frailty * (1 + early * exp(-tenure / early_weeks))
    * exp(-attachment * (satisfaction - usual))``; satisfaction is a running mean of what the
    visits were like: liking of the slate, of what was opened, and of what was bought.
    """

    hazard: float = 0.016
    early: float = 5.0
    early_weeks: float = 2.0
    attachment: float = 2.6
    usual: float = 0.32
    memory: float = 0.25
    """Weight of the latest visit in satisfaction."""
    visits: float = 0.39
    """Mean visits per week of a user who is neither pleased nor displeased."""
    engagement: float = 0.8
    """Growth of ln(visit rate) with satisfaction."""
    holidays: float = 0.25
    """Growth of the visit rate in the busiest week of the year (the first of December)."""
    most_visits: int = 5
    slate: float = 0.6
    """Weight of the slate in what a visit was like; the rest is what was opened."""
    slate_quality: float = 0.25
    """Weight of quality beside liking in the slate."""
    stale: float = 0.5
    """Malus of a lasting item in the slate that the user already has."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Baskets, refunds, replenishment and advertising of a storefront."""

    cart: float = -3.5
    """Log-odds of putting an opened item into the cart, at cosine 0."""
    cart_liking: float = 3.0
    cart_quality: float = 0.4
    cart_price: float = 0.35
    """Share of the price term of utility that counts at the cart."""
    checkout: float = 0.1
    """Log-odds of going to the till with an item, at cosine 0.5."""
    checkout_liking: float = 0.8
    checkout_price: float = 0.25
    line: float = 0.92
    """Probability that an item in the cart is not taken out at the till."""
    first_visit: float = 1.6
    """Added to the log-odds of the cart on the visit that wins the user."""
    habit: float = 0.4
    """Probability that a consumable which suits becomes one that is bought again."""
    replenish: float = 0.4
    """Probability per visit of buying such a consumable once it is used up."""
    refund: float = 0.55
    refund_liking: float = 4.0
    """A line comes back with probability refund * exp(-refund_liking * cosine), 0.5 at most."""
    promotion: float = 0.12
    """Share of category-weeks with a discount of 10 to 30 percent."""
    pleasure: float = 0.25
    """What a line adds to the visit's experience for each unit of cosine above 0.4."""
    several: tuple[float, float] = (0.05, 0.28)
    """Probability of more than one piece: lasting items, consumables."""
    ad_page: float = 0.0035
    """Advertising revenue per page seen."""


@dataclass(frozen=True, slots=True)
class Media:
    """Plays, ratings, advertising and contracts of a streaming service."""

    plays: float = 5.0
    """Mean plays per visit."""
    replay: float = 0.24
    """Share of plays that come from the user's own favourites."""
    language: float = 1.2
    """Utility of a title in one's own language."""
    favourite: float = 0.45
    """Cosine above which a title may become a favourite."""
    pleasure: float = 0.05
    """What a play adds to the visit's experience for each unit of cosine above 0.4."""
    rated: float = 0.07
    """Share of plays that are rated, with
    ``3.1 + stars_liking * (cosine - 0.45) + 0.7 * quality + stars_noise * normal`` stars."""
    stars_liking: float = 4.0
    stars_noise: float = 0.5
    paid: float = 0.3
    """Share of users who start with a contract."""
    convert: float = 0.012
    """Weekly probability that a free user takes out a contract, at usual satisfaction."""
    convert_satisfaction: float = 3.0
    fees: tuple[float, ...] = (10.99, 16.99, 5.99)
    fee_names: tuple[str, ...] = ("individual", "family", "student")
    fee_shares: tuple[float, ...] = (0.6, 0.22, 0.18)
    contract_hazard: float = 0.7
    """Hazard of a contract relative to that of a free user."""
    ad_slot: float = 0.0042
    """Advertising revenue of one play on the free tier."""
    vector_noise: float = 0.5
    vector_size: int = 16


@dataclass(frozen=True, slots=True)
class Violations:
    """How a world breaks the assumptions that methods make. All zero: it keeps them."""

    confounded_slates: float = 0.0
    """Probability that a valuable user's slate is hand-picked to taste while the log claims the
    policy's propensities."""
    confounded_spend: float = 0.0
    """Swing of a hidden demand that moves spend and arrivals together."""
    interference: float = 0.0
    """Utility of an item for each factor e by which users of the same country take it up."""
    shifted_hazard: float = 0.0
    """Change of ln(hazard) from ``shift_week`` on."""
    shift_week: int = 60


@dataclass(frozen=True, slots=True)
class WorldParams:
    """Everything that, with a seed, makes a world."""

    name: str
    domain: Domain
    channels: tuple[Channel, ...]
    n_items: int
    weeks: int
    arrivals: float = 1.0
    """Multiplies the arrivals of every channel (and its spend)."""
    launched: float = 0.45
    """Share of the items that come on sale during the observed weeks."""
    logged: float = 0.4
    """Share of visits whose slate is logged."""
    lexicon: str = "storefront"
    taste: Taste = field(default_factory=Taste)
    choice: Choice = field(default_factory=Choice)
    retention: Retention = field(default_factory=Retention)
    shop: Shop = field(default_factory=Shop)
    media: Media = field(default_factory=Media)
    violations: Violations = field(default_factory=Violations)

    def sized(self, *, arrivals: float, n_items: int, weeks: int) -> "WorldParams":
        """The same world with fewer users, items and weeks."""
        return replace(self, arrivals=arrivals, n_items=n_items, weeks=weeks)


STOREFRONT = WorldParams(
    name="storefront",
    domain="shop",
    n_items=1500,
    weeks=104,
    channels=(
        Channel("organic", spend=0, base=15.0, hazard=0.85, campaigns=()),
        Channel(
            "search", spend=520, base=2.0, beta=22.0, half=520, hazard=0.95,
            campaigns=("search-brand", "search-generic", "search-shopping"), click_cost=0.9,
        ),
        Channel(
            "social", spend=420, base=1.0, beta=28.0, half=440, carry=0.2, hazard=1.9,
            campaigns=("social-video", "social-retarget"), dark=0.04, click_cost=0.45,
        ),
        Channel(
            "email", spend=60, base=1.5, beta=9.0, half=55, carry=0.1, hazard=0.6,
            campaigns=("email-referral", "email-winback"), click_cost=0.08,
        ),
        Channel(
            "affiliate", spend=190, base=0.8, beta=13.0, half=200, carry=0.15, hazard=1.1,
            campaigns=("affiliate-blogs", "affiliate-vouchers"), click_cost=0.5,
        ),
        Channel(
            "display", spend=560, base=0.2, beta=7.5, half=600, shape=1.6, carry=0.5, hazard=1.6,
            campaigns=("display-prospecting", "display-takeover"), dark=0.1, click_cost=1.4,
        ),
        Channel(
            "podcast", spend=70, base=0.1, beta=1.8, half=110, shape=1.4, carry=0.6, hazard=0.75,
            campaigns=("podcast-hosts",), dark=0.35, click_cost=1.9,
        ),
    ),
)  # fmt: skip
"""The storefront that ships with the project."""

STREAM = WorldParams(
    name="stream",
    domain="media",
    n_items=1200,
    weeks=78,
    lexicon="stream",
    launched=0.5,
    logged=0.3,
    channels=(
        Channel("organic", spend=0, base=20.0, hazard=0.9),
        Channel(
            "app-store", spend=260, base=4.0, beta=23.0, half=280, hazard=1.2,
            campaigns=("app-store-search", "app-store-today"), click_cost=0.5,
        ),
        Channel(
            "social", spend=200, base=1.0, beta=18.0, half=230, carry=0.2, hazard=1.7,
            campaigns=("social-clips", "social-influencers"), dark=0.05, click_cost=0.3,
        ),
        Channel(
            "partner", spend=110, base=0.5, beta=8.0, half=120, carry=0.1, hazard=0.6,
            campaigns=("partner-mobile",), click_cost=0.2,
        ),
        Channel(
            "tv", spend=420, base=0.2, beta=7.0, half=520, shape=1.7, carry=0.6, hazard=1.0,
            campaigns=("tv-brand",), dark=0.3, click_cost=2.2,
        ),
    ),
    choice=Choice(
        liking=7.0, quality=0.45, outside=5.6, searched=9, fashion=0.5, price_weight=0.0,
        complement=0.0,
    ),
    retention=Retention(hazard=0.021, visits=0.75, engagement=0.7, usual=0.28),
)  # fmt: skip
"""The music and video service that ships with the project."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Worlds around ``centre``: uniform ranges for behaviour, log-normal factors for channels."""

    centre: WorldParams = STOREFRONT
    liking: tuple[float, float] = (5.5, 8.5)
    """The threshold of opening an item moves along, so that visits stay about as long."""
    quality: tuple[float, float] = (0.3, 0.6)
    price_weight: tuple[float, float] = (0.5, 1.5)
    """Factor on the centre's price weight."""
    mood_stays: tuple[float, float] = (0.6, 0.9)
    drift: tuple[float, float] = (0.02, 0.08)
    attachment: tuple[float, float] = (1.8, 3.4)
    hazard: tuple[float, float] = (0.75, 1.35)
    """Factor on the centre's hazard."""
    visits: tuple[float, float] = (0.8, 1.25)
    """Factor on the centre's visits per week."""
    channel_sigma: float = 0.25
    """Standard deviation of the logarithm of each channel's beta, half and hazard."""

    def draw(self, rng: np.random.Generator) -> WorldParams:
        """Parameters of another world."""
        centre = self.centre

        def within(span: tuple[float, float]) -> float:
            return float(span[0] + (span[1] - span[0]) * rng.random())

        def scattered(value: float) -> float:
            return value * float(np.exp(self.channel_sigma * rng.standard_normal()))

        liking = within(self.liking)
        return replace(
            centre,
            taste=replace(
                centre.taste, mood_stays=within(self.mood_stays), drift=within(self.drift)
            ),
            choice=replace(
                centre.choice,
                liking=liking,
                outside=centre.choice.outside + 0.6 * (liking - centre.choice.liking),
                quality=within(self.quality),
                price_weight=centre.choice.price_weight * within(self.price_weight),
            ),
            retention=replace(
                centre.retention,
                attachment=within(self.attachment),
                hazard=centre.retention.hazard * within(self.hazard),
                visits=centre.retention.visits * within(self.visits),
            ),
            channels=tuple(
                replace(
                    channel,
                    beta=scattered(channel.beta),
                    half=scattered(channel.half),
                    hazard=scattered(channel.hazard),
                )
                for channel in centre.channels
            ),
        )
