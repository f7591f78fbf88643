"""Batches: a grid of instances, scenarios, policies and options, each cell a run.

spec       what a specification holds
cells      its cells, each with a key; everything that is wrong, before anything starts
journal    cells.jsonl: a line for each cell that is done
work       one cell solved in a process of its own, here or on another machine
run        cells carried out side by side; resumes
rows       cells as rows: CSV and Parquet
summary    summary.txt and summary.html
"""
