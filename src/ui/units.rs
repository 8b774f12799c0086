//! Nats or bits: one switch for the whole program.

use serde::{Deserialize, Serialize};

/// The unit in which log-probabilities are shown. Everything is computed in nats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Units {
    /// Natural logarithms: the unit of the formulas.
    #[default]
    Nats,
    /// Base-2 logarithms: nats divided by ln 2.
    Bits,
}

impl Units {
    /// A value in nats, converted to this unit.
    #[must_use]
    pub fn convert(self, nats: f64) -> f64 {
        match self {
            Self::Nats => nats,
            Self::Bits => nats / std::f64::consts::LN_2,
        }
    }

    /// The unit's name as written after a number.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nats => "nats",
            Self::Bits => "bits",
        }
    }

    /// `0.53 nats` or `0.76 bits`, from a value in nats.
    #[must_use]
    pub fn format(self, nats: f64, decimals: usize) -> String {
        format!("{} {}", number(self.convert(nats), decimals), self.name())
    }

    /// The other unit.
    #[must_use]
    pub fn toggled(self) -> Self {
        match self {
            Self::Nats => Self::Bits,
            Self::Bits => Self::Nats,
        }
    }
}

/// From here on a number with decimals is written with a power of ten: nobody reads its decimals, and its room is that of small ones.
const LONG: f64 = 1e4;

/// A number with a true minus sign and no "-0.00", so that columns of live numbers stay aligned.
#[must_use]
pub fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return if value.is_nan() {
            "no number".into()
        } else if value > 0.0 {
            "∞".into()
        } else {
            "−∞".into()
        };
    }
    let text = if decimals > 0 && value.abs() >= LONG { format!("{value:.2e}") } else { format!("{value:.decimals$}") };
    match text.strip_prefix('-') {
        Some(magnitude) if magnitude.bytes().any(|b| (b'1'..=b'9').contains(&b)) => {
            format!("−{magnitude}")
        }
        Some(magnitude) => magnitude.to_owned(),
        None => text,
    }
}

/// Like [`number`], with an explicit plus sign: for contributions to a sum.
#[must_use]
pub fn signed(value: f64, decimals: usize) -> String {
    let text = number(value, decimals);
    if text.starts_with('−') { text } else { format!("+{text}") }
}

/// A whole number with thin separators every three digits: `12,400`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bit_is_ln_2_nats() {
        assert_eq!(Units::Bits.format(std::f64::consts::LN_2, 2), "1.00 bits");
        assert_eq!(Units::Nats.format(0.53, 2), "0.53 nats");
    }

    #[test]
    fn numbers_never_show_minus_zero() {
        assert_eq!(number(-0.001, 2), "0.00");
        assert_eq!(number(-0.019, 2), "−0.02");
        assert_eq!(signed(0.0, 2), "+0.00");
        assert_eq!(
            (number(-168_268.33, 2), number(-9_999.5, 2), number(20_000.0, 0)),
            ("−1.68e5".into(), "−9999.50".into(), "20000".into())
        );
        assert_eq!(count(12_400), "12,400");
        assert_eq!(count(999), "999");
    }
}
