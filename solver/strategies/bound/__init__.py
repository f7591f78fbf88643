"""Raising the bound of a large program: its relaxation by rounds, with rows that only integers keep.

projected   the program that bounds are proven on: the same plans at the same costs
lazy        which rows a relaxation begins without
rounds      the search for a bound
"""
