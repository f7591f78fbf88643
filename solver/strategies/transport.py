"""Moving goods along given links: what each receiver needs, out of the room that each giver has."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from solver.arrays import Floats, Ints

NOTHING = 1e-12


def transported(needs: Floats, rooms: Floats, receiver: Ints, giver: Ints) -> Floats:
    """Meet needs as far as rooms and links allow: a largest flow by augmenting paths (Ford and Fulkerson 1956).

    Parameters:
        needs: [receiver]; nothing is moved where it is not positive.
        rooms: [giver]; may be infinite.
        receiver: [link].
        giver: [link].

    Returns:
        [link] what moves along it.
    """
    flow = np.zeros(len(receiver))
    links_of: dict[int, list[int]] = {}
    takers: dict[int, list[int]] = {}
    for link in np.flatnonzero(needs[receiver] > NOTHING).tolist():
        links_of.setdefault(int(receiver[link]), []).append(link)
        takers.setdefault(int(giver[link]), []).append(link)
    left = np.maximum(rooms, 0.0)
    for taker, links in links_of.items():
        need = float(needs[taker])
        for link in links:
            moved = min(need, float(left[giver[link]]))
            flow[link] += moved
            left[giver[link]] -= moved
            need -= moved
            if need <= NOTHING:
                break
        while need > NOTHING:
            path = _path(taker, links_of, takers, flow, left, receiver, giver)
            if not path:
                break
            moved = min(need, float(left[giver[path[-1]]]), *(float(flow[link]) for link in path[1::2]))
            flow[path[::2]] += moved
            flow[path[1::2]] -= moved
            left[giver[path[-1]]] -= moved
            need -= moved
    return flow


def _path(  # noqa: PLR0913 (a flow and its links)
    taker: int,
    links_of: dict[int, list[int]],
    takers: dict[int, list[int]],
    flow: Floats,
    left: Floats,
    receiver: Ints,
    giver: Ints,
) -> list[int]:
    """The shortest path from a receiver to a giver with room: links to fill and links to empty in turn; or none."""
    came: dict[int, list[int]] = {taker: []}  # the path to each receiver seen
    reached: set[int] = set()  # givers
    waiting = deque([taker])
    while waiting:
        now = waiting.popleft()
        for link in links_of[now]:
            site = int(giver[link])
            if site in reached:
                continue
            reached.add(site)
            if left[site] > NOTHING:
                return [*came[now], link]
            for other in takers[site]:
                who = int(receiver[other])
                if who not in came and flow[other] > NOTHING:
                    came[who] = [*came[now], link, other]
                    waiting.append(who)
    return []
