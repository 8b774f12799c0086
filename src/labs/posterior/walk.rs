use std::ops::RangeInclusive;

use crate::ui::transport::{TransportLabels, TransportModel};
use crate::ui::units::number;

/// The walk through the layers of a flow: from the noise, 0, to the last layer.
pub(super) struct Walk {
    at: f64,
    last: usize,
    playing: bool,
    speed: f64,
}

impl Walk {
    pub(super) fn new(at: usize, last: usize) -> Walk {
        Walk { at: at as f64, last, playing: false, speed: 4.0 }
    }

    /// Layers behind the place.
    pub(super) fn depth(&self) -> usize {
        (self.at.max(0.0) as usize).min(self.last)
    }

    pub(super) fn set(&mut self, depth: usize, last: usize) {
        self.last = last;
        if depth != self.depth() {
            self.at = depth.min(last) as f64;
        }
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
        0.25..=16.0
    }
    fn large_step(&self) -> f64 {
        4.0
    }
    fn labels(&self) -> TransportLabels {
        TransportLabels {
            position: format!("after {} of {} layers", self.depth(), self.last),
            detail: String::new(),
            speed: format!("{} layers/s", number(self.speed, 2)),
            step: "layer",
            large_step: "four layers",
        }
    }
}
