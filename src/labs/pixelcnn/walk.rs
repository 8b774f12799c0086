use std::ops::RangeInclusive;
use std::sync::Arc;

use crate::labs::pace::{Pace, Paced};
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::transport::TransportLabels;
use crate::ui::units::{Units, count, number};

/// Entropy above which a pixel is worth a stop, bits.
const SURPRISING: f64 = 1.5;

/// The logarithm that belongs to a unit.
pub(super) fn log_name(units: Units) -> &'static str {
    match units {
        Units::Nats => "ln",
        Units::Bits => "log₂",
    }
}

/// The walk through a sample. What is shown is a pure function of (sample, place).
pub(super) struct Walk {
    run: Option<Arc<SampleRun>>,
    /// Pixels that are drawn.
    at: usize,
    /// The place that was asked for and that the present sample may be too short for.
    pending: Option<usize>,
    pace: Pace,
    speed: f64,
    shades: Vec<f32>,
    /// The unit of the texts.
    pub(super) units: Units,
    /// The model draws nothing: what the last one drew has no numbers here.
    pub(super) refused: bool,
}

impl Walk {
    /// A walk that plays from a place as soon as there is a sample.
    pub(super) fn new(at: usize, speed: f64) -> Walk {
        Walk { run: None, at, pending: None, pace: Pace::new(), speed, shades: Vec::new(), units: Units::Nats, refused: false }
    }

    /// Takes another sample; the place stays. A sample of another size starts two fifths down, where there is something to see.
    pub(super) fn set_run(&mut self, run: &Arc<SampleRun>) {
        if let Some(old) = self.run.as_ref().filter(|old| old.len() != run.len()) {
            // Whoever asked for a place asked for a speed too.
            if self.pending.is_none() {
                self.speed *= run.len() as f64 / old.len() as f64;
            }
            self.at = run.rows * 3 / 7 * run.cols;
            self.pace.restart();
        }
        self.at = self.pending.take().unwrap_or(self.at);
        let most = (run.levels as f64).ln();
        self.shades = run.entropy.iter().map(|&h| (h / most) as f32).collect();
        self.at = self.at.min(run.len());
        self.run = Some(Arc::clone(run));
    }

    /// The sample that is walked.
    pub(super) fn run(&self) -> Option<&Arc<SampleRun>> {
        self.run.as_ref()
    }

    /// Pixels that are drawn.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The place that was asked for: where the walk is, or will be as soon as its sample is there.
    pub(super) fn wanted(&self) -> usize {
        self.pending.unwrap_or(self.at)
    }

    /// Goes to a place of this sample, and of the next one if that is on its way.
    pub(super) fn show(&mut self, place: usize, playing: bool, speed: f64) {
        self.at = self.run.as_ref().map_or(place, |run| place.min(run.len()));
        self.pending = Some(place);
        self.speed = speed;
        self.pace.set_playing(playing);
    }

    /// Lets the time that has passed move the place. Gives the seconds until the next pixel while it plays.
    pub(super) fn advance(&mut self, now: f64) -> Option<f64> {
        let (before, length) = (self.at, self.run.as_ref().map(|run| run.len()));
        let next = self.pace.advance(now, self.speed, &mut self.at, length);
        if self.at != before {
            self.pending = None;
        }
        next
    }

    /// To the next pixel at which the model hesitates; false if there is none.
    pub(super) fn next_surprise(&mut self) -> bool {
        let Some(run) = &self.run else { return false };
        let bits = |i: usize| Units::Bits.convert(run.entropy[i]);
        let found = (self.at + 1..run.len()).find(|&i| bits(i) > SURPRISING);
        if let Some(i) = found {
            (self.at, self.pending) = (i, None);
            self.pace.set_playing(false);
        }
        found.is_some()
    }
}

impl Paced for Walk {
    fn parts(&self) -> (usize, f64, &Pace) {
        (self.at, self.speed, &self.pace)
    }

    fn parts_mut(&mut self) -> (&mut usize, &mut f64, &mut Pace) {
        (&mut self.at, &mut self.speed, &mut self.pace)
    }

    fn leave_place(&mut self) {
        self.pending = None;
    }

    fn steps(&self) -> usize {
        self.run.as_ref().map_or(self.at, |run| run.len())
    }

    fn speeds(&self) -> RangeInclusive<f64> {
        0.5..=400.0
    }

    fn large(&self) -> usize {
        self.run.as_ref().map_or(14, |run| run.cols)
    }

    fn bar(&self) -> &[f32] {
        if self.refused { &[] } else { &self.shades }
    }

    fn words(&self) -> TransportLabels {
        let (position, detail) = match &self.run {
            None => ("drawing the first sample".into(), String::new()),
            Some(run) if self.at == run.len() => (
                format!("all {} pixels drawn", count(run.len() as u64)),
                format!("{} p(x) = {}", log_name(self.units), self.units.format(-run.nats(), 2)),
            ),
            Some(run) => (
                format!("pixel {} of {} · row {}, column {}", self.at + 1, run.len(), self.at / run.cols, self.at % run.cols),
                self.units.format(-run.sum[self.at], 2),
            ),
        };
        let detail = if self.refused { String::new() } else { detail };
        let decimals = if self.speed < 10.0 { 1 } else { 0 };
        TransportLabels { position, detail, speed: format!("{} px/s", number(self.speed, decimals)), step: "pixel", large_step: "row" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::pixelcnn_job::{Cost, Method, Settings};
    use crate::ui::transport::TransportModel;

    fn run(side: usize) -> Arc<SampleRun> {
        let n = side * side;
        let settings = Settings { class: None, temperature: 1.0, seed: 1, stream: 0, method: Method::Cached };
        let sum = (0..=n).map(|i| i as f64 * 0.5).collect();
        Arc::new(SampleRun {
            settings,
            rows: side,
            cols: side,
            levels: 4,
            pixels: vec![1; n],
            p: vec![0.25; 4 * n],
            u: vec![0.3; n],
            price: vec![0.5; n],
            sum,
            entropy: (0..n).map(|i| if i == 7 { 1.3 } else { 0.1 }).collect(),
            cost: Cost::default(),
            step: 0,
        })
    }

    #[test]
    fn time_moves_by_the_speed_and_stops_at_the_end() {
        let mut walk = Walk::new(2, 4.0);
        assert_eq!(walk.advance(0.0), None, "nothing to walk yet");
        walk.set_run(&run(4));
        assert_eq!(walk.advance(0.5), Some(0.25));
        assert_eq!(walk.at(), 4);
        for second in 1..6 {
            walk.advance(f64::from(second));
        }
        assert_eq!((walk.at(), walk.playing()), (16, false));
    }

    #[test]
    fn e_stops_where_the_model_hesitates() {
        let mut walk = Walk::new(0, 4.0);
        walk.set_run(&run(4));
        assert!(walk.next_surprise());
        assert_eq!((walk.at(), walk.playing()), (7, false));
        assert!(!walk.next_surprise());
    }
}
