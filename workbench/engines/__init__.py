"""Verbs: what happens, over time. The only place where SimPy lives.

| A reader asks | and opens |
|---|---|
| What happens first when two things fall on the same instant? | `agenda.py` |
| What is physically true for every control plane? | `world.py` |
| Which machines are there, on order, or gone? | `fleet.py` |
| How long does an image take? | `images.py` |
| Where are a volume's bytes? | `disks.py` |
| Whom does a new task stand in for? | `slots.py` |
| What is asked for during a run, of every control plane alike? | `timeline.py` |
| How long does a task run? | `draws.py` |
| Why do two runs differ only by decisions? | `randomness.py` |
| What does the runner ask of a control plane? | `protocol.py` |
| What can be run and adjusted? | `catalogue.py` |
| How does Kubernetes do it? | `kubernetes/` |
| How does Mesos do it? | `mesos/` |
| What if every team had machines of its own? | `static_partitions/` |
"""
