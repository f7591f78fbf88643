"""Warnings: two names of a kind that people mistake for one: they differ only by case, blanks or look-alikes."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from models.paths import place_of
from models.references.classes import classes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from models.references.found import Found
    from models.references.known import Known

KIND = "names that differ from another by case or look-alikes only"

# Characters that most typefaces draw alike: the Greek and Cyrillic letters that look like Latin ones, from Unicode's
# table of confusable characters (UTS #39, confusables.txt). Full-width and other variants of a letter are covered by
# Unicode's compatibility form.
_GREEK = ("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαιουνρϲϳ", "ABEZHlKMNOPTYXaiouvpcj")
_CYRILLIC = ("АВЕЅІЈКМНОРСТУХҮаеһіјоԛрсѕԝухӏԁүӀԌԜ", "ABESlJKMHOPCTYXYaehijoqpcswyxidylGW")
_LATIN = ("I1|0", "lllO")
_NOT_DRAWN = "".join(map(chr, (0x200C, 0x200D, *range(0xFE00, 0xFE10))))
_ALIKE = str.maketrans(_GREEK[0] + _CYRILLIC[0] + _LATIN[0], _GREEK[1] + _CYRILLIC[1] + _LATIN[1], _NOT_DRAWN)


def outline(name: str) -> str:
    """Return the look of a name, the same for two names that cannot be told apart by eye."""
    if name.isascii():
        return " ".join(name.translate(_ALIKE).split())
    plain = unicodedata.normalize("NFKC", name.translate(_ALIKE))
    return " ".join(plain.translate(_ALIKE).split())


def check_lookalikes(known: Known, found: Found) -> None:
    """Check ids by kind of thing, and names that nothing declares: metros, carriers, data classes and so on."""
    for what, named in _kinds(known):
        first: dict[str, str] = {}
        for place, name in named:
            first.setdefault(name, place)
        for form, how in _FORMS:
            _compare(found, what, first, form, how)


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


_FORMS: tuple[tuple[Callable[[str], str], str], ...] = (
    (_folded, "differs from {} by case or blanks only"),
    (outline, "looks like {}"),
)


def _compare(found: Found, what: str, first: dict[str, str], form: Callable[[str], str], how: str) -> None:
    """Warn of each name with the same form as an earlier one; ``first`` has the first place of each name."""
    seen: dict[str, str] = {}
    for name, place in first.items():
        other = seen.setdefault(form(name), name)
        if other != name and not (form is outline and _folded(other) == _folded(name)):
            rule = how.format(f"the {what} {other!r} at {first[other]}")
            found.warn(place, name, rule, "write the two alike if they are the same, else rename one", KIND)


def _kinds(known: Known) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    instance = known.instance

    def ids(*fields: str) -> list[tuple[str, str]]:
        return [(f"{field}[{i}].id", x.id) for field in fields for i, x in enumerate(getattr(instance, field))]

    for field in (
        "regions",
        "operators",
        "sites",
        "accelerators",
        "pools",
        "suppliers",
        "offers",
        "upgrades",
        "datasets",
        "profiles",
        "scenarios",
    ):
        yield field.removesuffix("s"), ids(field)
    yield "workload", ids("training", "inference")
    for i, site in enumerate(instance.sites):
        yield f"hall of {site.id}", [(f"sites[{i}].halls[{j}].id", hall.id) for j, hall in enumerate(site.halls)]
    regions = [(f"regions[{i}]", region) for i, region in enumerate(instance.regions)]
    metros = [(place_of(("network", "access_ms", name)), name) for name in instance.network.access_ms]
    yield "metro", metros + [(f"{at}.metro", region.metro) for at, region in regions]
    yield "grid", [(f"{at}.grid", region.grid) for at, region in regions]
    yield "provider", [(f"{at}.provider", region.provider) for at, region in regions if region.provider is not None]
    yield (
        "tier",
        [
            (place_of(("regions", i, "storage_usd_per_tb_month", name)), name)
            for i, region in enumerate(instance.regions)
            for name in region.storage_usd_per_tb_month
        ],
    )
    yield (
        "carrier",
        [
            (f"sites[{i}].uplinks[{j}].carrier", line.carrier)
            for i, site in enumerate(instance.sites)
            for j, line in enumerate(site.uplinks)
        ],
    )
    yield "law", _laws(instance)
    yield "data class", classes_of(instance).everywhere
    yield (
        "owner",
        [
            (f"{field}[{i}].owner", x.owner)
            for field in ("operators", "sites", "suppliers", "upgrades", "training", "inference")
            for i, x in enumerate(getattr(instance, field))
            if x.owner is not None
        ],
    )


def _laws(instance: Any) -> list[tuple[str, str]]:
    """Countries and jurisdictions."""
    found = [(f"operators[{i}].home_country", x.home_country) for i, x in enumerate(instance.operators)]
    for i, region in enumerate(instance.regions):
        found.append((f"regions[{i}].country", region.country))
        found += [(f"regions[{i}].jurisdictions[{j}]", name) for j, name in enumerate(region.jurisdictions)]
    for i, rule in enumerate(instance.policy.data_rules):
        for field in ("permitted", "conditional", "prohibited"):
            found += [(f"policy.data_rules[{i}].{field}[{j}]", name) for j, name in enumerate(getattr(rule, field))]
    return found
