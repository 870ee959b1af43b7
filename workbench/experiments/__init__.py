"""Questions: what is asked of a model, and what is measured.

| A reader asks | and opens |
|---|---|
| Is my file all right, and what of it counts? | `check.py` |
| How is one run made, and on which sides? | `run.py`, `sides.py`, `variants.py` |
| A policy of my own, or a kind of volume? | `policy.py`, `volume_kinds.py` |
| What is "mean wait"? | `metrics/` |
| Two systems side by side? | `compare.py`, in plain text `summary.py`; runs made once only: `known_runs.py` |
| How sure is a difference? | `statistics.py` |
| Where does the answer jump? | `sweep.py` |
| How few machines will do? | `sizing.py`, `goals.py` |
| Why is this task where it is? | `explain.py`, by side `explain_kubernetes.py`, `explain_mesos.py` |
| Because of its volume, or of its framework? | `explain_volumes.py`, `explain_frameworks.py` |
| Or is it not there yet? | `explain_absent.py` |
| Where did the wait go? | `phases.py` |
| When was a service at full strength? | `serving.py` |
| How does an app come back after a loss? | `recovery.py` |
| Which version of an app serves when? | `versions.py` |
| Where are the copies of the data? | `replication.py` |
| What became of requests, and how fast does a service react to more? | `requests.py`, `reaction.py` |
| What did batch jobs do, and what does nearby data buy? | `jobs.py`, `locality.py` |
| Which machines were there? | `machines.py` |
| What survives what? | `survival.py`, `survival_grid.py` |
| What does fair mean, exactly? | `fairness.py` |
| What is each team due at every moment, and what of it does it lack? | `dues.py` |
"""
