"""Runs, the same behind every door: what is asked, the solving, what is told meanwhile, how it ended, and its folder.

given      an instance with a scenario applied to it
request    what to solve, and how
execute    a request carried out: a `Run`, watched by events and stopped by an event of `threading`
events     what a run tells while it goes on
outcome    exit codes and states
folder     the files of a run, written as a whole
stored     a folder read back
comparison two runs beside each other
scratch    the temporary folder
"""
