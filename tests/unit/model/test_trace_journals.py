"""Journals store rows in bulk, which nobody who reads them can tell."""

import pickle

import pytest

from workbench.model.trace import AT_ONCE, Journal, Table, Trace

ROWS = [(number, "kind", f"subject {number}", "", "") for number in range(2 * AT_ONCE + 3)]


@pytest.mark.parametrize("every", [1, 7, AT_ONCE, 10 * AT_ONCE], ids="looked at after {} rows".format)
def test_a_journal_reads_like_a_table_whenever_it_is_looked_at(every):
    plain, journal = Table("events"), Journal("events")
    for number, row in enumerate(ROWS, start=1):
        assert journal.append(*row) == plain.append(*row) == number - 1
        assert len(journal) == number
        if number % every == 0:
            assert journal["at_us"] == plain["at_us"]
            journal["reason"][number - 1] = plain["reason"][number - 1] = "seen"
    assert list(journal.rows()) == list(plain.rows())
    assert list(journal.dicts()) == list(plain.dicts())
    assert journal.text() == plain.text()


def test_an_empty_journal_has_no_rows():
    assert list(Journal("events").rows()) == []
    assert len(Journal("events")) == 0


def test_a_journal_that_goes_to_another_process_takes_its_last_rows_with_it():
    trace = Trace("scenario", "kubernetes", 1, 10)
    trace["events"].append(*ROWS[0])
    assert list(pickle.loads(pickle.dumps(trace))["events"].rows()) == [ROWS[0]]


@pytest.mark.parametrize("cells", [ROWS[0][:-1], (*ROWS[0], "")], ids=["a cell too few", "a cell too many"])
def test_a_row_that_does_not_fit_is_refused_when_it_is_stored(cells):
    journal = Journal("events")
    journal.append(*cells)
    with pytest.raises(ValueError, match="zip"):
        journal["kind"]
