"""The tables of an instance, derived from the schema; only the keys of dictionaries are named here.

A list of trees is a table with one row per tree; a tree inside a tree becomes columns (`valid.until`). A list inside a
tree is a table of its own, whose first columns say which tree a row belongs to (`sites.halls.csv`: site, id, ...). A
dictionary is a table with a column for each level of keys. A value over time is a cell if it is a single number, and
otherwise rows of a long table (`sites.ready_mw.csv`: site, period, ready_mw).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from models.instance import Instance
from models.shape import as_tree, bare, branches_of, fields_of
from models.values import Tree

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

Kind = Literal["single", "rows", "dictionary", "series"]
Form = Literal["cell", "words", "any", "series"]

# Headers for the keys of dictionaries, which have no names in the schema.
_KEYS = {
    "storage_usd_per_tb_month": ("tier",),
    "heat_shares": ("medium",),
    "access_ms": ("metro",),
    "round_trip_ms": ("metro", "region"),
    "egress_usd_per_gb": ("region", "metro"),
    "routes": ("from", "to"),
}
_SINGULAR = {"training": "training", "inference": "inference"}
PERIOD = "period"
NOTE = "note"


@dataclass(frozen=True)
class Column:
    """A field of a row; ``path`` leads to it through trees inside the row's tree."""

    header: str
    path: tuple[str, ...]
    kinds: tuple[Any, ...]  # annotations of the value: one, or one per branch of a union of trees
    form: Form
    required: bool
    null_is_must: bool  # an empty cell leaves the field out; where its default is not null, null is `must`
    empty_is_null: bool = False  # for a field that cannot be left out

    @cached_property
    def bases(self) -> frozenset[Any]:
        """The plain types that a value may have; worked out once, not once per cell."""
        return frozenset(base for kind in self.kinds for base in _bases(kind))


def _bases(kind: Any) -> set[Any]:
    found: set[Any] = set()
    for branch in branches_of(bare(kind)):
        inner = bare(branch)
        if get_origin(inner) in (tuple, dict) or as_tree(inner) is not None:
            continue
        found.add(str if get_args(inner) else inner)
    return found


@dataclass(frozen=True)
class Table:
    """A table; ``path`` leads from the tree that a row belongs to, its owner, to the field that holds the rows."""

    name: str
    kind: Kind
    path: tuple[str, ...]
    owner: tuple[str, ...]  # headers that identify the owner
    keys: tuple[str, ...] = ()  # headers of the keys of a dictionary
    columns: tuple[Column, ...] = ()
    own: tuple[str, ...] = ()  # fields that tell rows of one owner apart
    tables: tuple[Table, ...] = field(default=(), repr=False)  # tables of the lists and dictionaries in a row
    required: bool = False  # a dictionary without rows is empty rather than left out

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.name}.csv"

    @property
    def header(self) -> tuple[str, ...]:
        """All headers in order."""
        return (*self.owner, *self.keys, *(column.header for column in self.columns))

    @property
    def says_nothing_else(self) -> bool:
        """Whether a note is its only column, so that the table may be missing."""
        return self.header == (NOTE,)

    @property
    def known_to_its_tables(self) -> tuple[str, ...]:
        """Headers by which the tables below refer to a row of this one."""
        last = self.name.rpartition(".")[2]
        singular = _SINGULAR.get(last, last.removesuffix("s"))
        return (*self.owner, *(singular if name == "id" else name for name in self.own))


@cache
def layout() -> tuple[Table, ...]:
    """Return the tables of an instance, each with the tables of its rows inside it."""
    found = [Table("instance", "single", (), (), (), _notes(Instance))]
    for name, info in fields_of(Instance).items():
        tree = as_tree(info.annotation)
        if tree is not None:
            columns = _columns((tree,))
            found.append(Table(name, "single", (name,), (), (), columns, (), _tables_in(tree, name, ())))
        else:
            found += _tables_of(name, info, (name,), ())
    return tuple(found)


@cache
def every_table() -> dict[str, Table]:
    """Return all tables that have a file, by the name of the file."""
    found: dict[str, Table] = {}

    def add(tables: tuple[Table, ...]) -> None:
        for table in tables:
            if table.header:
                found[table.file] = table
            add(table.tables)

    add(layout())
    return found


def _tables_in(tree: type[Tree], name: str, owner: tuple[str, ...], path: tuple[str, ...] = ()) -> tuple[Table, ...]:
    """The tables for the fields of a tree that are not columns."""
    return tuple(
        table
        for inner, info in fields_of(tree).items()
        for table in _tables_of(f"{name}.{inner}", info, (*path, inner), owner)
    )


def _tables_of(name: str, info: FieldInfo, path: tuple[str, ...], owner: tuple[str, ...]) -> tuple[Table, ...]:
    kind, value = bare(info.annotation), path[-1]
    if runs_over_time(kind) or _is_number(_entry(kind)):
        column = Column(value, (), (kind if runs_over_time(kind) else _entry(kind),), "cell", True, False)
        return (Table(name, "series", path, owner, (PERIOD,), (column,)),)
    if trees := _trees(_entry(kind)):
        table = Table(name, "rows", path, owner, (), _columns(trees), _own(trees[0]))
        below = tuple(inner for tree in trees for inner in _tables_in(tree, name, table.known_to_its_tables))
        return (replace(table, tables=below),)
    if get_origin(kind) is dict:
        inner = bare(get_args(kind)[1])
        while get_origin(inner) is dict:
            inner = bare(get_args(inner)[1])
        tree = as_tree(inner)
        columns = _columns((tree,)) if tree else (Column(value, (), (inner,), "cell", True, False),)
        return (Table(name, "dictionary", path, owner, _KEYS[value], columns, required=info.is_required()),)
    tree = as_tree(kind)
    return _tables_in(tree, name, owner, path) if tree is not None else ()


def _notes(tree: type[Tree]) -> tuple[Column, ...]:
    """The column of the note of a tree."""
    return _columns_of(fields_of(tree)[NOTE], (NOTE,))


def _columns(trees: tuple[type[Tree], ...], path: tuple[str, ...] = ()) -> tuple[Column, ...]:
    """The columns of a row; several trees share columns of the same name. A note comes last."""
    found: dict[str, Column] = {}
    for tree in trees:
        for name, info in fields_of(tree).items():
            for column in _columns_of(info, (*path, name)):
                there = found.get(column.header)
                kinds = column.kinds if there is None else (*there.kinds, *column.kinds)
                required = column.required and len(trees) == 1
                found[column.header] = replace(column, kinds=kinds, required=required)
    return tuple(sorted(found.values(), key=lambda column: column.header == NOTE))


def _columns_of(info: FieldInfo, path: tuple[str, ...]) -> tuple[Column, ...]:
    kind, header = bare(info.annotation), ".".join(path)
    nullable = any(type(None) in get_args(bare(branch)) for branch in (kind, *branches_of(kind)))
    must = nullable and not info.is_required() and info.default is not None
    if runs_over_time(kind):
        return (Column(header, path, (kind,), "series", info.is_required(), must),)
    if get_origin(kind) is tuple:
        entry = _entry(kind)
        if _is_number(entry) or _trees(entry):
            return ()
        return (Column(header, path, (entry,), "words", info.is_required(), False),)
    if get_origin(kind) is dict:
        return ()
    if (tree := as_tree(kind)) is not None:
        return _columns((tree,), path)
    form: Form = "any" if kind is Any else "cell"
    return (Column(header, path, (kind,), form, info.is_required(), must, nullable and info.is_required()),)


def _own(tree: type[Tree]) -> tuple[str, ...]:
    """The fields that name a tree among its siblings: its id, or else the names with which it starts."""
    fields = fields_of(tree)
    if "id" in fields:
        return ("id",)
    names: list[str] = []
    for name, info in fields.items():
        kind = bare(info.annotation)
        if not (kind is str or get_origin(kind) is Literal) or info.default is None:
            break
        names.append(name)
    return tuple(names)


def _entry(kind: Any) -> Any:
    """The annotation of the entries of a list; None for anything else."""
    return bare(get_args(kind)[0]) if get_origin(kind) is tuple else None


def _trees(kind: Any) -> tuple[type[Tree], ...]:
    """The trees that an entry may be; none where it may also be a word (then a cell holds the list)."""
    branches = [bare(branch) for branch in branches_of(kind)]
    trees = tuple(branch for branch in branches if isinstance(branch, type) and issubclass(branch, Tree))
    return trees if len(trees) == len(branches) else ()


def _is_number(kind: Any) -> bool:
    return kind in (int, float)


def runs_over_time(kind: Any) -> bool:
    """Whether a value may be one number, one per period, or a table by month."""
    return {get_origin(bare(branch)) for branch in branches_of(kind)} >= {tuple, dict}
