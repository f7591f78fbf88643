"""What the service keeps and what carries it out; `api.http` and the commands `serve` and `worker` stand on it.

settings   every setting, from the environment
database   the tables, their version, and how a connection is made
store      all that is kept, in one database
runs       runs: queue, leases, events, plans, ends
instances  instances by hash, and who may refer to them
keys       API keys, hashed
audit      who did what, append-only
worker     claims runs and takes over those of dead workers
carrier    carries out a claimed run in a process of its own
"""
