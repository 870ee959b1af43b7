"""Order of events of one instant; loops that sleep and are woken."""

from workbench.engines.agenda import Agenda, Bell, Order, Process


def test_events_of_one_instant_happen_in_the_declared_order_however_they_were_written_down():
    agenda, said = Agenda(), []
    for order in (Order.SCHEDULER, Order.FAULT, Order.ARRIVAL, Order.END):
        agenda.at(5, order, said.append, order)
    agenda.run(10)
    assert said == [Order.FAULT, Order.END, Order.ARRIVAL, Order.SCHEDULER]


def test_events_of_one_instant_and_order_happen_as_written_down_including_those_added_meanwhile():
    agenda, said = Agenda(), []

    def first() -> None:
        said.append("first")
        agenda.after(0, Order.AGENT, said.append, "third")

    agenda.at(5, Order.AGENT, first)
    agenda.at(5, Order.AGENT, said.append, "second")
    agenda.run(10)
    assert said == ["first", "second", "third"]


def test_what_falls_on_the_end_of_the_run_does_not_happen():
    agenda, said = Agenda(), []
    agenda.at(10, Order.FAULT, said.append, "late")
    agenda.run(10)
    assert said == []
    assert agenda.now_us == 10


def test_a_loop_sleeps_whole_microseconds():
    agenda, woke = Agenda(), []

    def loop() -> Process:
        for _ in range(3):
            yield agenda.sleep(7, Order.CONTROLLER)
            woke.append(agenda.now_us)

    agenda.process(loop())
    agenda.run(100)
    assert woke == [7, 14, 21]
    assert all(isinstance(time, int) for time in woke)


def test_a_bell_wakes_once_for_several_rings_and_remembers_a_ring_while_the_loop_works():
    agenda, woke = Agenda(), []
    bell = Bell(agenda, Order.SCHEDULER)

    def loop() -> Process:
        while True:
            yield bell.wait()
            woke.append(agenda.now_us)
            yield agenda.sleep(10, Order.SCHEDULER)

    agenda.process(loop())
    for time in (5, 5, 8, 9, 40):
        agenda.at(time, Order.ARRIVAL, bell.ring)
    agenda.run(100)
    assert woke == [5, 15, 40]


def test_a_run_through_an_instant_ends_there_with_everything_done_loops_that_it_wakes_included():
    agenda, said = Agenda(), []
    bell = Bell(agenda, Order.FAULT)

    def loop() -> Process:
        yield bell.wait()
        said.append("loop")
        agenda.after(0, Order.END, said.append, "after the loop")

    agenda.process(loop())
    agenda.at(5, Order.SCHEDULER, bell.ring)
    agenda.at(6, Order.FAULT, said.append, "later")
    agenda.run_through(5)
    assert said == ["loop", "after the loop"]
    assert agenda.now_us == agenda.env.now == 5


def test_a_loop_that_was_woken_goes_on_before_the_rest_of_the_instant():
    agenda, said = Agenda(), []

    def loop() -> Process:
        yield agenda.sleep(5, Order.FAULT)
        said.append("loop")

    agenda.process(loop())
    agenda.at(5, Order.END, said.append, "end")
    agenda.run(10)
    assert said == ["loop", "end"]
