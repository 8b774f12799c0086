//! Where the mass is, and how exactly every point comes back.

use super::programs::{LATTICE, POINTS, Programs};
use super::{Field, Lattice, Point};
use crate::exec::Session;
use crate::train::TrainError;

/// Smaller distances than this are drawn as this: a f32 near 1 has steps of 6e-8.
const LEAST: f64 = 1e-9;

/// The mass over what is in view, by the grid of the density.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ledger {
    /// The sum of p times the cell's area over each quarter of the view: upper left, upper right, lower left, lower right.
    pub quarters: [f64; 4],
}

impl Ledger {
    /// Sums a full field.
    pub(super) fn of(field: &Field) -> Ledger {
        let [columns, rows] = field.size;
        let mut quarters = [0.0; 4];
        for (i, &p) in field.values.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            quarters[2 * usize::from(2 * row >= rows) + usize::from(2 * column >= columns)] += f64::from(p);
        }
        Ledger { quarters: quarters.map(|sum| sum * field.cell()) }
    }

    /// The mass in view.
    pub fn inside(&self) -> f64 {
        self.quarters.iter().sum()
    }
}

/// `|x - f^-1(f(x))|` over the view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RoundTrip {
    /// `log10` of the distance at the lattice's nodes.
    pub log10: Field,
    /// Where it is largest.
    pub worst: Point,
    /// How large it is there.
    pub error: f64,
}

impl Programs {
    /// Sends the lattice back.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn round_trip_map(&self, session: &mut dyn Session, lattice: &Lattice) -> Result<RoundTrip, TrainError> {
        let (x, z) = (&lattice.points[0], &lattice.points[lattice.points.len() - 1]);
        let mut log10 = Field::over(lattice.bounds, [LATTICE; 2]);
        let (mut worst, mut error) = (x[0], 0.0);
        for (x, z) in x.chunks(POINTS).zip(z.chunks(POINTS)) {
            for (x, back) in x.iter().zip(self.inverse(session, z)?) {
                let distance = f64::from(x[0] - back[0]).hypot(f64::from(x[1] - back[1]));
                // `max` would pass over NaN.
                if distance > error || distance.is_nan() {
                    (worst, error) = (*x, distance);
                }
                log10.values.push(distance.max(LEAST).log10() as f32);
            }
        }
        Ok(RoundTrip { log10, worst, error })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quarters_of_a_known_field() {
        let mut field = Field::over([0.0, 0.0, 4.0, 4.0], [4, 4]);
        field.values = (0..16)
            .map(|i| {
                if i < 8 {
                    0.0
                } else if i % 4 < 2 {
                    0.1
                } else {
                    0.025
                }
            })
            .collect();
        let ledger = Ledger::of(&field);
        for (found, expected) in ledger.quarters.into_iter().zip([0.0, 0.0, 0.4, 0.1]) {
            assert!((found - expected).abs() < 1e-6, "{ledger:?}");
        }
        assert!((ledger.inside() - 0.5).abs() < 1e-6);
    }
}
