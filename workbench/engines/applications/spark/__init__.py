"""A Spark application: what its driver does, the same on every cluster; who gives it executors differs.

| A reader asks | and opens |
|---|---|
| What can be set? | `parameters.py` |
| Which task may run where, and how long is waited for a better place? | `task_set.py` |
| What becomes of tasks and stages? | `task_scheduler.py` |
| What runs in which executor? | `executors.py` |
| How many executors are wanted? | `allocation.py` |
"""
