"""Write `docs/model.md` from the formulation: ``python -m solver.formulation``; a test fails if it is out of date."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.files import load_instance, write_whole
from solver.families import GROUPS
from solver.formulation import tight, useful
from solver.formulation.bands import prices_by_band
from solver.formulation.change import change
from solver.formulation.cuts import beyond, idle, pairs
from solver.formulation.formulate import FAMILIES, formulate
from solver.formulation.hardware import balance
from solver.formulation.meanings import PRICED, VARIABLES
from solver.formulation.terms import TERMS
from solver.formulation.training import ended
from solver.formulation.use import node_use
from solver.names import unit_of
from solver.tables.tables import tables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from solver.program import Program

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "model.md"
EXAMPLES = ("small.yaml", "handmade.yaml", "quickstart.json")  # the index sets are read off their programs
INTRODUCTION = """# The model

<!-- made by `python -m solver.formulation`; change the formulation, not this page -->

A plan over a horizon of periods is a point of a mixed-integer linear program. Its variables say what is bought,
rented, built and switched on, which training runs where and when, and which sites serve each service. Its rows are
the limits of hardware, power, cooling, law, latency and money. Its objective is the cost in thousands of USD,
discounted to today. This page lists all of them. It is generated from `solver/formulation/`, where each formula
stands above the statement that builds it.

In the formulas, `i` is a service, `m` a metro, `s` a site, `h` a hall, `p` a pool, `q` a pool in a power mode, `j`
and `k` trainings (or `k` a profile), `a` a start (a training, a way to run it, a pool in a mode and a period), `o` an
offer, `v` a supplier, `u` an upgrade, `l` a signed line, `d` a failure domain, `c` a catchment, `x` a dataset, `r` a
region and `t` a period; a period that an event cuts is represented by its pieces.

`Σ_{a∋t}` is the sum over the starts that run in `t`, and `φ_at` the share of `t` in which `a` runs. A training is *out*
when it is finished and handed over. `λ` is the share of a period in which there is demand for a service, `H` the hours
of the period, `κ` a price of change. Every cost term includes discounting, the value left at the end and the day on
which each part of a price is due. A *reference node* is a node of the accelerator that serves a profile fastest; it
makes demand, in tokens or requests per second, comparable with nodes.
"""
FORMULA = re.compile(r"[∀Σ≤≥=∈]|^\s{4,}")


def page() -> str:
    """Return the page as it should be."""
    return "".join(
        [
            INTRODUCTION,
            *_variables(),
            *_objective(),
            *_definitions(),
            *_families(),
            *_cuts(),
            *_tightening(),
        ]
    )


def _variables() -> Iterator[str]:
    yield "\n## Variables\n\n"
    yield "No variable is negative. Those marked *integer* are whole; `full` and `used` only name sums of others.\n\n"
    yield "| variable | over | meaning | unit | |\n|---|---|---|---|---|\n"
    programs = [_program(name) for name in EXAMPLES]
    for name, meaning in VARIABLES.items():
        over, integer = _index_of(name, programs)
        yield f"| `{name}` | {over} | {meaning.of} | {meaning.unit} | {'integer' if integer else ''} |\n"


def _program(name: str) -> Program:
    return formulate(tables_of(load_instance(ROOT / "instances" / name).instance)).program


def _index_of(name: str, programs: list[Program]) -> tuple[str, bool]:
    """Dimensions of a family of variables and whether they are integers, from the first program that has some."""
    if name in ("diversity", "less", "more"):
        return "its subject", False
    found = ""
    for program in programs:
        for family, block in program.variables.items():
            if family.split("/")[0] == name and program.names is not None:
                found = found or ", ".join(dimension.name for dimension in program.names.columns[family].dimensions)
                if block.stop > block.start:
                    over = program.names.columns[family].place(0)
                    parts = [part for part in over if part != "site" or "pool" not in over]  # a pool implies its site
                    return ", ".join(parts), bool(program.integer[block].any())
    return found, False


def _objective() -> Iterator[str]:
    yield "\n## Objective\n\nThe sum of these terms is minimised, the price of change included.\n"
    terms: dict[str, Callable[..., Any]] = {**TERMS, "change": change}
    for name, term in terms.items():
        yield from _section(name, term)


def _definitions() -> Iterator[str]:
    yield "\n## Definitions\n\nRows that define a variable. They remain when a family is left out.\n"
    statements: dict[str, Callable[..., Any]] = {
        "balance": balance,
        "ended": ended,
        "use": node_use,
        "bands": prices_by_band,
    }
    for name, statement in statements.items():
        yield from _section(name, statement)


def _families() -> Iterator[str]:
    checked = _checked_in()
    for group, families in GROUPS.items():
        yield f"\n## Constraints: {group.lower()}\n"
        for name in families:
            yield from _section(name, FAMILIES[name])
            facts = [f"in {unit_of(name)}"] if unit_of(name) else []
            if name in PRICED:
                variable, price = PRICED[name]
                facts.append(f"slack `{variable}`, priced by {price}")
            else:
                facts.append("hard")
            if checked[name]:
                facts.append("checked in " + ", ".join(f"`solver/check/{module}.py`" for module in checked[name]))
            else:
                facts.append(f"cannot be violated: `solver/price/{name}.py` works the dates out by itself")
            sentence = "; ".join(facts)
            yield f"\n{sentence[0].upper()}{sentence[1:]}.\n"


def _checked_in() -> dict[str, list[str]]:
    """By family: the modules of the check that report violations of it."""
    found: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for path in sorted((ROOT / "solver" / "check").glob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        words = {argument.value for call in calls for argument in call.args[:1] if isinstance(argument, ast.Constant)}
        for name in FAMILIES.keys() & words:
            found[name].append(path.stem)
    return found


def _cuts() -> Iterator[str]:
    yield "\n## Cuts\n\nRows that every plan satisfies anyway but the relaxation does not. They are not checked.\n"
    cuts: dict[str, Callable[..., Any]] = {"beyond": beyond, "pairs": pairs, "idle": idle}
    for name, cut in cuts.items():
        yield from _section(name, cut)


def _tightening() -> Iterator[str]:
    yield "\n## Bounds and tightening\n"
    for module in (useful, tight):
        yield f"\n{_prose(inspect.getdoc(module) or '')}\n"


def _section(name: str, statement: Callable[..., Any]) -> Iterator[str]:
    """A heading, the prose of a docstring, and its formulas verbatim."""
    yield f"\n### {name}\n"
    for paragraph in (inspect.getdoc(statement) or "").split("\n\n"):
        lines = paragraph.splitlines()
        if (
            FORMULA.search(paragraph)
            and ("∀" in paragraph or "=" in paragraph or "≤" in paragraph)
            and not lines[0].endswith(".")
        ):
            yield f"\n```text\n{paragraph}\n```\n"
        else:
            yield f"\n{_prose(paragraph)}\n"


def _prose(text: str) -> str:
    """Text of a docstring with single instead of double backquotes."""
    return text.replace("``", "`").strip()


if __name__ == "__main__":
    write_whole(str(PAGE), page().encode())
