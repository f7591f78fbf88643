"""The Python that docs/runs.md shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_it_runs_as_it_stands(tmp_path: Path) -> None:
    """In a folder with the files that the page has made before: a proven plan, read back the same, compared with the
    earlier one.
    """
    page = (ROOT / "docs" / "runs.md").read_text()
    (tmp_path / "more.yaml").write_text(page.split("```yaml more.yaml\n")[1].split("```")[0])
    (block,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    made = "from pathlib import Path\nfrom api.cli.starting import write_starter\nwrite_starter(Path('demo'), False)\n"
    made += "from ampacity import *\n"
    made += "execute(Request('demo/instance.yaml', None, Settings(time_limit=30, gap=0.0))).write('before')\n"
    done = subprocess.run(
        [sys.executable, "-c", made + block],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    *_, proven, same, changes = done.stdout.splitlines()
    assert proven.startswith("proven ") and same == "True"
    assert "('order', 'buy-h200', 'dearer')" in changes and "('service', 'assistant', 'moved')" in changes
