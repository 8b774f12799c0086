use std::ops::RangeInclusive;

use crate::ui::transport::{TransportLabels, TransportModel};
use crate::ui::units::number;

/// The walk of the page: through the blocks of the residual flow, or through the time of the continuous one.
pub(super) struct Walk {
    at: f64,
    last: usize,
    playing: bool,
    speed: f64,
    /// Time runs from 0 to 1 in `last` steps; else blocks are counted.
    pub(super) time: bool,
}

impl Walk {
    pub(super) fn new() -> Walk {
        Walk { at: 0.0, last: 1, playing: false, speed: 1.0, time: false }
    }

    /// Makes it the walk of a page, at a place of it.
    pub(super) fn set(&mut self, time: bool, place: usize, last: usize) {
        if time != self.time {
            (self.time, self.playing, self.speed) = (time, false, if time { 16.0 } else { 1.0 });
        }
        self.last = last;
        if place != self.place() {
            self.at = place as f64;
        }
    }

    /// Whole steps from the start.
    pub(super) fn place(&self) -> usize {
        (self.at.max(0.0) as usize).min(self.last)
    }

    /// Lets time pass; true if another frame is needed.
    pub(super) fn advance(&mut self, seconds: f64) -> bool {
        if self.playing {
            self.at = (self.at + self.speed * seconds.min(0.25)).min(self.last as f64);
            self.playing = self.at < self.last as f64;
        }
        self.playing
    }
}

impl TransportModel for Walk {
    fn position(&self) -> f64 {
        if self.playing { self.at } else { self.at.floor() }
    }
    fn length(&self) -> f64 {
        self.last as f64
    }
    fn seek(&mut self, position: f64) {
        self.at = position;
    }
    fn playing(&self) -> bool {
        self.playing
    }
    fn set_playing(&mut self, playing: bool) {
        self.playing = playing;
        self.at = self.at.floor();
    }
    fn speed(&self) -> f64 {
        self.speed
    }
    fn set_speed(&mut self, steps_per_second: f64) {
        self.speed = steps_per_second;
    }
    fn speed_range(&self) -> RangeInclusive<f64> {
        0.25..=64.0
    }
    fn large_step(&self) -> f64 {
        if self.time { 10.0 } else { 2.0 }
    }
    fn labels(&self) -> TransportLabels {
        if self.time {
            TransportLabels {
                position: format!("t = {}", number(self.place() as f64 / self.last as f64, 3)),
                detail: String::new(),
                speed: format!("{} steps/s", number(self.speed, 1)),
                step: "step of time",
                large_step: "quarter",
            }
        } else {
            TransportLabels {
                position: format!("block {} of {}", self.place() + 1, self.last + 1),
                detail: String::new(),
                speed: format!("{} blocks/s", number(self.speed, 2)),
                step: "block",
                large_step: "two blocks",
            }
        }
    }
}
