//! How much is that, and in what unit?

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {expected}")]
pub struct UnitError {
    value: String,
    expected: &'static str,
}

/// Work done by a lambda, in wasmtime's units of fuel (about one a WebAssembly instruction).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Fuel(u64);

impl Fuel {
    /// That many units.
    pub const fn new(units: u64) -> Self {
        Self(units)
    }

    /// The number of units.
    pub const fn units(self) -> u64 {
        self.0
    }
}

impl FromStr for Fuel {
    type Err = UnitError;

    /// Reads a whole number; `_` may group its digits.
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let expected = "an amount of fuel, a whole number such as 5_000_000";
        let digits: String = text.chars().filter(|c| *c != '_').collect();
        digits.parse().map(Self).map_err(|_| UnitError {
            value: text.to_owned(),
            expected,
        })
    }
}

impl fmt::Display for Fuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let grouped = digits
            .as_bytes()
            .rchunks(3)
            .rev()
            .map(|group| std::str::from_utf8(group).expect("digits are ASCII"))
            .collect::<Vec<_>>();
        f.pad(&grouped.join("_"))
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteSize(u64);

const KIB: u64 = 1024;

impl ByteSize {
    /// That many bytes.
    pub const fn bytes(bytes: u64) -> Self {
        Self(bytes)
    }

    /// That many KiB.
    pub const fn kib(kib: u64) -> Self {
        Self(kib * KIB)
    }

    /// That many MiB.
    pub const fn mib(mib: u64) -> Self {
        Self(mib * KIB * KIB)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// The number of bytes as a length in memory, saturating where that is narrower.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl FromStr for ByteSize {
    type Err = UnitError;

    /// Reads a whole number with an optional unit: `65536`, `64KiB`, `256MiB`, `1GiB` (`K`, `M`
    /// and `G` mean the same binary multiples).
    fn from_str(text: &str) -> Result<Self, UnitError> {
        let expected =
            "a size, a whole number with an optional unit such as 65536, 64KiB or 256MiB";
        let error = || UnitError {
            value: text.to_owned(),
            expected,
        };
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
            "" | "b" => 1,
            "k" | "kb" | "kib" => KIB,
            "m" | "mb" | "mib" => KIB * KIB,
            "g" | "gb" | "gib" => KIB * KIB * KIB,
            _ => return Err(error()),
        };
        let number: u64 = digits.trim().parse().map_err(|_| error())?;
        number.checked_mul(unit).map(Self).ok_or_else(error)
    }
}

impl fmt::Display for ByteSize {
    /// Writes the largest unit that divides the size exactly, else one decimal of the largest that
    /// fits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(KIB * KIB * KIB, "GiB"), (KIB * KIB, "MiB"), (KIB, "KiB")];
        let text = match units.iter().find(|(unit, _)| self.0 >= *unit) {
            Some((unit, name)) if self.0.is_multiple_of(*unit) => {
                format!("{} {name}", self.0 / unit)
            }
            Some((unit, name)) => format!("{:.1} {name}", self.0 as f64 / *unit as f64),
            None => format!("{} B", self.0),
        };
        f.pad(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!("256MiB".parse(), Ok(ByteSize::mib(256)));
        assert_eq!("64k".parse(), Ok(ByteSize::kib(64)));
        assert_eq!("17".parse(), Ok(ByteSize::bytes(17)));
        for bad in ["", "MiB", "-1", "1.5MiB", "1TiB", "99999999999GiB"] {
            assert!(bad.parse::<ByteSize>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn sizes_and_fuel_are_shown_for_people() {
        assert_eq!(ByteSize::mib(256).to_string(), "256 MiB");
        assert_eq!(ByteSize::bytes(1_536).to_string(), "1.5 KiB");
        assert_eq!(ByteSize::bytes(5).to_string(), "5 B");
        assert_eq!(Fuel::new(1_234_567).to_string(), "1_234_567");
        assert_eq!("1_234_567".parse(), Ok(Fuel::new(1_234_567)));
    }
}
