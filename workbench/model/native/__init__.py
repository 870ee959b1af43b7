"""Upstream's own object types: values only, no behaviour.

The one place where the model speaks the words of a system. `formats` reads documents into these types and the
engine of that system runs them.

| Objects of | are in |
|---|---|
| Kubernetes | `kubernetes/`, one file per API group |
| Marathon | `marathon.py` |
"""
