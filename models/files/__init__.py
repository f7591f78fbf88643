"""Instances, plans and scenarios as files: JSON or YAML, by the suffix, and instances as folders of CSV tables.

Whatever is wrong is raised as one ``models.errors.InputError`` with every problem, its place and its line.
"""

from models.files.load import Loaded, instance_of, load_instance, load_plan, load_scenario, read_instance, tree_of
from models.files.whole import refuse_unwritable_folder, write_whole, write_whole_folder
from models.files.write import save, to_json, to_yaml

__all__ = [
    "Loaded",
    "instance_of",
    "load_instance",
    "load_plan",
    "load_scenario",
    "read_instance",
    "refuse_unwritable_folder",
    "save",
    "to_json",
    "to_yaml",
    "tree_of",
    "write_whole",
    "write_whole_folder",
]
