"""Family gang: whole gangs fit beside what runs all of the period, and long runs never share nodes."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from operator import add

from solver.check.capacity import at_hand
from solver.check.clocks import MOMENT
from solver.check.hardware import quota
from solver.check.result import Findings
from solver.price.pricing import Reading

HALF = Fraction(1, 2)
Row = list[float]


@dataclass(frozen=True)
class Part:
    """The part of a start that lies in one piece."""

    workload: str
    nodes: float  # of one gang
    copies: int
    share: Fraction
    whole: bool  # runs all of the piece
    half: bool  # runs more than half of it


# gang   ∀ q,t     Σ_{a∋t, φ_at > 1/2} n·start[a] + Σ_k nodes[k,q,t] ≤ powered[q,t]          any two of these overlap
#        ∀ j,q,t   Σ_{a of j in q, ∋t, n≥1, φ_at<1} n·start[a] + full[q,t] ≤ powered[q,t]    one copy
#        ∀ a∋t     start[a] ≤ copies_j · slot[q,n,t];   n·slot[q,n,t] + full[q,t] ≤ powered[q,t]
#                                                                                   many copies, n ≥ 1, φ_at < 1
#        full[q,t] = Σ_{a∋t, φ_at=1} n·start[a] + Σ_k nodes[k,q,t]
def check_gangs(reading: Reading, findings: Findings) -> None:
    """Reports, for each pool, mode and piece, the row that is passed furthest."""
    given = reading.given
    served: dict[tuple[str, str], Row] = {}
    for (_, pool, mode), nodes in reading.decided.nodes.items():
        served[pool, mode] = list(map(add, served[pool, mode], nodes)) if (pool, mode) in served else nodes
    for (pool, mode, number), parts in _parts(reading).items():
        limit = _limit(reading, pool, mode)[number]
        serving = served[pool, mode][number] if (pool, mode) in served else 0.0
        full = serving + sum(part.nodes * part.copies for part in parts if part.whole)
        place = {"pool": pool, "mode": mode, "period": given.pieces[number].name}
        long = serving + sum(part.nodes * part.copies for part in parts if part.half)
        needs = {"": long} if long else {}
        for part in parts:
            if part.whole or part.nodes < 1:
                continue
            so_far = needs.get(part.workload, full)
            if given.trainings[part.workload].copies == 1:
                needs[part.workload] = so_far + part.nodes * part.copies
            else:
                needs[part.workload] = max(so_far, full + part.nodes)
        worst = max(needs, key=lambda name: (needs[name], name), default="")
        if needs:
            findings.most("gang", place | ({"workload": worst} if worst else {}), needs[worst], limit, "nodes")


def _parts(reading: Reading) -> dict[tuple[str, str, int], list[Part]]:
    given = reading.given
    parts: dict[tuple[str, str, int], list[Part]] = {}
    for (workload, pool, mode, way, period), copies in reading.decided.starts.items():
        if copies:
            nodes = float(reading.starts.ways(given.trainings[workload])[way].nodes)
            for number, share in reading.starts.stay(workload, pool, mode, way, period).share.items():
                moment = Fraction(MOMENT) / given.hours[number]
                if share > moment:
                    part = Part(workload, nodes, copies, share, share >= 1 - moment, share > HALF + moment)
                    parts.setdefault((pool, mode, number), []).append(part)
    return parts


def _limit(reading: Reading, pool: str, mode: str) -> Row:
    """Powered nodes; at a provider's site stock + what could be rented, at most the quota."""
    given = reading.given
    if given.is_ours(given.pools[pool]):
        return at_hand(reading, pool, mode)
    limits = quota(reading, pool) or [float("inf")] * given.size
    row = []
    for number, stock in enumerate(reading.fleet.stock[pool]):
        could = stock
        for offer in given.offers_at(given.pools[pool]):
            if reading.dates.rents(offer, given.pools[pool], number):
                limit = None if offer.limit is None else given.calendar.read(offer.limit, "smallest")[number]
                could += float("inf") if limit is None else limit
        row.append(min(could, limits[number]))
    return row
