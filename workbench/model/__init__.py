"""Nouns: frozen values in words neither system owns. No clock, no files, no pictures.

| A reader asks | and opens |
|---|---|
| What is an amount of cpu or memory? | `resources.py` |
| What is a second in here? | `clock.py` |
| What machines are there? | `cluster.py` |
| What is an app, a team, a volume? | `workload.py` |
| What can go wrong? | `faults.py` |
| What is asked for while a run goes on? | `changes.py` |
| What may be adjusted, and where is the default from? | `parameters.py` |
| What does a scenario hold? | `scenario.py` |
| What is this column of the trace? | `trace.py` |
| Why does a task wait? | `reasons.py` |
| What are Kubernetes' own objects like? | `native/kubernetes/` |
| What does a Marathon app hold? | `native/marathon.py` |
"""
