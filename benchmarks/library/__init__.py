"""The instance library: named instances with the best objective and bound known of each, and the plans that prove them.

named    which instances there are, and where each comes from
entry    what is recorded of an instance: `LIBRARY.json` as trees
shelf    the files: `LIBRARY.json`, `LIBRARY.md` and a plan for each objective
rule     what may replace what is recorded: only what is better, and nothing that a known plan refutes
binding  what limits a plan, in a few words
verify   whether everything recorded is true
improve  searches from the recorded plans, and records what is better
page     `LIBRARY.md`
command  ``python -m benchmarks library``
"""
