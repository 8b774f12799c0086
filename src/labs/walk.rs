//! The walk of a chapter through whole places: layers, blocks, families, steps of time.

use std::ops::RangeInclusive;

use crate::ui::transport::{TransportLabels, TransportModel};
use crate::ui::units::number;

/// What a walk is called, and how fast it may be.
#[derive(Clone, Copy)]
pub(super) struct Manner {
    /// One place: "layer".
    pub(super) step: &'static str,
    /// Several: "layers", for the speed.
    pub(super) steps: &'static str,
    /// A large step in words, and how many places it is.
    pub(super) large: (&'static str, f64),
    /// Places a second at first, and the slowest and the fastest.
    pub(super) speed: (f64, [f64; 2]),
    /// Where it stands, in words: at a place, of the last one.
    pub(super) position: fn(usize, usize) -> String,
    /// More about the place.
    pub(super) detail: fn(usize) -> String,
}

/// What the moment is called in which so many layers have been applied: the same words in every heading, on the bar and in every text.
pub(super) fn moment(layers: usize) -> String {
    if layers == 0 { "before layer 1".to_owned() } else { format!("after layer {layers}") }
}

/// A walk from place 0 to the last one. It stops there.
pub(super) struct Walk {
    at: f64,
    last: usize,
    playing: bool,
    speed: f64,
    manner: Manner,
}

impl Walk {
    /// Stands at a place.
    pub(super) fn new(manner: Manner, at: usize, last: usize) -> Walk {
        Walk { at: at as f64, last, playing: false, speed: manner.speed.0, manner }
    }

    /// Whole steps from the start.
    pub(super) fn place(&self) -> usize {
        (self.at.max(0.0) as usize).min(self.last)
    }

    /// Makes it stand at a place of a walk of this length; where it stands already it goes on as it does.
    pub(super) fn set(&mut self, place: usize, last: usize) {
        self.last = last;
        if place != self.place() {
            self.at = place.min(last) as f64;
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
        let [slowest, fastest] = self.manner.speed.1;
        slowest..=fastest
    }
    fn large_step(&self) -> f64 {
        self.manner.large.1
    }
    fn labels(&self) -> TransportLabels {
        let Manner { step, steps, large, position, detail, .. } = self.manner;
        TransportLabels {
            position: position(self.place(), self.last),
            detail: detail(self.place()),
            speed: format!("{} {steps}/s", number(self.speed, 2)),
            step,
            large_step: large.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANNER: Manner = Manner {
        step: "layer",
        steps: "layers",
        large: ("two layers", 2.0),
        speed: (1.0, [0.25, 8.0]),
        position: |at, last| format!("{at} of {last}"),
        detail: |_| String::new(),
    };

    #[test]
    fn it_walks_to_the_last_place_and_stops() {
        let mut walk = Walk::new(MANNER, 1, 3);
        assert!(!walk.advance(1.0));
        walk.set_playing(true);
        assert!(walk.advance(0.2) && walk.place() == 1);
        // A frame counts for a quarter of a second at most.
        for _ in 0..8 {
            walk.advance(9.0);
        }
        assert_eq!((walk.place(), walk.playing()), (3, false));
        assert_eq!(walk.labels().position, "3 of 3");
    }

    #[test]
    fn a_place_that_is_set_again_does_not_hold_it_up_and_a_shorter_walk_holds_it_in() {
        let mut walk = Walk::new(MANNER, 0, 5);
        walk.set_playing(true);
        walk.advance(0.2);
        walk.set(0, 5);
        assert_eq!(walk.position(), 0.2);
        walk.set(5, 3);
        assert_eq!(walk.place(), 3);
    }
}
