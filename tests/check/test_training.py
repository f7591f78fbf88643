from tests.check.small import (
    FEBRUARY,
    JANUARY,
    MARCH,
    Tree,
    breaches,
    edited,
    only,
    policy,
    powered,
    small,
    start,
    training,
)

MONTH = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 744.0}]


def chain(*others: Tree, **base: object) -> Tree:
    """`tune` waits for `base`; both run 372 hours, half of January."""
    return small(training=[training("base", **base), training("tune", predecessors=["base"]), *others])


def plan(*starts: Tree) -> Tree:
    return {"training": list(starts), "powered": [powered(4, 4, 4)]}


def test_every_copy_is_run_or_dropped() -> None:
    """Of 3 copies 2 run and 1 is dropped; without the drop 1 of 3 is missing."""
    instance = small(training=[training("train", copies=3)])
    kept = plan(start(copies=2)) | {"dropped": [{"workload": "train", "copies": 1}]}
    assert breaches(instance, kept) == []
    found = only(instance, plan(start(copies=2)), "placed")
    assert (found.place, found.amount, found.unit, found.limit) == ({"workload": "train"}, 1.0, "copies", 3.0)


def test_what_must_run_is_not_dropped() -> None:
    """A value of null is a commitment."""
    instance = small(training=[training("train", value_usd=None)])
    found = only(instance, {"dropped": [{"workload": "train", "copies": 1}]}, "placed")
    assert (found.place, found.amount) == ({"workload": "train", "rule": "must run"}, 1.0)


def refused(instance: Tree, *starts: Tree) -> str:
    """The reason why the one start of a plan is not eligible."""
    found = only(instance, plan(*starts), "placed")
    assert (found.unit, found.limit, found.amount) == ("copies", 0.0, 1.0)
    return found.place["rule"]


def test_a_run_begins_between_its_earliest_and_its_latest_start() -> None:
    """Earliest 2027-01-10: the run of January begins that day, 2 days before the latest; February is too late."""
    early = small(training=[training("train", earliest_start="2027-01-10", latest_start="2027-01-12")])
    assert breaches(early, plan(start())) == []
    assert refused(early, start(period=FEBRUARY)) == "too-late"
    assert refused(small(training=[training("train", earliest_start=FEBRUARY)]), start()) == "too-late"


def test_a_run_ends_inside_the_horizon_unless_it_is_due_behind_it() -> None:
    """745 hours from March on pass the 744 of March by one."""
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 745.0}]
    assert refused(small(training=[training("train", ways=ways)]), start(period=MARCH)) == "too-late"
    assert breaches(small(training=[training("train", ways=MONTH)]), plan(start(period=MARCH))) == []
    behind = small(training=[training("train", ways=ways, due="2027-04-01")])
    assert breaches(behind, plan(start(period=MARCH))) == []


def test_a_run_needs_the_law_in_every_period_it_touches() -> None:
    """A rule against US operators from February on refuses a run that lasts from January into February."""
    rule = {"data_class": "plain", "permitted": ["EU"], "prohibited": ["US"], "since": FEBRUARY}
    ways = [{"id": "w", "accelerator": "h", "nodes": 2.0, "hours": 745.0}]
    instance = small(training=[training("train", ways=ways)], policy=policy(data_rules=[rule]))
    rents = {"rents": [{"offer": "hourly", "pool": "cloud-h", "nodes": [2, 2, 2]}]}
    found = only(instance, plan(start(pool="cloud-h")) | rents, "placed")
    assert found.place["rule"] == "sovereignty"
    january = edited(instance, "training", 0, ways=MONTH)
    assert breaches(january, plan(start(pool="cloud-h")) | rents) == []


def test_a_run_needs_the_class_of_its_dataset_allowed_and_approved() -> None:
    """The dataset's class is allowed in FR only, then approved at `own` from February only."""
    data = {"id": "d", "regions": ["north"], "size_tb": 1.0, "tier": "hot", "data_class": "secret"}
    instance = small(training=[training("train", dataset="d")], datasets=[data])
    french = instance | {"policy": policy(data_rules=[{"data_class": "secret", "permitted": ["FR"]}])}
    assert refused(french, start()) == "sovereignty"
    approved = edited(instance, "sites", 0, approvals=[{"data_class": "secret", "on": FEBRUARY}])
    assert refused(approved, start()) == "not-approved"
    assert breaches(approved, plan(start(period=FEBRUARY))) == []


def test_a_conditional_jurisdiction_counts_where_the_condition_is_met() -> None:
    """EU is conditional for class plain: `own` must list it."""
    rule = {"data_class": "plain", "permitted": [], "conditional": ["EU"]}
    instance = small(training=[training("train")], policy=policy(data_rules=[rule]))
    assert refused(instance, start()) == "sovereignty"
    assert breaches(edited(instance, "sites", 0, conditions_met=["plain"]), plan(start())) == []


def test_a_successor_may_begin_in_the_period_in_which_its_predecessor_ends() -> None:
    """Both run half of January, one after the other; before it, or instead of it, is not possible."""
    assert breaches(chain(), plan(start("base"), start("tune"))) == []
    found = only(chain(), plan(start("base", period=FEBRUARY), start("tune")), "precedence")
    assert found.place == {"workload": "tune", "after": "base", "period": JANUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "copies", 0.0)
    dropped = plan(start("tune")) | {"dropped": [{"workload": "base", "copies": 1}]}
    assert [b.family for b in breaches(chain(), dropped)] == ["precedence"]


def test_copies_wait_for_the_period_behind_the_end() -> None:
    """With 2 copies each, those of `tune` begin in February when those of `base` end in January."""
    instance = small(training=[training("base", copies=2), training("tune", copies=2, predecessors=["base"])])
    assert breaches(instance, plan(start("base", copies=2), start("tune", period=FEBRUARY, copies=2))) == []
    found = only(instance, plan(start("base", copies=2), start("tune", copies=2)), "precedence")
    assert (found.amount, found.limit) == (2.0, 0.0)


def test_runs_of_a_chain_fit_one_after_the_other_into_a_period() -> None:
    """372 hours, a handover of 72 and 372 hours make 816 of 744: 72 too many, 0.0968 of January."""
    instance = chain(handover_hours=72.0)
    found = only(instance, plan(start("base"), start("tune")), "chain")
    assert found.place == {"workload": "tune", "period": JANUARY}
    assert (round(found.amount, 9), found.unit, found.limit) == (round(72 / 744, 9), "periods", 1.0)
    # the last one's own handover does not count
    last = edited(chain(), "training", 1, handover_hours=72.0)
    assert breaches(last, plan(start("base"), start("tune"))) == []


def test_a_chain_of_three_counts_all_of_its_paths() -> None:
    """Three halves of January are 0.5 too many, on the path through all of them only."""
    instance = chain(training("serve", predecessors=["tune"]))
    found = only(instance, plan(start("base"), start("tune"), start("serve")), "chain")
    assert (found.place["workload"], found.amount) == ("serve", 0.5)


def test_the_artefact_takes_its_way_to_who_waits_for_it() -> None:
    """45 TB at 1 Gbps take 100 hours to `far`, where `tune` may be too: 372 + 100 + 372 = 844 of 744 hours."""
    instance = chain(artefact_tb=45.0)
    assert breaches(instance, plan(start("base"), start("tune"))) == []  # no route, no way
    routes = {"north": {"south": {"usd_per_gb": 0.01, "gbps": 1.0}}}
    instance = edited(instance, "network", routes=routes)
    found = only(instance, plan(start("base"), start("tune")), "chain")
    assert round(found.amount, 9) == round(100 / 744, 9)


def test_a_run_needs_its_data_in_its_region() -> None:
    """The data live in `south`; a copy that is in `north` from January on, made in December, brings them."""
    data = {"id": "d", "regions": ["south"], "size_tb": 45.0, "tier": "hot", "data_class": "plain"}
    routes = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 1.0}}}
    instance = edited(small(training=[training("train", dataset="d")], datasets=[data]), "network", routes=routes)
    copy = {"copies": [{"dataset": "d", "region": "north", "from": JANUARY}]}
    assert breaches(instance, plan(start()) | copy) == []
    found = only(instance, plan(start()), "data")
    assert found.place == {"workload": "train", "region": "north", "period": JANUARY}
    assert (found.amount, found.unit, found.limit) == (1.0, "copies", 0.0)


def test_a_copy_is_begun_after_today_and_made_once() -> None:
    """45 TB at 0.1 Gbps take 1,000 hours: too long from 2026-12-01 to January (744), not to February (1,488)."""
    data = {"id": "d", "regions": ["south"], "size_tb": 45.0, "tier": "hot", "data_class": "plain"}
    routes = {"south": {"north": {"usd_per_gb": 0.01, "gbps": 0.1}}}
    instance = edited(small(datasets=[data]), "network", routes=routes)
    january, february = ({"dataset": "d", "region": "north", "from": month} for month in (JANUARY, FEBRUARY))
    assert breaches(instance, {"copies": [february]}) == []
    assert only(instance, {"copies": [january]}, "data").place["rule"] == "too-late"
    march = february | {"from": MARCH}
    found = only(instance, {"copies": [february, march]}, "data")
    assert (found.place, found.amount, found.limit) == ({"dataset": "d", "region": "north"}, 1.0, 1.0)


def test_a_run_pauses_in_an_outage_and_goes_on() -> None:
    """744 hours from January on, with no January: they pass in February (672) and March (72), due behind or not."""
    instance = edited(small(training=[training("train", ways=MONTH)]), "sites", 0, availability=[0.0, 1.0, 1.0])
    assert breaches(instance, plan(start())) == []
    capacity, gang = breaches(instance, plan(start()) | {"powered": [powered(4, 4, 0)]})
    assert (capacity.place["period"], round(capacity.amount, 9)) == (MARCH, round(2 * 72 / 744, 9))
    assert (gang.family, gang.amount) == ("gang", 2.0)


def test_runs_of_a_repeated_training_are_placed_one_by_one() -> None:
    """Due monthly from January to March: `again`, `again#1` and `again#2`, each in its month."""
    again = training("again", due="2027-01-31", repeats_every_months=1)
    instance = small(training=[again])
    starts = [start("again"), start("again#1", period=FEBRUARY), start("again#2", period=MARCH)]
    assert breaches(instance, plan(*starts)) == []
    found = only(instance, plan(*starts[:2]), "placed")
    assert (found.place, found.amount) == ({"workload": "again#2"}, 1.0)


def test_a_long_chain_is_no_trouble() -> None:
    """2,000 trainings, each after the one before, of which the first two overlap by half a month."""
    runs = [training("t0")] + [training(f"t{n}", predecessors=[f"t{n - 1}"]) for n in range(1, 2000)]
    edited_runs = small(training=[runs[0] | {"handover_hours": 372.0}, *runs[1:]])
    dropped = [{"workload": f"t{n}", "copies": 1} for n in range(2, 2000)]
    found = only(edited_runs, plan(start("t0"), start("t1")) | {"dropped": dropped}, "chain")
    assert (found.place["workload"], found.amount) == ("t1", 0.5)


def test_a_start_is_refused_where_it_can_never_run() -> None:
    """Another accelerator's way, a cooling that is not permitted, a hall not yet operable, a network not yet ready."""
    instance = small(training=[training("train")])
    other = edited(instance, "training", 0, ways=[{"id": "w", "accelerator": "g", "nodes": 2.0, "hours": 1.0}])
    other["accelerators"].append(other["accelerators"][0] | {"id": "g"})
    assert refused(other, start()) == "no-throughput"
    late = edited(instance, "sites", 0, network_ready_on="2027-01-02")
    places = {b.place.get("rule") for b in breaches(late, plan(start()) | {"powered": [powered(0, 0, 0)]})}
    assert "network-not-ready" in places
    closed = edited(instance, "sites", 0, "halls", 0, operable_on="2027-01-02")
    assert "cooling-not-ready" in {b.place.get("rule") for b in breaches(closed, plan(start()))}
    wet = edited(instance, "sites", 0, "halls", 0, cooling="immersion")
    assert "cooling-not-permitted" in {b.place.get("rule") for b in breaches(wet, plan(start()))}
    weak = edited(instance, "sites", 0, "halls", 0, max_rack_kw=10.0)
    assert "density" in {b.place.get("rule") for b in breaches(weak, plan(start()))}
