"""Orders in which roles, and the frameworks of a role, are offered resources.

| A reader asks | and opens |
|---|---|
| Who is next under dominant resource fairness? | `drf.py` |
"""
