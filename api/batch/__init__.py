"""Batches: a grid of instances, scenarios, policies and options, each cell a run.

spec          what a specification holds
cells         its cells, each with a key; everything that is wrong, before anything starts
journal       cells.jsonl: a line for each cell that is done
cell_process  one cell solved in a process of its own, here or on another machine
run           cells carried out side by side; resumes
figures       lateness and headroom of a plan
rows          cells as rows: CSV and Parquet
summary       summary.txt and summary.html
stored        a batch read back from its folder
compare       two batches side by side
accept        a batch against an earlier one, within thresholds
"""
