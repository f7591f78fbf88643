"""What the market of a round decides: prices, orders and upgrades, and where services are to be served from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from solver.strategies.constructive.complete import point_of
from solver.strategies.constructive.investments import Investments
from solver.strategies.constructive.market import Market
from solver.strategies.constructive.modes import cheapest_modes

if TYPE_CHECKING:
    from solver.arrays import Floats
    from solver.strategies.constructive.pace import Pace
    from solver.strategies.constructive.scarcity import Prices
    from solver.strategies.constructive.serving import Planned, Serving
    from solver.strategies.constructive.share_caps import ShareCapRow

BUYING = 240  # turns of the market with purchases
SERVING = 480  # turns of the market for what stands then; in a large one, as many as with purchases
PASSES, AGAIN = 3, 60  # times that what found no room bids for what is left, and turns of each
FEW, LESS = 400, 3  # bids, up to which a third of all turns will do
MANY = 10_000  # bids, above which the first prices are found in a third of the turns, so that there is a plan early
HUGE = 100_000  # bids, above which a third of all turns has to do
PART = 0.15  # share of the time left that each step of a market may take


class Trade:
    """Runs the markets of a round, once its trainings are placed and before anything is served."""

    def __init__(self, serving: Serving, prices: Prices, share_rows: list[ShareCapRow], pace: Pace):
        self.serving, self.prices, self.share_rows, self.pace = serving, prices, share_rows, pace
        self.accounts = serving.loads.accounts
        self.paid = prices.rows.copy()

    def _market(self, point: Floats) -> Market:
        held = self.accounts.policies.held(point)
        return Market(self.serving, self.share_rows, self.paid, self.prices.has_price, held)

    def foresee(self) -> Floats | None:
        """Find prices before anything is placed, at which services could do without what trainings are to get.

        Returns:
            [row] what the wholes of share caps may become, weighted as in the row; None without services or time.
        """
        found = self._buying(sooner=True)
        return None if found is None else self._wholes(*found)

    def run(self, cautious: bool) -> tuple[Planned, Floats] | None:
        """Buy what pays, and decide what is to be served from where and what kept on standby.

        Parameters:
            cautious: whether purchases may count only on each other for the wholes of share caps, not on what is to be
                bought after them.

        Returns:
            By line and pool [t], and [i,p,t] reference nodes; None without services or time.
        """
        found = self._buying(sooner=False)
        if found is None:
            return None
        point, market, investments = found
        served = self._wholes(point, market, None)
        planned = served if cautious else self._wholes(point, market, investments)
        self.serving.loads.serve_in(cheapest_modes(self.serving, market, self.paid))
        # shares of wholes are subtracted from what a row takes, so the smaller number stands for the larger whole
        investments.make(lambda bought: self._count_on(np.minimum(planned, served + bought)))
        point = point_of(self.serving)
        market = self._market(point)
        turns = BUYING if market.size > MANY else SERVING
        market.settle(_turns(turns, market), over=self.pace.within(PART))
        market.fill(PASSES, _turns(AGAIN, market), self.pace.within(PART))
        self._count_on(self._wholes(point, market, None))
        return market.planned()

    def _buying(self, sooner: bool) -> tuple[Floats, Market, Investments] | None:
        """Hold a market with purchases, and take its prices; None without services or time.

        Parameters:
            sooner: whether a large one is to end earlier.

        Returns:
            The point of the plan so far, the market, and what it would buy.
        """
        if not self.pace.allows_market():
            return None
        point = point_of(self.serving)
        market = self._market(point)
        if market.bids is None:
            return None
        investments = Investments(self.serving, self.paid, market.demand.sum(axis=0))
        turns = BUYING // LESS if sooner and market.size > MANY else BUYING
        market.settle(_turns(turns, market), investments, self.pace.within(PART))
        self.prices.find(*market.prices())
        return point, market, investments

    def _count_on(self, wholes: Floats) -> None:
        """Let share caps refer to what their wholes are expected to become [row]."""
        policies = self.accounts.policies
        limit = policies.limit - self.accounts.sure * wholes
        self.accounts.limit = np.where(policies.is_share, limit, self.accounts.limit)

    def _wholes(self, point: Floats, market: Market, investments: Investments | None) -> Floats:
        """[row] the wholes of share caps with what the market plans, weighted as in the row."""
        policies, program = self.accounts.policies, self.serving.loads.program
        expected, whole = point.copy(), market.whole_mw()
        for cap in {row.cap for row in self.share_rows}:
            block = program.variables.get(f"diversity/{cap}/all", slice(0, 0))
            if block.stop - block.start == len(whole):
                expected[block] = whole
        wholes = np.asarray(policies.of_whole @ expected) + market.wholes()
        if investments is not None:
            wholes = wholes + np.asarray(investments.wholes.T @ investments.amount)
        return wholes


def _turns(turns: int, market: Market) -> int:
    return turns if FEW < market.size <= HUGE else turns // LESS
