"""Days as spreadsheets and people write them: refused, with the day to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from models.days import advice_for_day
from models.errors import InputError
from models.files import instance_of, load_instance, save
from tests.models.small import small
from tests.models.test_model_broken import put

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("46478", "write 2027-04-01, if a spreadsheet has stored the day as this number"),
        (46478, "write 2027-04-01, if a spreadsheet has stored the day as this number"),
        ("01.04.2027", "write 2027-04-01"),
        ("2027/04/01", "write 2027-04-01"),
        ("20270401", "write 2027-04-01"),
        ("06/30/2027", "write 2027-06-30"),
        ("30/06/2027", "write 2027-06-30"),
        ("04/03/2027", "write 2027-04-03 or 2027-03-04, whichever is meant"),
        ("04/04/2027", "write 2027-04-04"),
        ("1 April 2027", "write 2027-04-01"),
        ("Apr 1, 2027", "write 2027-04-01"),
        ("1-Apr-27", "write 2027-04-01"),
        ("2027-06-30T12:00:00Z", "write 2027-06-30, the day alone"),
        ("2027-06-30 00:00:00", "write 2027-06-30, the day alone"),
        ("Q2 2027", ""),
        ("31.02.2027", ""),
        ("", ""),
    ],
)
def test_the_day_that_was_meant(text: Any, advice: str) -> None:
    """One day, or both where month and day may change places; nothing where nobody can tell."""
    assert advice_for_day(text) == advice


def test_every_form_is_told() -> None:
    """In a document and in a table: the place, and the day to write."""
    data = small()
    put("training", 0, "due", 46478)(data)
    with pytest.raises(InputError) as caught:
        instance_of(data)
    (problem,) = caught.value.problems
    assert problem.place == "training[0].due" and problem.fix.startswith("write 2027-04-01")


def test_a_table_that_is_not_there_is_told_once(tmp_path: Path) -> None:
    """Without `sites.csv` the first row of a table of its halls, loops and roadmaps says what is lacking, and
    no other.
    """
    save(instance_of(small()).instance, tmp_path / "a")
    (tmp_path / "a" / "sites.csv").unlink()
    with pytest.raises(InputError) as caught:
        load_instance(tmp_path / "a")
    orphans = [problem for problem in caught.value.problems if "there is no such" in problem.rule]
    assert len(orphans) == 1
    assert "add its row to sites.csv, which has none" in orphans[0].fix
