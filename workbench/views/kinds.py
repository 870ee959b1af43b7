"""What an app is called by those who run it: Deployment, StatefulSet, Marathon app, resident app."""

from __future__ import annotations

from workbench.engines.mesos.workloads import WorkloadParameters, runs_under
from workbench.model.parameters import Settings
from workbench.model.workload import App
from workbench.views.i18n import Texts

NETWORK_VOLUMES = "mesos.workloads.network_volumes"
"""The setting that says what Marathon makes of a network volume."""


def kind_of(t: Texts, app: App, plane: str, settings: Settings) -> str:
    """Return the word that a control plane's own people have for such an app; neutral words for other sides."""
    if plane == "kubernetes":
        return {"service": "Deployment", "stateful": "StatefulSet", "batch": "Job", "daemon": "DaemonSet"}[app.kind]
    if plane != "mesos":
        return {
            "service": t("service"), "stateful": t("stateful app"), "batch": t("batch app"), "daemon": t("daemon")
        }[app.kind]  # fmt: skip
    if app.kind == "batch":
        return t("batch framework")
    runs = runs_under(app, settings.of(WorkloadParameters))
    if runs in ("kafka", "dcos-commons"):
        return t("Kafka broker") if runs == "kafka" else t("dcos-commons pod")
    if app.volume is None:
        return t("Marathon app")
    on_agent = app.volume.reach == "local" or settings.values.get(NETWORK_VOLUMES) == "persistent"
    return t("resident app") if on_agent else t("app with external disk")
