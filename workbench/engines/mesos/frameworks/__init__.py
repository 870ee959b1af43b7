"""Frameworks: the second level of scheduling. Each is handed offers and picks work for them.

| A reader asks | and opens |
|---|---|
| What does every framework do? How long does it think? | `base.py` |
| How are services kept running? | `marathon.py`, `run_spec.py` |
| When does a constraint hold? | `marathon_constraints.py` |
| How long does a failing app wait? | `marathon_backoff.py` |
| When are offers asked for, and when not? | `marathon_revive.py` |
| How do batch tasks get onto offers? | `batch.py` |
"""
