use std::ops::RangeInclusive;

use crate::ui::transport::{TransportLabels, TransportModel};

/// The walk through the depths of a network: from one layer to the most that are offered.
pub(super) struct Layers {
    at: f64,
    most: usize,
    playing: bool,
    speed: f64,
}

impl Layers {
    pub(super) fn new(at: usize, most: usize) -> Layers {
        Layers { at: at as f64 - 1.0, most, playing: false, speed: 1.0 }
    }

    /// Layers of the network that is looked at.
    pub(super) fn layers(&self) -> usize {
        (self.at as usize + 1).min(self.most)
    }

    pub(super) fn set(&mut self, layers: usize) {
        if layers != self.layers() {
            self.at = (layers.clamp(1, self.most) - 1) as f64;
        }
    }

    /// Lets time pass; true if another frame is needed.
    pub(super) fn advance(&mut self, seconds: f64) -> bool {
        if self.playing {
            self.at = (self.at + self.speed * seconds.min(0.25)).min(self.length());
            self.playing = self.at < self.length();
        }
        self.playing
    }
}

impl TransportModel for Layers {
    fn position(&self) -> f64 {
        if self.playing { self.at } else { self.at.floor() }
    }
    fn length(&self) -> f64 {
        (self.most - 1) as f64
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
        0.25..=8.0
    }
    fn large_step(&self) -> f64 {
        2.0
    }
    fn labels(&self) -> TransportLabels {
        TransportLabels {
            position: format!("{} of {} layers", self.layers(), self.most),
            detail: String::new(),
            speed: format!("{} layers/s", crate::ui::units::number(self.speed, 2)),
            step: "layer",
            large_step: "two layers",
        }
    }
}
