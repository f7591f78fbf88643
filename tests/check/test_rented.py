"""Family rented: what a gang at a provider's site has beyond the stock is rented for its hours.

`cloud` is a provider's; January has 744 hours, so that a way of 372 hours takes half of it. Rents are means of a month.
"""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

import pytest

from tests.check.small import JANUARY, Tree, breaches, edited, hourly, only, small, start, training

if TYPE_CHECKING:
    from collections.abc import Iterator

HOURS = 744.0


def cloud(*runs: Tree, stock: int = 0, offers: list[Tree] | None = None, **more: Any) -> Tree:
    """The small instance with some nodes that stand in `cloud`."""
    instance = small(training=list(runs), offers=[hourly()] if offers is None else offers, **more)
    return edited(instance, "pools", 2, nodes=stock, quota_nodes=None)


def run(name: str, nodes: float, share: float, copies: int = 1, **more: Any) -> Tree:
    """A training that takes a share of January."""
    ways = [{"id": "w", "accelerator": "h", "nodes": nodes, "hours": share * HOURS}]
    return training(name, ways=ways, copies=copies, **more)


def plan(*names: str, rent: float = 0.0, copies: int = 1, **more: Any) -> Tree:
    """All of them begin in `cloud` in January, where so much is rented."""
    tree = {"training": [start(name, pool="cloud-h", copies=copies) for name in names]} | more
    return tree | ({"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [rent, 0.0, 0.0]}]} if rent else {})


def serving(nodes: float) -> Tree:
    """Nodes that serve in `cloud` in January."""
    return {"nodes": [{"profile": "model", "pool": "cloud-h", "nodes": [nodes, 0.0, 0.0]}]}


def lacking(instance: Tree, decided: Tree) -> float:
    """Nodes that a plan would have to rent beyond what it does; 0: it keeps the family."""
    found = [breach for breach in breaches(instance, decided) if breach.family == "rented"]
    assert all(breach.place["pool"] == "cloud-h" and breach.unit == "nodes" for breach in found)
    return sum(breach.amount for breach in found)


def test_a_gang_rents_what_it_has_beyond_the_stock_for_its_hours() -> None:
    """64 nodes for half of January, one of which stands there: 63 x 0.5 are rented, not (64 x 0.5 - 1)."""
    instance = cloud(run("a", 64, 0.5), stock=1)
    assert breaches(instance, plan("a", rent=31.5)) == []
    found = only(instance, plan("a", rent=31.0), "rented")
    assert found.place == {"pool": "cloud-h", "period": JANUARY, "offer": "hourly"}
    assert (found.amount, found.limit) == (0.5, 31.5)


def test_long_runs_share_no_nodes() -> None:
    """Two gangs of 10 for 0.6 of January on 10 nodes: 6.0 are rented.

    For 0.5 they follow one another, and nothing is.
    """
    assert lacking(cloud(run("a", 10, 0.6), run("b", 10, 0.6), stock=10), plan("a", "b")) == pytest.approx(6.0)
    assert breaches(cloud(run("a", 10, 0.5), run("b", 10, 0.5), stock=10), plan("a", "b")) == []


def test_a_part_of_a_node_of_one_copy_is_a_gang() -> None:
    """Half a node for 0.4 of January, 0.2 nodes of it cheap: 0.3 x 0.4 are dear.

    Two copies of it follow one another on 0.2.
    """
    offers = [hourly(), hourly(id="cheap", limit=0.2, bands=[{"from_lots": 1.0, "price_usd": 1}])]

    def renting(cheap: float, dear: float) -> list[Tree]:
        return [
            {"offer": offer, "pool": "cloud-h", "nodes": [nodes, 0.0, 0.0]}
            for offer, nodes in (("cheap", cheap), ("hourly", dear))
        ]

    instance = cloud(run("a", 0.5, 0.4), offers=offers)
    assert lacking(instance, plan("a", rents=renting(0.2, 0.0))) == pytest.approx(0.12)
    assert breaches(instance, plan("a", rents=renting(0.08, 0.12))) == []
    many = cloud(run("a", 0.5, 0.2, copies=2), offers=offers)
    assert breaches(many, plan("a", copies=2, rents=renting(0.2, 0.0))) == []


def test_three_short_gangs_find_no_more_hours_than_the_stock_has() -> None:
    """Three gangs of 4 for half of January on 4 nodes: 6 node-months, of which 4 stand there."""
    instance = cloud(*(run(name, 4, 0.5) for name in "abc"), stock=4)
    assert breaches(instance, plan("a", "b", "c", rent=2.0)) == []
    assert lacking(instance, plan("a", "b", "c", rent=1.5)) == pytest.approx(0.5)


def test_copies_follow_one_another() -> None:
    """100 copies of one node for 0.05 of January take 5 nodes; 4 of them stand: one is rented."""
    assert breaches(cloud(run("a", 1, 0.05, 100), stock=5), plan("a", copies=100)) == []
    assert breaches(cloud(run("a", 1, 0.05, 100), stock=4), plan("a", copies=100, rent=1.0)) == []
    assert lacking(cloud(run("a", 1, 0.05, 100), stock=4), plan("a", copies=100)) == pytest.approx(1.0)


def test_copies_follow_one_another_only_where_one_fits_as_a_whole() -> None:
    """10 copies of 4 nodes for 0.1 of January on 3 nodes: one of them uses the 3, for its 0.1."""
    instance = cloud(run("a", 4, 0.1, 10), stock=3)
    assert breaches(instance, plan("a", copies=10, rent=3.7)) == []
    assert lacking(instance, plan("a", copies=10, rent=3.5)) == pytest.approx(0.2)


def test_serving_leaves_the_stock_to_copies_where_that_rents_less() -> None:
    """10 copies of 4 nodes for 0.1 of January beside one node that serves: with 4 nodes for the copies, only that one
    is rented.
    """
    instance = cloud(run("a", 4, 0.1, 10), stock=4)
    assert lacking(instance, plan("a", copies=10, rent=1.0, **serving(1.0))) == 0.0
    assert lacking(instance, plan("a", copies=10, **serving(1.0))) == pytest.approx(1.0)


def test_parts_of_a_node_are_free() -> None:
    """40 copies of a quarter of a node for a tenth of January take one node, and so do 2 of half a node for 0.5 and
    half a one for 1.
    """
    assert breaches(cloud(run("a", 0.25, 0.1, 40), stock=1), plan("a", copies=40)) == []
    mixed = cloud(run("a", 0.5, 0.5), run("b", 0.5, 0.5), run("c", 0.5, 1.0), stock=1)
    assert breaches(mixed, plan("a", "b", "c")) == []
    assert lacking(cloud(run("a", 0.25, 0.1, 60), stock=1), plan("a", copies=60)) == pytest.approx(0.5)


def test_what_serves_stands_beside_a_gang() -> None:
    """3 nodes serve on 4; a gang of 3 for half of January finds one there, and rents 2 x 0.5."""
    instance = cloud(run("a", 3, 0.5), stock=4)
    assert lacking(instance, plan("a", rent=1.0, **serving(3.0))) == 0.0
    assert lacking(instance, plan("a", rent=0.5, **serving(3.0))) == pytest.approx(0.5)


def test_without_a_stock_all_is_rented() -> None:
    """A gang of 3 for half of January, two nodes that serve and a gang of 2 for all of it: 1.5 + 2 + 2."""
    instance = cloud(run("a", 3, 0.5), run("b", 2, 1.0))
    assert lacking(instance, plan("a", "b", rent=5.5, **serving(2.0))) == 0.0
    assert lacking(instance, plan("a", "b", rent=5.0, **serving(2.0))) == pytest.approx(0.5)


def test_where_nothing_is_for_rent_all_fits_on_the_stock() -> None:
    """3 gangs of 4 for 0.4 of January take 4.8 of 4 nodes: 0.8 too many; each would fit."""
    runs = [run(name, 4, 0.4) for name in "abc"]
    assert breaches(cloud(*runs[:2], stock=4, offers=[]), plan("a", "b")) == []
    found = only(cloud(*runs, stock=4, offers=[]), plan("a", "b", "c"), "rented")
    assert found.place == {"pool": "cloud-h", "period": JANUARY}
    assert [found.amount, found.limit] == [pytest.approx(0.8), 4.0]


def tiers(first: float, second: float, *more: float) -> Tree:
    """January's rents of `few`, `hourly` and perhaps `many`."""
    names = ("few", "hourly", "many")
    rents = zip(names, (first, second, *more), strict=False)
    return {"rents": [{"offer": name, "pool": "cloud-h", "nodes": [nodes, 0.0, 0.0]} for name, nodes in rents]}


def test_a_cheaper_offer_bears_no_more_of_a_gang_than_it_has() -> None:
    """8 nodes at 1 USD, any number at 2: a gang of 64 for a tenth of January rents 0.8 there and 5.6 here, not 6.4
    there.
    """
    few = hourly(id="few", limit=8.0, bands=[{"from_lots": 1.0, "price_usd": 1}])
    instance = cloud(run("a", 64, 0.1), offers=[hourly(), few])
    assert breaches(instance, plan("a") | tiers(0.8, 5.6)) == []
    found = only(instance, plan("a") | tiers(6.4, 0.0), "rented")
    assert found.place["offer"] == "hourly"
    assert [found.amount, found.limit] == [pytest.approx(5.6), pytest.approx(0.8)]
    assert breaches(instance, plan("a") | tiers(0.0, 6.4)) == []  # dearer, but somebody may want it


def test_three_prices_and_a_stock() -> None:
    """Stock 1, then 2 nodes at 1 USD, 3 at 2, and the rest at 3: a gang of 10 for half of January has 1, 2, 3 and 4 of
    them.
    """
    few = hourly(id="few", limit=2.0, bands=[{"from_lots": 1.0, "price_usd": 1}])
    many = hourly(id="many", bands=[{"from_lots": 1.0, "price_usd": 3}])
    instance = cloud(run("a", 10, 0.5), stock=1, offers=[many, hourly(limit=3.0), few])
    assert breaches(instance, plan("a") | tiers(1.0, 1.5, 2.0)) == []
    assert [b.place["offer"] for b in breaches(instance, plan("a") | tiers(2.0, 2.0, 1.5))] == ["many"]
    assert [b.place["offer"] for b in breaches(instance, plan("a") | tiers(2.0, 0.5, 2.0))] == ["hourly"]
    assert [b.place["offer"] for b in breaches(instance, plan("a") | tiers(0.5, 1.5, 2.0))] == ["few"]


def test_offers_of_one_price_are_one() -> None:
    """4 nodes each of two offers at 2 USD: a gang of 8 for half of January rents 4, whosever they are."""
    instance = cloud(run("a", 8, 0.5), offers=[hourly(limit=4.0), hourly(id="few", limit=4.0)])
    for first in (0.0, 1.0, 2.0, 4.0):
        assert breaches(instance, plan("a") | tiers(first, 4.0 - first)) == []


# Runs laid out by hand: a month of so many slots, on the nodes of a stock.

SLOTS = 4


def laid_out(stock: int, standing: int, gangs: list[tuple[int, int]]) -> float:
    """Node-months on the stock in the best of all ways to lay out gangs (nodes, slots), each on the same nodes as long
    as it runs.
    """
    best = 0
    offsets = [range(SLOTS - slots + 1) for _, slots in gangs]
    for begins in itertools.product(*offsets):
        busy = [
            [i for i, (at, (_, n)) in enumerate(zip(begins, gangs, strict=True)) if at <= s < at + n]
            for s in range(SLOTS)
        ]
        for own in itertools.product(*(range(min(nodes, stock) + 1) for nodes, _ in gangs)):
            for there in range(min(standing, stock) + 1):
                if all(sum(own[i] for i in here) + there <= stock for here in busy):
                    used = sum(n * slots for n, (_, slots) in zip(own, gangs, strict=True))
                    best = max(best, used + there * SLOTS)
    return best / SLOTS


def drawn(
    chance: random.Random, sizes: range, slots: tuple[int, ...]
) -> Iterator[tuple[int, int, list[tuple[int, int]]]]:
    """Cases of up to three gangs."""
    for _ in range(25):
        gangs = [(chance.choice(sizes), chance.choice(slots)) for _ in range(chance.randint(1, 3))]
        yield chance.randint(0, 4), chance.randint(0, 3), gangs


def needed(stock: int, standing: int, gangs: list[tuple[int, int]]) -> float:
    """What the check asks to be rented for such gangs, as the smallest rent that it accepts."""
    runs = [run(f"r{i}", nodes, slots / SLOTS) for i, (nodes, slots) in enumerate(gangs)]
    decided = plan(*(tree["id"] for tree in runs), **serving(float(standing)))
    return lacking(cloud(*runs, stock=stock), decided)


def used_by(standing: int, gangs: list[tuple[int, int]]) -> float:
    """Node-months that all of them take."""
    return standing + sum(nodes * slots for nodes, slots in gangs) / SLOTS


def test_no_layout_rents_less_than_the_check_asks_for() -> None:
    """Whatever the gangs and however they are laid out: what is asked for is a lower bound."""
    for stock, standing, gangs in drawn(random.Random(1), range(1, 5), (1, 2, 3, 4)):
        least = used_by(standing, gangs) - laid_out(stock, standing, gangs)
        assert needed(stock, standing, gangs) <= least + 1e-6, (stock, standing, gangs)


@pytest.mark.parametrize("slots", [(2,), (2, 4), (3, 4)])
def test_gangs_that_fill_the_stock_rent_what_the_best_layout_rents(slots: tuple[int, ...]) -> None:
    """Halves that follow one another, what is longer than half, and what runs all of January: nothing else can be laid
    out.
    """
    for stock, standing, gangs in drawn(random.Random(2), range(4, 6), slots):
        least = used_by(standing, gangs) - laid_out(stock, standing, gangs)
        assert needed(stock, standing, gangs) == pytest.approx(least, abs=1e-6), (stock, standing, gangs)


def test_two_gangs_rent_what_the_best_layout_rents() -> None:
    """Two gangs of any sizes that fit into January one after another, beside what serves."""
    for stock, standing, gangs in drawn(random.Random(3), range(1, 6), (1, 2)):
        least = used_by(standing, gangs[:2]) - laid_out(stock, standing, gangs[:2])
        assert needed(stock, standing, gangs[:2]) == pytest.approx(least, abs=1e-6), (stock, standing, gangs[:2])
