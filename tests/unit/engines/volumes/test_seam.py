"""A kind of volume says where its bytes lie; machines and directories do the rest. One of one's own is no different."""

from __future__ import annotations

import pytest

import workbench as wb
from tests.make import GIB, app, node, scenario
from tests.unit.engines.mesos.runs import rows
from workbench.engines.volumes.registry import BUILT_IN
from workbench.errors import VolumePluginError, WorkbenchError
from workbench.experiments.check import with_values
from workbench.experiments.survival import EVENTS, survival
from workbench.model.workload import Volume
from workbench.views.i18n import Texts


class Mirrored(wb.VolumePlugin):
    """Two copies, on two machines; each machine serves its copy to the others."""

    name = "mirrored"

    def provision(self, want, site):
        other = next(one for one in site.machines if one != want.node)
        return [site.on_disk(want.node, served=True), site.on_disk(other, served=True)]

    def provision_s(self, want, site):
        return 7.0


def db(**more):
    return app("db", "stateful", volume=Volume(GIB), **more)


def own(kind, **more):
    return wb.with_volume_plugin(scenario(db(**more)), kind)


class TestOneOfOnesOwn:
    @pytest.mark.parametrize("on", ["kubernetes", "mesos", "static-partitions"])
    def test_it_is_asked_on_every_side(self, on):
        trace = wb.run(own(Mirrored), on)
        (task,) = rows(trace, "tasks")
        assert task["outcome"] == "running"
        created, attached = rows(trace, "volumes")
        assert (created["state"], attached["state"]) == ("created", "attached")
        assert attached["at_us"] - created["at_us"] == pytest.approx(7.0)

    @pytest.mark.parametrize("event", EVENTS)
    @pytest.mark.parametrize("on", ["kubernetes", "mesos"])
    def test_two_copies_survive_the_loss_of_one_machine(self, on, event):
        assert survival(Mirrored, event, on).value == "kept"

    def test_one_copy_does_not(self):
        class Single(Mirrored):
            name = "single"

            def provision(self, want, site):
                return [site.on_disk(want.node, served=True)]

        assert survival(Single, "pod-deleted").value == "kept"
        assert survival(Single, "node-loss").value == "lost"

    def test_apps_may_differ(self):
        made = wb.with_volume_plugin(scenario(db(), app("log", "stateful", volume=Volume(GIB))), Mirrored, apps=["log"])
        assert [one.volume.kind for one in made.apps] == ["", "mirrored"]

    def test_it_stays_when_a_slider_builds_the_scenario_anew(self):
        made = wb.with_volume_plugin("ensemble", Mirrored)
        moved = with_values(made, {"horizon": "30min"})
        assert moved.horizon_us != made.horizon_us
        assert {one.volume.kind for one in moved.apps if one.volume is not None} == {"mirrored"}

    def test_a_run_remembers_nothing_of_the_one_before(self):
        class Counting(Mirrored):
            name = "counting"

            def __init__(self):
                self.made = 0

            def provision_s(self, want, site):
                self.made += 1
                return float(self.made)

        made = own(Counting)
        assert wb.run(made).digest() == wb.run(made).digest()


@pytest.mark.parametrize("on", ["kubernetes", "mesos"])
def test_members_find_their_copies_whatever_a_kind_calls_its_volumes(on):
    class Renamed(Mirrored):
        name = "renamed"

        def identity(self, want, site):
            return f"array-7/{want.name}"

    plain, renamed = (wb.run(wb.with_volume_plugin("ensemble", kind), on) for kind in (Mirrored, Renamed))
    assert list(renamed["data_copies"].rows()) == list(plain["data_copies"].rows())
    assert {row[4] for row in plain["data_copies"].rows()} > {"serving"}


class NoPlaces(wb.VolumePlugin):
    def provision(self, want, site):
        return "somewhere"


class NoMachine(wb.VolumePlugin):
    def provision(self, want, site):
        return [site.on_disk(99)]


class Raises(wb.VolumePlugin):
    def provision(self, want, site):
        return [site.on_disk({}["first"])]


class TooLong(Mirrored):
    name = "too-long"

    def attach_s(self, want, site):
        return -1


class Forgetful(wb.VolumePlugin):
    def provision(self, want):
        return []


class Nameless(Mirrored):
    name = "nameless"

    def identity(self, want, site):
        return None


class TestMistakes:
    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            (NoPlaces, "NoPlaces.provision, volume default/data-db-0: answered 'somewhere'; write a list of places"),
            (NoMachine, "NoMachine.provision, volume default/data-db-0: answered a place on the machine 99"),
            (Raises, "Raises.provision, volume default/data-db-0: raised KeyError: 'first' (line "),
            (TooLong, "too-long.attach_s, volume default/data-db-0: answered -1; write a number of seconds from 0"),
            (Forgetful, "write 'def provision(self, want, site)'"),
            (Nameless, "nameless.identity, volume default/data-db-0: answered None; write the name of the volume"),
        ],
        ids=lambda value: getattr(value, "__name__", ""),
    )
    def test_what_goes_wrong_in_a_run_is_told_by_name_in_both_languages(self, kind, words):
        with pytest.raises(VolumePluginError) as caught:
            wb.run(own(kind))
        assert words in str(caught.value)
        chinese = Texts("zh").error(caught.value)
        assert chinese != str(caught.value)
        assert any("一" <= letter <= "鿿" for letter in chinese)

    def test_what_is_wrong_with_a_class_is_told_at_once(self):
        class Nothing(wb.VolumePlugin):
            name = "nfs"

        with pytest.raises(WorkbenchError) as caught:
            wb.with_volume_plugin(scenario(db()), Nothing)
        said = str(caught.value)
        assert "nfs is the name of a built-in kind" in said
        assert "nfs does not say where its bytes lie" in said

    @pytest.mark.parametrize(("wrong", "words"), [(7, "int is no kind of volume"), (dict, "dict is no kind of volume")])
    def test_something_else_is_refused(self, wrong, words):
        with pytest.raises(VolumePluginError, match=words):
            wb.with_volume_plugin(scenario(db()), wrong)

    def test_an_app_without_a_disk_is_no_place_for_it(self):
        with pytest.raises(VolumePluginError, match="no app of this scenario has a disk"):
            wb.with_volume_plugin(scenario(app()), Mirrored)
        with pytest.raises(VolumePluginError, match="'web'"):
            wb.with_volume_plugin(scenario(app(), db()), Mirrored, apps=["web"])


def test_no_kind_is_called_otherwise_than_it_calls_itself():
    assert all(name == kind.name for name, kind in BUILT_IN.items())


def test_a_disk_of_a_zone_cannot_be_reached_from_another():
    class Zonal(wb.VolumePlugin):
        name = "zonal"

        def provision(self, want, site):
            return [site.outside("north")]

    machines = (node("a", zone="south"),)
    trace = wb.run(wb.with_volume_plugin(scenario(db(), machines=machines), Zonal))
    assert [row["state"] for row in rows(trace, "volumes")] == ["created"]
    assert rows(trace, "tasks")[0]["outcome"] == "waiting"
