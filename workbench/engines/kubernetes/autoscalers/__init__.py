"""What scales: more pods, bigger pods, more nodes. Rules as pure functions, under upstream's names.

| A reader asks | and opens |
|---|---|
| What does one look of the HorizontalPodAutoscaler decide? | `horizontal.py` |
| How many replicas does a metric ask for? Which pods are left out? | `horizontal_replicas.py` |
| How fast may it go? What is remembered? | `horizontal_behavior.py` |
| What does a VerticalPodAutoscaler recommend? | `vertical.py`, from `vertical_histogram.py` |
| Which pods does it evict for that? | `vertical_updater.py` |
| How are groups of nodes made larger? When is a failed one tried again? | `cluster.py` |
| How many nodes do waiting pods need? | `cluster_estimator.py`, up to the limits of `cluster_limiter.py` |
| Which group is made larger? | `cluster_scale_up.py`, by `cluster_expanders.py` |
| Which machines does Karpenter order? | `karpenter.py` |
| What would fit where? | `cluster_snapshot.py` |
| Which nodes are not needed, and which of them go? | `cluster_eligibility.py`, `cluster_scale_down.py` |
| Which pods stand in the way of removing a node? | `cluster_drain.py` |
"""
