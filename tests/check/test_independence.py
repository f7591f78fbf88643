import ast
import sys
from pathlib import Path

import solver.check
import solver.price

CASES = (
    (solver.check, ("solver.check", "solver.price", "solver.families")),
    (solver.price, ("solver.price",)),
)


def test_check_and_price_import_the_data_and_the_standard_library_only() -> None:
    """They are the truth outside the solver: no other package of it, no arrays, and the price knows no check.

    What the check shares with the program is the list of names by which families are called.
    """
    allowed = set(sys.stdlib_module_names) | {"models"}
    for package, within in CASES:
        for file in Path(package.__file__ or "").parent.glob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                modules = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                modules += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                for module in modules:
                    assert module.split(".")[0] in allowed or module.startswith(within), (file.name, module)
