"""The report of a benchmark, in Markdown: contenders side by side, and every cell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from api.bench.measures import (
    PENALTY,
    SHIFT,
    Verdict,
    penalised,
    performance_profile,
    ratio_of,
    shifted_geometric_mean,
    wilcoxon,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from api.bench.rows import Figures

LEAST = 1e-3  # seconds: integrals and times below it are taken to be equal


def by_grid(figures: Sequence[Figures]) -> dict[str, dict[str, list[Figures]]]:
    """The figures by grid and contender, in the order of the specification."""
    found: dict[str, dict[str, list[Figures]]] = {}
    for one in figures:
        found.setdefault(one.line["grid"], {}).setdefault(one.backend, []).append(one)
    return found


def profile_of(by_backend: Mapping[str, Sequence[Figures]]) -> dict[str, list[tuple[float, float]]]:
    """The performance profile of the primal-dual integral over the problems that all contenders have tried."""
    shared = _shared(by_backend)
    return performance_profile(
        {name: [max(row[p].primal_dual_integral, LEAST) for p in shared] for name, row in _rows(by_backend).items()}
    )


def report_of(title: str, figures: Sequence[Figures], missing: int, skipped: Sequence[str], plots: bool) -> str:
    """The report.

    Parameters:
        missing: cells that are not done yet.
        skipped: why contenders are missing.
        plots: whether the plots lie beside the report.
    """
    said = [f"# {title}", "", *_circumstances(figures, missing, skipped), ""]
    for grid, by_backend in by_grid(figures).items():
        said += [f"## {grid}", ""]
        if plots:
            said += [f"![gap over time](gap-{slug(grid)}.svg) ![performance profile](profile-{slug(grid)}.svg)", ""]
        said += _contenders(by_backend)
        said += _verdicts(by_backend)
        said += _catching_up(by_backend)
    said += _growth(figures)
    said += ["## Every cell", "", *_cells(figures), ""]
    wrong = [one for one in figures if one.contradicted]
    if wrong:
        said += ["## Contradictions", "", "A plan is known that costs less than these bounds allow:", ""]
        said += [
            f"- {one.line['instance']}, {one.backend}: bound {one.bound:,.2f}, plan {one.best:,.2f}" for one in wrong
        ]
        said.append("")
    return "\n".join(said)


def slug(name: str) -> str:
    """The name of a grid in the names of files."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "grid"


def _circumstances(figures: Sequence[Figures], missing: int, skipped: Sequence[str]) -> Iterator[str]:
    dates = sorted({one.line["date"] for one in figures})
    machines = sorted({_machine(one.line["machine"]) for one in figures})
    versions = sorted({str(one.line.get("solver_version")) for one in figures if one.line.get("solver_version")})
    days = f"{dates[0]} to {dates[-1]}" if len(dates) > 1 else "".join(dates)
    words = f"{len(figures)} cells" + (f", {days}" if days else "")
    yield words + (f"; {missing} more are not done yet." if missing else ".")
    if figures:
        yield f"Machine: {'; '.join(machines)}. Solvers: {'; '.join(versions)}."
    yield ""
    yield (
        f"Means over cells. Times are shifted geometric means (shift {SHIFT:g} s); PAR10 counts {PENALTY:g} times the "
        "limit for a cell that did not reach its gap. Integrals are in seconds: of the gap to the best known plan "
        "(primal), and of the gap between plan and bound (primal-dual), 1 while there is none. Seconds count from the "
        "instance; building the program is part of them. A dash: no cell has such a figure."
    )
    for words in skipped:
        yield ""
        yield f"{words}."


def _machine(known: Mapping[str, Any]) -> str:
    return f"{known['cpu']}, {known['cores']} cores, {known['memory_gb']} GB"


def _contenders(by_backend: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    yield (
        "| backend | cells | with a plan | solved | first plan, s | gap | primal integral | primal-dual integral | "
        "time, s | PAR10, s | build, s | peak, GB |"
    )
    yield "|---|" + "---:|" * 11
    reference = next(iter(by_backend))
    for name, figures in by_backend.items():
        yield f"| {name} | {' | '.join(_summary(figures))} |"
    yield ""
    others = [name for name in by_backend if name != reference]
    if not others:
        return
    yield f"Ratios to {reference}, over the cells that both have tried (below 1: less than {reference}):"
    yield ""
    yield ("| backend | pairs | first plan | last plan | gap | primal integral | primal-dual integral | peak memory |")
    yield "|---|" + "---:|" * 7
    for name in others:
        yield f"| {name} | {' | '.join(_ratios(by_backend, name, reference))} |"
    yield ""


def _summary(figures: Sequence[Figures]) -> Iterator[str]:
    times = [penalised(one.solved, one.trace.limit, 1.0) for one in figures]
    par10 = [penalised(one.solved, one.trace.limit) for one in figures]
    first = [one.first for one in figures if one.first is not None]
    yield str(len(figures))
    yield str(sum(one.objective is not None for one in figures))
    yield str(sum(one.solved is not None for one in figures))
    yield "-" if not first else f"{shifted_geometric_mean(first):.2f}"
    yield _percent(_mean([one.gap for one in figures]))
    yield _number(_mean([one.primal_integral for one in figures]))
    yield _number(_mean([one.primal_dual_integral for one in figures]))
    yield f"{shifted_geometric_mean(times):.1f}"
    yield f"{sum(par10) / len(par10):.0f}"
    yield _number(_mean([one.line.get("build_seconds") for one in figures]))
    yield _number(_mean([one.line.get("memory_gb") for one in figures]))


def _ratios(by_backend: Mapping[str, Sequence[Figures]], name: str, reference: str) -> Iterator[str]:
    pairs = _pairs(by_backend, name, reference)
    yield str(len(pairs))
    readers: tuple[Callable[[Figures], float | None], ...] = (
        lambda one: one.first,
        lambda one: one.objective,
        lambda one: one.gap,
        lambda one: one.primal_integral,
        lambda one: one.primal_dual_integral,
        lambda one: one.line.get("memory_gb"),
    )
    for read in readers:
        both = [(a, b) for one, other in pairs if (a := read(one)) is not None and (b := read(other)) is not None]
        positive = [(max(a, LEAST), max(b, LEAST)) for a, b in both if min(a, b) >= 0]  # costs may be below 0
        told = f"{ratio_of(positive):.4g}" if positive else "-"
        yield told + (f" ({len(positive)} of them)" if positive and len(positive) < len(pairs) else "")


def _verdicts(by_backend: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    reference, *others = by_backend
    found = [_verdict(by_backend, reference, other) for other in others]
    told = [verdict for verdict in found if verdict.p is not None]
    if not told:
        return
    yield "Is A better than B? Wilcoxon's signed-rank test of the primal-dual integrals, one-sided:"
    yield ""
    yield "| A | B | pairs | A better in | A over B | p |"
    yield "|---|---|" + "---:|" * 4
    for verdict in told:
        counts = f"{verdict.pairs} | {verdict.better} | {verdict.ratio:.2f} | {verdict.p:.3g}"
        yield f"| {verdict.a} | {verdict.b} | {counts} |"
    yield ""


def _verdict(by_backend: Mapping[str, Sequence[Figures]], a: str, b: str) -> Verdict:
    """The better of the two on average comes first."""
    pairs = [
        (max(one.primal_dual_integral, LEAST), max(other.primal_dual_integral, LEAST))
        for one, other in _pairs(by_backend, a, b)
    ]
    verdict = wilcoxon(a, b, pairs)
    return verdict if verdict.ratio <= 1.0 else wilcoxon(b, a, [(second, first) for first, second in pairs])


def _catching_up(by_backend: Mapping[str, Sequence[Figures]]) -> Iterator[str]:
    """How long the reference takes to reach what each other contender has at its end."""
    reference, *others = by_backend
    if not others:
        return
    yield f"Seconds until the plan of {reference} is as good as the last plan of each other:"
    yield ""
    yield "| backend | reached | seconds, mean of those | never |"
    yield "|---|" + "---:|" * 3
    for name in others:
        pairs = _pairs(by_backend, name, reference)
        reached = [ours.trace.reached(other.objective) for other, ours in pairs if other.objective is not None]
        without = len(pairs) - len(reached)
        there = [seconds for seconds in reached if seconds is not None]
        words = f"{len(there)} of {len(reached)}" + (f", {without} have no plan" if without else "")
        yield f"| {name} | {words} | {_number(_mean(there))} | {len(reached) - len(there)} |"
    yield ""


def _growth(figures: Sequence[Figures]) -> Iterator[str]:
    """Build seconds and memory by the size of the program; of several cells the mean."""
    sizes: dict[str, dict[str, int]] = {}
    for one in figures:
        if one.line.get("size"):
            sizes.setdefault(one.line["instance"], one.line["size"])
    if not sizes:
        return
    backends = list(dict.fromkeys(one.backend for one in figures))
    yield "## Growth with size"
    yield ""
    yield "The program as the first backend has it, seconds to build it, and the peak of the memory by backend in GB:"
    yield ""
    yield f"| instance | columns | rows | coefficients | build, s | {' | '.join(backends)} |"
    yield "|---|" + "---:|" * (4 + len(backends))
    for instance, size in sorted(sizes.items(), key=lambda item: item[1]["coefficients"]):
        mine = [one for one in figures if one.line["instance"] == instance]
        counts = " | ".join(f"{size[name]:,}" for name in ("columns", "rows", "coefficients"))
        build = _number(_mean([one.line.get("build_seconds") for one in mine]))
        peaks = [_mean([one.line.get("memory_gb") for one in mine if one.backend == name]) for name in backends]
        yield f"| {instance} | {counts} | {build} | {' | '.join(map(_number, peaks))} |"
    yield ""


def _cells(figures: Sequence[Figures]) -> Iterator[str]:
    yield (
        "| grid | instance | backend | seed | stopped | objective | bound | gap | first plan, s | seconds | "
        "primal-dual integral | CPU, s | peak, GB | other load | date |"
    )
    yield "|---|---|---|---:|---|" + "---:|" * 9 + "---|"
    for one in figures:
        line, sign = one.line, one.line.get("sign", 1.0)
        where = ", ".join(part for part in (line["instance"], line["scenario"], line["policy"]) if part)
        where = where.removesuffix(", as it stands")
        money = [None if value is None else sign * value for value in (one.objective, one.bound)]
        shown = [
            line["grid"],
            where,
            one.backend,
            str(line["seed"]),
            line["stopped"],
            *map(_money, money),
            _percent(one.gap),
            _number(one.first),
            _number(line.get("seconds")),
            _number(one.primal_dual_integral),
            _number(line.get("cpu_seconds")),
            _number(line.get("memory_gb")),
            _number(line.get("other_cores")),
            line["date"],
        ]
        yield f"| {' | '.join(shown)} |" + (f" {line['reason']}" if line["stopped"] == "crashed" else "")


def _rows(by_backend: Mapping[str, Sequence[Figures]]) -> dict[str, dict[tuple[Any, ...], Figures]]:
    return {name: {one.problem: one for one in figures} for name, figures in by_backend.items()}


def _pairs(by_backend: Mapping[str, Sequence[Figures]], a: str, b: str) -> list[tuple[Figures, Figures]]:
    """The cells of two contenders for the problems that both have tried."""
    rows = _rows(by_backend)
    return [(one, rows[b][problem]) for problem, one in rows[a].items() if problem in rows[b]]


def _shared(by_backend: Mapping[str, Sequence[Figures]]) -> list[tuple[Any, ...]]:
    rows = list(_rows(by_backend).values())
    return [problem for problem in rows[0] if all(problem in row for row in rows)] if rows else []


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.2f}"


def _money(value: float | None) -> str:
    return "-" if value is None else f"{value:,.2f}" if abs(value) < 1e6 else f"{value:,.0f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
