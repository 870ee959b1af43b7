"""Kubernetes quantities: every notation, exactly. Upstream's own rows are in tests/conformance."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DocumentError
from workbench.formats.quantities import (
    format_amount,
    format_quantity,
    parse_quantity,
    parse_resources,
    to_amounts,
)
from workbench.model.native.kubernetes.quantity import NANO, Quantity

LARGEST = 2**63 - 1


@pytest.mark.parametrize(
    ("text", "nano", "kind"),
    [
        pytest.param("1", NANO, "DecimalSI", id="a bare number"),
        pytest.param(3, 3 * NANO, "DecimalSI", id="a number that YAML read"),
        pytest.param(0.1, NANO // 10, "DecimalSI", id="a fraction that YAML read is what was written"),
        pytest.param(1e-7, 100, "DecimalExponent", id="a tiny number that YAML read"),
        pytest.param(1e17, 10**17 * NANO, "DecimalSI", id="a large number that YAML read"),
        pytest.param("+1.5k", 1500 * NANO, "DecimalSI", id="a sign in front"),
        pytest.param("-3", -3 * NANO, "DecimalSI", id="negative amounts are quantities"),
        pytest.param("1E", 10**18 * NANO, "DecimalSI", id="E alone is exa"),
        pytest.param("1E3", 1000 * NANO, "DecimalExponent", id="E with digits is an exponent"),
        pytest.param("1e-3", NANO // 1000, "DecimalExponent", id="a negative exponent"),
        pytest.param("0.5Ki", 512 * NANO, "BinarySI", id="a binary fraction"),
        pytest.param("0.5", NANO // 2, "DecimalSI", id="half a unit"),
        pytest.param("100Ei", LARGEST * NANO, "BinarySI", id="binary amounts end at 2^63-1"),
        pytest.param("-100Ei", -LARGEST * NANO, "BinarySI", id="and at its negative"),
        pytest.param("100E", 100 * 10**18 * NANO, "DecimalSI", id="decimal amounts do not end there"),
        pytest.param("1e-400", 1, "DecimalExponent", id="something is never nothing"),
        pytest.param("-0.0000000001", -1, "DecimalSI", id="rounded away from zero below zero too"),
        pytest.param("0.0001Ki", 102_400_000, "DecimalSI", id="a binary amount below one turns decimal"),
    ],
)
def test_parse(text, nano, kind):
    quantity = parse_quantity(text)
    assert (quantity.nano, quantity.format) == (nano, kind)


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "m", "Ki", ".", "-", "1.1.1", "1 Gi", " 1", "1\n", "1K", "1ki", "1mi", "1gb", "0x10", "1e", "1e1.5"),
        *("1e3k", "1_000", "1,5", "½", "१", "inf", "nan", "1e999", "9" * 400, True, float("nan"), float("inf"), None),
    ],
)  # fmt: skip
def test_refused(text):
    with pytest.raises(DocumentError, match="is not a quantity"):
        parse_quantity(text)


@pytest.mark.parametrize(
    ("nano", "kind", "text"),
    [
        pytest.param(1023 * NANO, "BinarySI", "1023", id="binary below 1024 is printed decimal"),
        pytest.param(1536 * NANO, "BinarySI", "1536", id="no suffix divides it"),
        pytest.param(-2048 * NANO, "BinarySI", "-2Ki", id="negative binary"),
        pytest.param(2**70 * NANO, "BinarySI", "1024Ei", id="beyond the largest suffix"),
        pytest.param(10**21 * NANO, "DecimalSI", "1000E", id="beyond the largest decimal suffix"),
        pytest.param(5000 * NANO + 1, "BinarySI", "5000000000001n", id="precision goes before form"),
        pytest.param(NANO // 10, "DecimalExponent", "100e-3", id="exponents are multiples of three"),
    ],
)
def test_canonical_text(nano, kind, text):
    assert format_quantity(Quantity(nano, kind)) == text


@given(st.integers(-(10**30), 10**30), st.sampled_from(["DecimalSI", "DecimalExponent"]))
def test_the_canonical_text_is_read_back_exactly(nano, kind):
    quantity = Quantity(nano, kind)
    assert parse_quantity(format_quantity(quantity)) == quantity


@given(st.integers(-LARGEST, LARGEST))
def test_binary_texts_are_read_back_exactly(units):
    quantity = Quantity.of(units, "BinarySI")
    assert parse_quantity(format_quantity(quantity)) == quantity


@given(st.integers(-(10**20), 10**20), st.integers(-12, 9))
def test_rounding_up_goes_away_from_zero_by_less_than_one_step(nano, scale):
    rounded, exact = Quantity(nano).round_up(scale)
    assert exact == (rounded.nano == nano)
    assert abs(nano) <= abs(rounded.nano) < abs(nano) + max(1, 10 ** (scale + 9))


def test_quantities_are_ordered_by_amount_alone():
    assert parse_quantity("1Ki") == parse_quantity("1024")
    assert hash(parse_quantity("1Ki")) == hash(parse_quantity("1024"))
    assert sorted([parse_quantity("1Gi"), parse_quantity("1G"), parse_quantity("999M")]) == [
        parse_quantity("999M"),
        parse_quantity("1G"),
        parse_quantity("1Gi"),
    ]


def test_sums_keep_the_form_of_the_left_side_unless_it_is_zero():
    assert format_quantity(parse_quantity("1Gi") + parse_quantity("1024Mi")) == "2Gi"
    assert format_quantity(Quantity() + parse_quantity("1Gi")) == "1Gi"
    assert format_quantity(parse_quantity("2") - parse_quantity("500m")) == "1500m"


def test_resources_become_millicores_and_units_rounded_up():
    resources = parse_resources({"cpu": "0.0001", "memory": "1.5", "nvidia.com/gpu": 2, "pods": "110"})
    assert to_amounts(resources) == {"cpu": 1, "memory": 2, "nvidia.com/gpu": 2, "pods": 110}


def test_every_bad_amount_is_named_at_once():
    with pytest.raises(DocumentError) as caught:
        parse_resources({"cpu": "lots", "memory": "-1Gi", "pods": [1], "disk": True}, "requests")
    assert [(problem.place, problem.code) for problem in caught.value.problems] == [
        ("requests.cpu", "bad-quantity"),
        ("requests.memory", "negative"),
        ("requests.pods", "bad-quantity"),
        ("requests.disk", "bad-quantity"),
    ]


@pytest.mark.parametrize(
    ("name", "amount", "text"),
    [
        ("cpu", 500, "500m"),
        ("cpu", 2000, "2"),
        ("cpu", 1500, "1500m"),
        ("memory", 512 * 2**20, "512Mi"),
        ("memory", 16 * 2**30, "16Gi"),
        ("memory", 500_000_000, "500M"),
        ("memory", 123_456_789, "117.7Mi"),
        ("memory", 0, "0"),
        ("ephemeral-storage", 10 * 2**30, "10Gi"),
        ("hugepages-2Mi", 4 * 2**20, "4Mi"),
        ("nvidia.com/gpu", 3, "3"),
        ("pods", 110, "110"),
    ],
)
def test_amounts_for_people(name, amount, text):
    assert format_amount(name, amount) == text
