"""Questions: what is asked of a model, and what is measured.

| A reader asks | and opens |
|---|---|
| Is my file all right, and what of it counts? | `check.py` |
| How is one run made? | `run.py` |
| What is "mean wait"? | `metrics.py` |
| Where did the wait go? | `phases.py` |
| When was a service at full strength? | `serving.py` |
| Which version of an app serves when? | `versions.py` |
| How sure is a difference? | `statistics.py` |
| Two systems side by side? | `compare.py` |
| Where does the answer jump? | `sweep.py` |
| What does fair mean, exactly? | `fairness.py` |
| What is each team due at every moment, and what of it does it lack? | `dues.py` |
"""
