"""Writes `docs/model.md` from the formulation: ``python -m solver.formulation``; a test fails when it is out of
date.
"""

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
EXAMPLES = ("small.yaml", "handmade.yaml", "quickstart.json")  # their programs say which index sets there are
INTRODUCTION = """# The model

<!-- made by `python -m solver.formulation`; change the formulation, not this page -->

A plan for a horizon of periods is a point of a mixed-integer linear program. Its variables say what is bought,
rented, built and switched on, which training runs where and when, and from which sites services are served; its rows
are the limits of hardware, power, cooling, law, latency and money; its objective is the cost in thousands of USD,
discounted to today. This page lists all of it. A formula stands above the statement that builds it, in
`solver/formulation/`, from which this page is made.

In formulas `i` is a service, `m` a metro, `s` a site, `h` a hall, `p` a pool, `q` a pool in a power mode, `j` and `k`
trainings (or `k` a profile), `a` a start (a training, a way to run it, a pool in a mode and a period), `o` an offer,
`v` a supplier, `u` an upgrade, `l` a signed line, `d` a failure domain, `c` a catchment, `x` a dataset, `r` a region
and `t` a period. A period that an event cuts counts as its pieces. `Σ_{a∋t}` is the sum over the starts that run in
`t`, and `φ_at` the share of `t` in which `a` runs. Discounting, value left at the end and the day on which each part
of a price is due are in every cost term; `λ` is the share of a period in which a service is asked for, `H` its hours,
`κ` a price of change. A *reference node* is a node of the accelerator that serves a profile fastest: it makes demand,
in tokens per second or requests, comparable with nodes.
"""
FORMULA = re.compile(r"[∀Σ≤≥=∈]|^\s{4,}")


def page() -> str:
    """The page as it should be."""
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
    yield "None is negative. Those marked *integer* are whole; `full` and `used` only name sums of others.\n\n"
    yield "| variable | over | meaning | unit | |\n|---|---|---|---|---|\n"
    programs = [_program(name) for name in EXAMPLES]
    for name, meaning in VARIABLES.items():
        over, integer = _index_of(name, programs)
        yield f"| `{name}` | {over} | {meaning.of} | {meaning.unit} | {'integer' if integer else ''} |\n"


def _program(name: str) -> Program:
    return formulate(tables_of(load_instance(ROOT / "instances" / name).instance)).program


def _index_of(name: str, programs: list[Program]) -> tuple[str, bool]:
    """Dimensions of a family of variables, and whether they are integers, from a program that has some."""
    if name in ("diversity", "less", "more"):
        return "what it is about", False
    found = ""
    for program in programs:
        for family, block in program.variables.items():
            if family.split("/")[0] == name and program.names is not None:
                found = found or ", ".join(dimension.name for dimension in program.names.columns[family].dimensions)
                if block.stop > block.start:
                    over = program.names.columns[family].place(0)
                    parts = [part for part in over if part != "site" or "pool" not in over]  # a pool is at a site
                    return ", ".join(parts), bool(program.integer[block].any())
    return found, False


def _objective() -> Iterator[str]:
    yield "\n## Objective\n\nThe sum of these terms, and the price of change, is minimised.\n"
    terms: dict[str, Callable[..., Any]] = {**TERMS, "change": change}
    for name, term in terms.items():
        yield from _section(name, term)


def _definitions() -> Iterator[str]:
    yield "\n## Definitions\n\nRows that say what a variable is. They stay when a family is left out.\n"
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
                facts.append(f"slack `{variable}` at the price {price}")
            else:
                facts.append("hard")
            if checked[name]:
                facts.append("checked in " + ", ".join(f"`solver/check/{module}.py`" for module in checked[name]))
            else:
                facts.append(f"nothing to break: the price in `solver/price/{name}.py` finds the dates by itself")
            sentence = "; ".join(facts)
            yield f"\n{sentence[0].upper()}{sentence[1:]}.\n"


def _checked_in() -> dict[str, list[str]]:
    """By family: the modules of the check that find breaches of it."""
    found: dict[str, list[str]] = {name: [] for name in FAMILIES}
    for path in sorted((ROOT / "solver" / "check").glob("*.py")):
        calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
        words = {argument.value for call in calls for argument in call.args[:1] if isinstance(argument, ast.Constant)}
        for name in FAMILIES.keys() & words:
            found[name].append(path.stem)
    return found


def _cuts() -> Iterator[str]:
    yield "\n## Cuts\n\nRows that every plan keeps anyway and that the relaxation does not; nobody checks them.\n"
    cuts: dict[str, Callable[..., Any]] = {"beyond": beyond, "pairs": pairs, "idle": idle}
    for name, cut in cuts.items():
        yield from _section(name, cut)


def _tightening() -> Iterator[str]:
    yield "\n## Bounds and tightening\n"
    for module in (useful, tight):
        yield f"\n{_prose(inspect.getdoc(module) or '')}\n"


def _section(name: str, statement: Callable[..., Any]) -> Iterator[str]:
    """A heading, the words of a docstring, and its formulas as they stand."""
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
    """Paragraphs of a docstring, with its double backquotes as single ones."""
    return text.replace("``", "`").strip()


if __name__ == "__main__":
    write_whole(str(PAGE), page().encode())
