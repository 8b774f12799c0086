//! What the keys of time move: the probe.

use std::ops::RangeInclusive;

use super::ChangeLab;
use super::state::Page;
use crate::train::det_job::SIZES;
use crate::ui::transport::{TransportLabels, TransportModel};
use crate::ui::units::number;

/// Places of the probe from one end to the other.
const PLACES: f64 = 100.0;
/// Where the probe of the plane begins and ends.
const ACROSS: [f64; 2] = [-2.5, 2.5];

/// The place of a number between two ends, rounded so that a step from a whole place lands on a whole one.
fn place(value: f64, [low, high]: [f64; 2]) -> f64 {
    ((value - low) / (high - low) * PLACES * 1e9).round() / 1e9
}

impl ChangeLab {
    /// Lets time pass while the walk plays.
    pub(super) fn advance(&mut self, seconds: f64) {
        // Whole places are walked through ten times as slowly as a way across.
        let (speed, so_far) =
            if self.fractional() { (self.speed, self.position()) } else { (0.1 * self.speed, self.position() + self.passed) };
        let to = (so_far + speed * seconds.min(0.25)).min(self.length());
        self.passed = if self.fractional() { 0.0 } else { to.fract() };
        self.seek(if self.fractional() { to } else { to.floor() });
        self.playing = to < self.length();
    }
}

impl TransportModel for ChangeLab {
    fn position(&self) -> f64 {
        match self.state.page {
            Page::Line => place(self.state.line.at(), self.state.line.range()),
            Page::Plane => place(self.state.plane.probe[0].clamp(ACROSS[0], ACROSS[1]), ACROSS),
            Page::Chain => self.state.chain.stage as f64,
            Page::Cost => self.state.cost.size as f64,
        }
    }
    fn length(&self) -> f64 {
        match self.state.page {
            Page::Line | Page::Plane => PLACES,
            Page::Chain => self.state.chain.links.len() as f64,
            Page::Cost => (SIZES.len() - 1) as f64,
        }
    }
    fn seek(&mut self, position: f64) {
        match self.state.page {
            Page::Line => {
                let [low, high] = self.state.line.range();
                self.state.line.probe = low + (high - low) * position / PLACES;
            }
            Page::Plane => self.state.plane.probe[0] = ACROSS[0] + (ACROSS[1] - ACROSS[0]) * position / PLACES,
            Page::Chain => self.state.chain.stage = position.round() as usize,
            Page::Cost => self.state.cost.size = position.round() as usize,
        }
        self.follow();
    }
    fn playing(&self) -> bool {
        self.playing
    }
    fn set_playing(&mut self, playing: bool) {
        (self.playing, self.passed) = (playing, 0.0);
    }
    fn speed(&self) -> f64 {
        self.speed
    }
    fn set_speed(&mut self, steps_per_second: f64) {
        self.speed = steps_per_second;
    }
    fn speed_range(&self) -> RangeInclusive<f64> {
        0.5..=60.0
    }
    fn fractional(&self) -> bool {
        matches!(self.state.page, Page::Line | Page::Plane)
    }
    fn large_step(&self) -> f64 {
        if self.fractional() { 10.0 } else { 2.0 }
    }
    fn labels(&self) -> TransportLabels {
        let (position, detail) = match self.state.page {
            Page::Line => {
                let reading = &self.reading;
                let density = reading.py.map_or_else(|| "refused".to_owned(), |py| format!("p(y) = {}", number(py, 3)));
                (format!("x = {}, y = {}", number(reading.x, 2), number(reading.y, 2)), density)
            }
            Page::Plane => {
                let [x, y] = self.state.plane.probe.map(|v| number(v, 2));
                (format!("x = ({x}, {y})"), format!("det J = {}", number(self.area.det, 3)))
            }
            Page::Chain => {
                let (k, all) = (self.state.chain.stage, self.state.chain.links.len());
                (format!("{k} of {all} maps"), format!("areas × {}", number(self.path.product(k).abs(), 3)))
            }
            Page::Cost => (format!("m = {}", SIZES[self.state.cost.size]), String::new()),
        };
        let (step, large_step, slower) = match self.state.page {
            Page::Line | Page::Plane => ("place", "10 places", 1.0),
            Page::Chain => ("map", "two maps", 0.1),
            Page::Cost => ("size", "two sizes", 0.1),
        };
        TransportLabels { position, detail, speed: format!("{} {step}s/s", number(slower * self.speed, 1)), step, large_step }
    }
}
