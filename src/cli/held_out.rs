//! What held-out rows cost while a flow learns a finite set: small tables are soon learned by heart.

use serde::Serialize;

use crate::train::{Fit, Scorer, TrainError};

/// Held-out rows that are looked at, at most.
const ROWS: usize = 2_000;
/// The first look is so many steps after the start; from one to the next the number of steps grows by this factor.
const FIRST: u64 = 25;
const GROWTH: f64 = 1.2;
/// A rise is told if it is so many standard errors of its mean over the rows, and so many nats.
const ERRORS: f64 = 3.0;
const NATS: f64 = 0.02;

/// The looks at a run.
pub(super) struct HeldOut {
    scorer: Scorer,
    next: u64,
    /// Step and `-ln p` of each row where their mean was lowest, and at the last look.
    best: Option<(u64, Vec<f64>)>,
    last: Option<(u64, Vec<f64>)>,
}

/// That held-out rows were cheaper once.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Overfit {
    /// The step at which they were cheapest.
    pub(super) step: u64,
    /// What they cost there, nats a row.
    pub(super) nats: f64,
    /// What the same rows cost at the end.
    pub(super) last: f64,
}

impl HeldOut {
    /// Looks at a fit; none where fresh points come without end.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn new(fit: &mut Fit) -> Result<Option<HeldOut>, TrainError> {
        // The smallest sets test on the rows that train.
        let seed = fit.lesson().seed;
        if fit.source().flow_train().is_none_or(|train| train == fit.source().flow_test(usize::MAX, seed)) {
            return Ok(None);
        }
        let rows = fit.source().flow_test(ROWS, fit.lesson().seed).len().clamp(1, ROWS);
        let model = fit.lesson().model.clone();
        let scorer = Scorer::new(fit.session(), &model, rows)?;
        let mut looks = HeldOut { scorer, next: 0, best: None, last: None };
        // Weights that are gone on from may have been better than what becomes of them.
        if fit.step() > 0 {
            looks.look(fit)?;
        }
        looks.next = fit.step() + FIRST;
        Ok(Some(looks))
    }

    /// Looks where a look is due, and at the end.
    ///
    /// # Errors
    /// A device that fails.
    pub(super) fn step(&mut self, fit: &mut Fit, first: u64, done: bool) -> Result<(), TrainError> {
        if done || fit.step() >= self.next {
            self.look(fit)?;
            self.next = first + ((fit.step() - first) as f64 * GROWTH).ceil() as u64;
        }
        Ok(())
    }

    fn look(&mut self, fit: &mut Fit) -> Result<(), TrainError> {
        let (source, seed, step) = (fit.source().clone(), fit.lesson().seed, fit.step());
        let nll = self.scorer.nll(fit.session(), &source, seed, ROWS)?;
        if mean(&nll).is_finite() && self.best.as_ref().is_none_or(|(_, best)| mean(&nll) < mean(best)) {
            self.best = Some((step, nll.clone()));
        }
        self.last = Some((step, nll));
        Ok(())
    }

    /// What is to be told at the end.
    pub(super) fn overfit(&self) -> Option<Overfit> {
        let ((step, best), (_, last)) = (self.best.as_ref()?, self.last.as_ref()?);
        rose(best, last).then(|| Overfit { step: *step, nats: mean(best), last: mean(last) })
    }
}

impl Overfit {
    /// One line of text.
    pub(super) fn describe(&self) -> String {
        format!(
            "over   held-out rows cost {:.4} nats at step {} and {:.4} now. Unless training rows became dearer too, the flow learns them by heart: \
             end at that step, or take fewer layers or more rows",
            self.nats, self.step, self.last
        )
    }
}

/// Whether the same rows cost clearly more at last: their mean rise is large beside its standard error.
fn rose(best: &[f64], last: &[f64]) -> bool {
    let rises: Vec<f64> = best.iter().zip(last).map(|(best, last)| last - best).collect();
    let (n, rise) = (rises.len() as f64, mean(&rises));
    let variance = rises.iter().map(|r| (r - rise).powi(2)).sum::<f64>() / (n - 1.0);
    // One row has no error that is known: nothing is clear then.
    rise > NATS && rise > ERRORS * (variance / n).sqrt()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rise_is_told_only_where_it_is_clear() {
        let best: Vec<f64> = (0..20).map(|i| f64::from(i % 5)).collect();
        let by =
            |rise: f64, spread: f64| -> Vec<f64> { best.iter().enumerate().map(|(i, v)| v + rise + spread * [-1.0, 1.0][i % 2]).collect() };
        // Of 20 rows the standard error is spread / sqrt(19).
        assert!(rose(&best, &by(0.5, 0.1)) && rose(&best, &by(0.5, 0.7)));
        assert!(!rose(&best, &by(0.5, 0.75)) && !rose(&best, &by(-0.5, 0.1)) && !rose(&best, &by(0.01, 0.0)));
        assert!(!rose(&[1.0], &[9.0]) && !rose(&[], &[]));
    }
}
