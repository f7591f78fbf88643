"""Policy: budgets, share caps, pins, and the price of change."""

from __future__ import annotations

from models.policy import Pin, PinOrder, PinService, PinTraining, PinUpgrade, ShareCap
from tests.oracle.build import Build, add, plus, times
from tests.oracle.linear import INFINITE, Form, value_of


def write_policy(build: Build) -> None:
    """Rows and costs of the group."""
    _freeze(build)
    _budgets(build)
    for cap in build.facts.policy.share_caps:
        if cap.kind in ("supplier", "operator"):
            _money_cap(build, cap)
        else:
            _kilowatt_cap(build, cap)
    for pin in build.facts.policy.pins:
        _pin(build, pin)
    _change(build)


def _freeze(build: Build) -> None:
    """Orders and upgrades placed before the freeze date are as in the incumbent, as rows."""
    facts, program = build.facts, build.program
    until = facts.policy.freeze_until
    if until is None:
        return
    for key, column in program.of("bought").items():
        offer, place, t = facts.offers[key[0]], facts.places[key[2]], key[3]
        day = facts.order_day(offer, place, t)
        if day is not None and day < until:
            value = build.empty.get(column, 0.0)
            program.row("committed", {column: 1.0}, low=value, high=value)
    for key, column in program.of("upgrade").items():
        day = facts.upgrade_day(facts.upgrades[key[0]], key[1])
        if day is not None and day < until:
            value = build.empty.get(column, 0.0)
            program.row("committed", {column: 1.0}, low=value, high=value)


def _budgets(build: Build) -> None:
    for budget in build.facts.policy.budgets:
        form: Form = {}
        constant = 0.0
        for cash in build.program.cash:
            if cash.term in budget.terms and budget.begin <= cash.day < budget.end:
                form = plus(form, cash.form)
                constant += cash.constant
        empty = value_of(form, build.empty) + constant
        build.program.row("budget", form, high=max(float(budget.usd), empty) - constant)


def _shares(build: Build, form: Form, whole: Form, share: float, slack: float) -> None:
    build.program.row("diversity", plus(form, times(whole, -share)), high=slack)


def _money_cap(build: Build, cap: ShareCap) -> None:
    """Undiscounted USD of hardware of a supplier, or at the sites of an operator."""
    groups: dict[str, Form] = {}
    for spend in build.spend:
        name = spend.supplier if cap.kind == "supplier" else spend.operator
        groups[name] = plus(groups.get(name, {}), spend.form)
    whole = plus(*groups.values())
    for name, form in groups.items():
        if cap.of in (None, name):
            over = value_of(form, build.empty) - cap.share * value_of(whole, build.empty)
            _shares(build, form, whole, cap.share, float(cap.from_usd) + max(0.0, over))


def _kilowatt_cap(build: Build, cap: ShareCap) -> None:
    """IT kW used at the sites of a group, in each period."""
    facts = build.facts
    for t in facts.periods:
        groups: dict[str, Form] = {}
        stock: dict[str, float] = {}
        whole: Form = {}
        all_stock = 0.0
        for place in facts.places.values():
            kilowatts = place.accelerator.node_kw
            form: Form = {}
            for mode, (power, _) in place.modes.items():
                form = plus(form, times(build.used.get((place.id, mode, t), {}), kilowatts * power))
            empty = kilowatts * build.stock_empty[place.id, t]
            whole, all_stock = plus(whole, form), all_stock + empty
            for name, sites in facts.domains(cap.kind).items():
                if place.site.id in sites:
                    groups[name] = plus(groups.get(name, {}), form)
                    stock[name] = stock.get(name, 0.0) + empty
        for name, form in groups.items():
            if cap.of in (None, name):
                over = stock[name] - cap.share * all_stock
                _shares(build, form, whole, cap.share, max(0.0, over))


def _pin(build: Build, pin: Pin) -> None:
    facts, program = build.facts, build.program
    number = facts.calendar.number
    forms: list[Form] = [{}]
    if isinstance(pin, PinOrder):
        t = number[pin.serves_from]
        wanted = (pin.offer, pin.pool, t)
        forms = [{c: 1.0 for key, c in program.of("bought").items() if (key[0], key[2], key[3]) == wanted}]
    elif isinstance(pin, PinUpgrade):
        add(forms[0], program.find("upgrade", pin.upgrade, number[pin.serves_from]), 1.0)
    elif isinstance(pin, PinTraining):
        for key, column in program.of("start").items():
            at = pin.period is None or key[4] == number[pin.period]
            if key[0] == pin.workload and key[1] == pin.pool and at:
                add(forms[0], column, 1.0)
    elif isinstance(pin, PinService):
        periods = list(facts.periods) if pin.period is None else [number[pin.period]]
        serve = program.of("serve")
        forms = [
            {c: 1.0 for key, c in serve.items() if (key[0], key[2], key[3]) == (pin.workload, pin.site, t)}
            for t in periods
        ]
    else:
        return  # what is forbidden has no columns
    value = float(pin.value)
    for form in forms:
        low = value if pin.at in ("least", "exactly") else -INFINITE
        high = value if pin.at in ("most", "exactly") else INFINITE
        program.row("pins", form, low=low, high=high)


def _change(build: Build) -> None:
    """What it costs today to depart from the incumbent."""
    facts, program, prices = build.facts, build.program, build.facts.policy.change
    incumbent = facts.instance.incumbent
    plan = None if incumbent is None else incumbent.plan
    if plan is None:
        return
    bought: dict[tuple[str, str, int], Form] = {}
    for key, column in program.of("bought").items():
        bought.setdefault((key[0], key[2], key[3]), {})[column] = 1.0
    planned = facts.planned_lots
    for where, form in bought.items():
        lot = facts.offers[where[0]].lot_nodes
        _depart(
            build, form, planned.get(where, 0.0), lot * float(prices.node_less_usd), lot * float(prices.node_more_usd)
        )
    planned_times = facts.planned_times
    for key, column in program.of("upgrade").items():
        was = planned_times.get((key[0], key[1]), 0.0)
        _depart(build, {column: 1.0}, was, float(prices.upgrade_less_usd), float(prices.upgrade_more_usd))
    starts: dict[tuple[str, str, int], float] = {}
    for start in plan.training:
        at = (start.workload, start.pool, facts.calendar.number[start.period])
        starts[at] = starts.get(at, 0.0) + start.copies
    for at, was in starts.items():
        form = {c: 1.0 for key, c in program.of("start").items() if (key[0], key[1], key[4]) == at}
        _depart(build, form, was, float(prices.start_usd), 0.0)
    for live in plan.live:
        for name in live.periods:
            form = {}
            add(form, program.find("live", live.workload, live.site, facts.calendar.number[name]), 1.0)
            _depart(build, form, 1.0, float(prices.deployment_usd), 0.0)
    for entry in plan.serve:
        service = next(s for s in facts.instance.inference if s.id == entry.workload)
        reference = max(e.per_node for e in facts.profiles[service.profile].throughput)
        for t in facts.periods:
            form = {}
            add(form, program.find("serve", entry.workload, entry.metro, entry.site, t), 1.0)
            _depart(build, form, entry.demand[t], float(prices.demand_usd) / reference, 0.0)


def _depart(build: Build, form: Form, was: float, less_usd: float, more_usd: float) -> None:
    program = build.program
    for usd, sign in ((less_usd, -1.0), (more_usd, 1.0)):
        if usd == 0 or (sign < 0 and was == 0):
            continue
        away = program.column("away", len(program.keys))
        program.row("change", plus({away: 1.0}, times(form, -sign)), low=-sign * was)
        build.pay("change", build.facts.today, {away: usd}, budget=False)
