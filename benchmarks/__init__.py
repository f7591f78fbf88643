"""Benchmarks: instances from the literature, solved by the ordinary engine and compared with published optima."""
