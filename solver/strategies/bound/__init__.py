"""Raising the bound by the rounds of a relaxation, with rows that only integers keep.

lazy        which rows a relaxation begins without
rounds      the search for a bound, and a dive from where it ends
"""
