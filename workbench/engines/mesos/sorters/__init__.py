"""Orders in which roles, and the frameworks of a role, are offered resources.

| A reader asks | and opens |
|---|---|
| Who is next under dominant resource fairness? | `drf.py` |
| Who is next when lots are drawn? | `random.py` |
| How do roles below roles count? | `tree.py`, made of `nodes.py` |
| How is the order found fast? | `ordered.py` |
"""
