use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::labs::pace::{Pace, Paced};
use crate::train::stack_job::StackRun;
use crate::ui::transport::TransportLabels;
use crate::ui::units::{Units, number};

/// The walk through a drawn sequence. What is shown is a pure function of (sequence, place, rows of the column).
pub(super) struct Walk {
    run: Option<Arc<StackRun>>,
    /// Symbols that are drawn; the column of this number is the one that is being computed.
    pub(super) at: usize,
    /// Rows of the present column that are computed, when one looks row by row; all of them when `None`.
    pub(super) micro: Option<usize>,
    pub(super) speed: f64,
    pace: Pace,
    shades: Vec<f32>,
    length: usize,
    /// Rows of the picture, so that the row by row walk knows when a column is done.
    pub(super) rows: usize,
    /// The unit of the texts.
    pub(super) units: Units,
}

impl Walk {
    /// A walk that plays from a place as soon as there is a sequence of this length.
    pub(super) fn new(at: usize, speed: f64, length: usize) -> Walk {
        Walk { run: None, at, micro: None, speed, pace: Pace::new(), shades: Vec::new(), length, rows: 2, units: Units::Nats }
    }

    /// Takes another sequence; the place stays.
    pub(super) fn set_run(&mut self, run: &Arc<StackRun>) {
        self.shades = (0..run.len()).map(|step| entropy(run.distribution(step)) / (run.config.levels as f32).ln()).collect();
        self.length = run.len();
        self.at = self.at.min(self.length);
        self.run = Some(Arc::clone(run));
    }

    /// The structure has changed: what was drawn belongs to another stack.
    pub(super) fn forget_run(&mut self) {
        (self.run, self.micro) = (None, None);
        self.shades.clear();
    }

    /// The sequence that is walked.
    pub(super) fn run(&self) -> Option<&Arc<StackRun>> {
        self.run.as_ref()
    }

    /// The last row of the present column that is computed.
    pub(super) fn computed_row(&self) -> usize {
        self.micro.unwrap_or(self.rows - 1).min(self.rows - 1)
    }

    /// Lets the time that has passed move the place. Gives the seconds until the next step while it plays.
    pub(super) fn advance(&mut self, now: f64) -> Option<f64> {
        let length = self.run.is_some().then_some(self.length);
        if self.pace.playing() && length.is_some() {
            self.micro = None;
        }
        self.pace.advance(now, self.speed, &mut self.at, length)
    }

    /// One row of the present column further; from the last one to the first row of the next column.
    pub(super) fn micro_step(&mut self) {
        self.pace.set_playing(false);
        if self.at == self.length {
            return;
        }
        match self.micro {
            Some(row) if row + 1 < self.rows => self.micro = Some(row + 1),
            // The column is done: its symbol is drawn and becomes the input of the next.
            _ => {
                self.at += 1;
                self.micro = (self.at < self.length).then_some(0);
            }
        }
    }

    /// One row back.
    pub(super) fn micro_back(&mut self) {
        self.pace.set_playing(false);
        match self.micro {
            Some(row) if row > 0 => self.micro = Some(row - 1),
            Some(_) if self.at == 0 => {}
            Some(_) => {
                self.at -= 1;
                self.micro = Some(self.rows - 1);
            }
            None if self.at == self.length => {
                self.at = self.length.saturating_sub(1);
                self.micro = Some(self.rows - 1);
            }
            None => self.micro = Some(self.rows.saturating_sub(2)),
        }
    }
}

/// Entropy of a distribution, nats.
pub(super) fn entropy(p: &[f32]) -> f32 {
    p.iter().filter(|&&p| p > 0.0).map(|&p| -p * p.ln()).sum()
}

impl Paced for Walk {
    fn parts(&self) -> (usize, f64, &Pace) {
        (self.at, self.speed, &self.pace)
    }

    fn parts_mut(&mut self) -> (&mut usize, &mut f64, &mut Pace) {
        (&mut self.at, &mut self.speed, &mut self.pace)
    }

    fn leave_place(&mut self) {
        self.micro = None;
    }

    fn steps(&self) -> usize {
        self.length
    }

    fn speeds(&self) -> RangeInclusive<f64> {
        0.25..=60.0
    }

    fn large(&self) -> usize {
        crate::data::melody::BAR
    }

    fn bar(&self) -> &[f32] {
        &self.shades
    }

    fn words(&self) -> TransportLabels {
        let (position, detail) = match &self.run {
            None => (format!("step {} of {}", (self.at + 1).min(self.length), self.length), "drawing".into()),
            Some(run) if self.at == run.len() => (format!("all {} steps drawn", run.len()), self.units.format(run.sum[self.at], 2)),
            Some(run) => {
                let row = self.micro.map_or_else(String::new, |row| format!(" · row {} of {}", row + 1, self.rows));
                (format!("step {} of {}{row}", self.at + 1, run.len()), self.units.format(run.sum[self.at], 2))
            }
        };
        let decimals = if self.speed < 10.0 { 1 } else { 0 };
        TransportLabels { position, detail, speed: format!("{} steps/s", number(self.speed, decimals)), step: "step", large_step: "bar" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::transport::TransportModel;

    #[test]
    fn rows_are_walked_one_by_one_and_back_again() {
        let mut walk = Walk::new(3, 1.0, 10);
        walk.rows = 4;
        let mut there = Vec::new();
        for _ in 0..6 {
            walk.micro_step();
            there.push((walk.at, walk.micro));
        }
        assert_eq!(there, [(4, Some(0)), (4, Some(1)), (4, Some(2)), (4, Some(3)), (5, Some(0)), (5, Some(1))]);
        for expected in there.iter().rev().skip(1) {
            walk.micro_back();
            assert_eq!((walk.at, walk.micro), *expected);
        }
        walk.seek(10.0);
        walk.micro_step();
        assert_eq!((walk.at, walk.micro), (10, None), "there is nothing after the end");
        walk.micro_back();
        assert_eq!((walk.at, walk.micro), (9, Some(3)));
    }
}
