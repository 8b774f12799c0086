use std::ops::RangeInclusive;

use crate::flows::Family;
use crate::train::taxonomy_job::TaxonomySnapshot;
use crate::ui::transport::{TransportLabels, TransportModel};

/// The walk through the families, in the lecture's order.
pub(super) struct Families {
    at: f64,
    playing: bool,
    speed: f64,
}

impl Families {
    pub(super) fn new(family: Family) -> Families {
        Families { at: TaxonomySnapshot::place(family) as f64, playing: false, speed: 0.5 }
    }

    /// The one that is shown.
    pub(super) fn family(&self) -> Family {
        Family::ALL[(self.at as usize).min(Family::ALL.len() - 1)]
    }

    pub(super) fn set(&mut self, family: Family) {
        if family != self.family() {
            self.at = TaxonomySnapshot::place(family) as f64;
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

impl TransportModel for Families {
    fn position(&self) -> f64 {
        if self.playing { self.at } else { self.at.floor() }
    }
    fn length(&self) -> f64 {
        (Family::ALL.len() - 1) as f64
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
        0.1..=4.0
    }
    fn large_step(&self) -> f64 {
        5.0
    }
    fn labels(&self) -> TransportLabels {
        TransportLabels {
            position: format!("{} of {} families", TaxonomySnapshot::place(self.family()) + 1, Family::ALL.len()),
            detail: self.family().title().into(),
            speed: format!("{} families/s", crate::ui::units::number(self.speed, 2)),
            step: "family",
            large_step: "five families",
        }
    }
}
