"""What the explanation of a pod says where it waits for a volume."""

from __future__ import annotations

from workbench.experiments.explain import Cause, Facts
from workbench.views.i18n import Texts


def about_volumes(t: Texts, facts: Facts, cause: Cause) -> str:
    """Return the sentence of a cause or a cure; the words in quotes are upstream's."""
    args = cause.args
    if cause.code == "disk-elsewhere":
        return t(
            "{task} has its place on {node} and waits for its disk, which is still with {other}: “Volume is already "
            "exclusively attached to one node and can't be attached to another”.",
            task=facts.name, node=args["node"], other=args["other"],
        )  # fmt: skip
    if cause.code == "disk-let-go":
        return t(
            "A disk is detached once no pod there counts as using it any more and the node has unmounted it; a node "
            "that does not answer is waited for, unless somebody declares it out of service."
        )
    if cause.code == "volumes-made":
        return t("{task} is to run on {node}, and waits there for its volumes to be made.", task=facts.name, **args)
    return t("It is bound as soon as all its claims are; that is looked at every second.")
