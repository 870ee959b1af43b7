"""An exact amount as Kubernetes writes it: a whole number of billionths of a unit, and how to print it.

Source: kubernetes/apimachinery, pkg/api/resource/quantity.go (nothing finer than a nano is kept; amounts round
away from zero). Texts are read by `workbench.formats.quantities`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Literal

Format = Literal["DecimalSI", "BinarySI", "DecimalExponent"]

NANO = 10**9
"""Nano-units in one unit."""

DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
"""Suffix -> power of ten."""

BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
"""Suffix -> power of two."""

SUFFIX_OF_POWER = {power: suffix for suffix, power in DECIMAL_SUFFIXES.items()}
SUFFIX_OF_BITS = {0: ""} | {bits: suffix for suffix, bits in BINARY_SUFFIXES.items()}


@total_ordering
@dataclass(frozen=True, slots=True, eq=False)
class Quantity:
    """An exact amount.

    Two quantities are equal when their amounts are, however they are printed.

    Parameters
    ----------
    nano : int
        The amount in 1e-9 units.
    format : str
        How upstream prints it: ``DecimalSI`` (500m, 2G), ``BinarySI`` (4Gi), ``DecimalExponent`` (1e3).
    """

    nano: int = 0
    format: Format = "DecimalSI"

    @classmethod
    def of(cls, units: int, format: Format = "DecimalSI") -> Quantity:  # noqa: A002 - upstream's word
        """Return the quantity of so many whole units."""
        return cls(units * NANO, format)

    @classmethod
    def of_milli(cls, milli: int, format: Format = "DecimalSI") -> Quantity:  # noqa: A002 - upstream's word
        """Return the quantity of so many thousandths of a unit."""
        return cls(milli * 10**6, format)

    def scaled_value(self, scale: int) -> int:
        """Return the amount in units of ``10**scale``, rounded away from zero."""
        return _divided_away(self.nano, scale + 9)

    def units(self) -> int:
        """Return the amount in whole units, rounded away from zero (upstream's Value)."""
        return self.scaled_value(0)

    def milli(self) -> int:
        """Return the amount in thousandths, rounded away from zero (upstream's MilliValue)."""
        return self.scaled_value(-3)

    def round_up(self, scale: int) -> tuple[Quantity, bool]:
        """Round away from zero to a multiple of ``10**scale``; say whether nothing was lost."""
        if scale <= -9:
            return self, True
        rounded = self.scaled_value(scale) * _ten_to(scale + 9)
        return Quantity(rounded, self.format), rounded == self.nano

    def __add__(self, other: Quantity) -> Quantity:
        """Add; the format is that of the left side unless it is zero, as upstream does."""
        return Quantity(self.nano + other.nano, self.format if self.nano else other.format)

    def __sub__(self, other: Quantity) -> Quantity:
        """Subtract; the format is that of the left side unless it is zero, as upstream does."""
        return Quantity(self.nano - other.nano, self.format if self.nano else other.format)

    def __neg__(self) -> Quantity:
        return Quantity(-self.nano, self.format)

    def __bool__(self) -> bool:
        return self.nano != 0

    def __float__(self) -> float:
        return self.nano / NANO

    def __eq__(self, other: object) -> bool:
        return self.nano == other.nano if isinstance(other, Quantity) else NotImplemented

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __hash__(self) -> int:
        return hash(self.nano)


ResourceList = Mapping[str, Quantity]
"""Amounts by resource name. An absent name means *not specified*, which is not the same as zero."""


def amounts(resources: ResourceList) -> dict[str, int]:
    """Return whole amounts as the model counts them: cpu in millicores, all else in units, rounded up."""
    return {name: amount.milli() if name == "cpu" else amount.units() for name, amount in resources.items()}


def format_quantity(quantity: Quantity) -> str:
    """Return upstream's canonical text: the largest suffix that leaves a whole number."""
    nano = quantity.nano
    if nano == 0:
        return "0"
    if quantity.format == "BinarySI" and abs(nano) >= 1024 * NANO and nano % NANO == 0:
        return _binary_text(nano // NANO)
    mantissa, power = _without_zeros(nano, -9)
    while power % 3 or (quantity.format != "DecimalExponent" and power > 18):
        mantissa, power = mantissa * 10, power - 1
    if quantity.format == "DecimalExponent":
        return f"{mantissa}e{power}" if power else str(mantissa)
    return f"{mantissa}{SUFFIX_OF_POWER[power]}"


def _without_zeros(mantissa: int, power: int) -> tuple[int, int]:
    while mantissa % 10 == 0:
        mantissa, power = mantissa // 10, power + 1
    return mantissa, power


def _binary_text(units: int) -> str:
    bits = 0
    while units % 1024 == 0 and bits < 60:
        units, bits = units // 1024, bits + 10
    return f"{units}{SUFFIX_OF_BITS[bits]}"


def _ten_to(exponent: int) -> int:
    return int(10**exponent)


def _divided_away(amount: int, digits: int) -> int:
    """Return ``amount / 10**digits``, rounded away from zero."""
    if digits <= 0:
        return amount * _ten_to(-digits)
    whole = -(-abs(amount) // _ten_to(digits))
    return whole if amount >= 0 else -whole
