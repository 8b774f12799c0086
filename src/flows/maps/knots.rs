//! A monotone curve through points that were put there by hand.
//!
//! Between two knots it is a quotient of quadratics (Gregory and Delbourgo, 1982), the curve that rational-quadratic spline flows use:
//! monotone for any positive slopes at the knots, and inverted by one quadratic equation. The slopes are harmonic means of the secants' slopes,
//! so that a flat bin stays flat; outside of the knots the curve goes on straight.

/// A strictly increasing curve with a continuous slope.
#[derive(Clone, Debug, PartialEq)]
pub struct Monotone {
    /// The knots, increasing in both coordinates.
    knots: Vec<[f64; 2]>,
    /// The slope at each knot.
    slopes: Vec<f64>,
}

impl Monotone {
    /// The curve through these points.
    ///
    /// # Errors
    /// A sentence, if there are fewer than two or one does not lie right of and above the one before.
    pub fn through(knots: &[[f64; 2]]) -> Result<Monotone, String> {
        if knots.len() < 2 {
            return Err(format!("Expected at least 2 knots, found {}.", knots.len()));
        }
        let rises = |pair: &[[f64; 2]]| pair[1][0] > pair[0][0] && pair[1][1] > pair[0][1];
        if let Some(at) = knots.windows(2).position(|pair| !rises(pair)) {
            return Err(format!("Knot {} must lie right of and above knot {}: the curve has to rise.", at + 2, at + 1));
        }
        let secants: Vec<f64> = knots.windows(2).map(|pair| (pair[1][1] - pair[0][1]) / (pair[1][0] - pair[0][0])).collect();
        let last = secants.len() - 1;
        let slopes = (0..knots.len())
            .map(|i| match i {
                0 => secants[0],
                i if i > last => secants[last],
                i => 2.0 * secants[i - 1] * secants[i] / (secants[i - 1] + secants[i]),
            })
            .collect();
        Ok(Monotone { knots: knots.to_vec(), slopes })
    }

    /// The points that it goes through.
    #[must_use]
    pub fn knots(&self) -> &[[f64; 2]] {
        &self.knots
    }

    /// The bin in which this coordinate lies; `None` outside of the knots.
    fn bin(&self, v: f64, axis: usize) -> Option<usize> {
        let last = self.knots.len() - 1;
        if !(self.knots[0][axis]..=self.knots[last][axis]).contains(&v) {
            return None;
        }
        Some(self.knots.partition_point(|knot| knot[axis] < v).clamp(1, last) - 1)
    }

    /// The end beyond which a coordinate lies.
    fn end(&self, v: f64, axis: usize) -> usize {
        if v < self.knots[0][axis] { 0 } else { self.knots.len() - 1 }
    }

    /// Width, height, secant slope and both end slopes of a bin.
    fn parts(&self, bin: usize) -> (f64, f64, f64, f64, f64) {
        let ([x0, y0], [x1, y1]) = (self.knots[bin], self.knots[bin + 1]);
        (x1 - x0, y1 - y0, (y1 - y0) / (x1 - x0), self.slopes[bin], self.slopes[bin + 1])
    }

    /// Height of the curve.
    #[must_use]
    pub fn forward(&self, x: f64) -> f64 {
        let Some(bin) = self.bin(x, 0) else {
            let end = self.end(x, 0);
            return self.knots[end][1] + self.slopes[end] * (x - self.knots[end][0]);
        };
        let (width, height, secant, from, to) = self.parts(bin);
        let t = (x - self.knots[bin][0]) / width;
        let bend = t * (1.0 - t);
        self.knots[bin][1] + height * (secant * t * t + from * bend) / (secant + (from + to - 2.0 * secant) * bend)
    }

    /// Slope of the curve, positive.
    #[must_use]
    pub fn slope(&self, x: f64) -> f64 {
        let Some(bin) = self.bin(x, 0) else { return self.slopes[self.end(x, 0)] };
        let (width, _, secant, from, to) = self.parts(bin);
        let t = (x - self.knots[bin][0]) / width;
        let bend = t * (1.0 - t);
        let below = secant + (from + to - 2.0 * secant) * bend;
        secant * secant * (to * t * t + 2.0 * secant * bend + from * (1.0 - t) * (1.0 - t)) / (below * below)
    }

    /// Where the curve has this height.
    #[must_use]
    pub fn inverse(&self, y: f64) -> f64 {
        let Some(bin) = self.bin(y, 1) else {
            let end = self.end(y, 1);
            return self.knots[end][0] + (y - self.knots[end][1]) / self.slopes[end];
        };
        let (width, height, secant, from, to) = self.parts(bin);
        let rise = y - self.knots[bin][1];
        let mixed = rise * (from + to - 2.0 * secant);
        let (a, b, c) = (height * (secant - from) + mixed, height * from - mixed, -secant * rise);
        // The root in [0, 1], written so that nothing cancels.
        let t = 2.0 * c / (-b - (b * b - 4.0 * a * c).max(0.0).sqrt());
        self.knots[bin][0] + width * t
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve() -> Monotone {
        Monotone::through(&[[0.0, 0.0], [0.2, 0.5], [0.6, 0.55], [0.8, 1.4], [1.0, 2.0]]).unwrap()
    }

    #[test]
    fn it_goes_through_its_knots_and_its_slope_is_that_of_differences() {
        let curve = curve();
        for knot in curve.knots.clone() {
            assert!((curve.forward(knot[0]) - knot[1]).abs() < 1e-14);
        }
        for i in -20..=120 {
            let x = f64::from(i) / 100.0 + 1e-4;
            let h = 1e-6;
            let measured = (curve.forward(x + h) - curve.forward(x - h)) / (2.0 * h);
            assert!((curve.slope(x) - measured).abs() < 1e-5 * (1.0 + measured), "{x}");
            assert!(curve.slope(x) > 0.0 && (curve.inverse(curve.forward(x)) - x).abs() < 1e-10, "{x}");
        }
    }

    #[test]
    fn a_curve_that_does_not_rise_is_a_sentence() {
        assert!(Monotone::through(&[[0.0, 0.0], [1.0, 1.0], [2.0, 1.0]]).unwrap_err().starts_with("Knot 3 must lie right of"));
        assert!(Monotone::through(&[[0.0, 0.0]]).is_err());
    }
}
