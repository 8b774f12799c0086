//! The transport bar: one way to run, pause, step, go back and scrub, the same in every lab.

mod bar;

pub use bar::{TransportButton, transport_bar};

use std::ops::RangeInclusive;

/// The texts of a transport bar, made anew every frame.
#[derive(Clone, Debug, Default)]
pub struct TransportLabels {
    /// Where we are, for example `pixel 490 of 784`.
    pub position: String,
    /// What that means, at the other end of the line, for example `−71.20 nats`.
    pub detail: String,
    /// The speed with its unit, for example `30 px/s`.
    pub speed: String,
    /// The name of one step, singular: `pixel`, `layer`.
    pub step: &'static str,
    /// The name of one large step, singular: `row`, `10 layers`.
    pub large_step: &'static str,
}

/// A walk through time that the transport bar shows and drives.
///
/// Time is state: `seek` must show exactly what playing to that place would have shown.
pub trait TransportModel {
    /// The present place, from 0 to [`length`](Self::length). Fractions are allowed (a flow between two layers).
    fn position(&self) -> f64;
    /// The last place.
    fn length(&self) -> f64;
    /// Goes to a place; the value lies within `0..=length`.
    fn seek(&mut self, position: f64);
    /// Whether time runs by itself.
    fn playing(&self) -> bool;
    /// Lets time run or stand.
    fn set_playing(&mut self, playing: bool);
    /// Steps per second.
    fn speed(&self) -> f64;
    /// Sets the steps per second; the value lies within [`speed_range`](Self::speed_range).
    fn set_speed(&mut self, steps_per_second: f64);
    /// The slowest and the fastest speed, both positive; the slider between them is logarithmic.
    fn speed_range(&self) -> RangeInclusive<f64> {
        0.5..=240.0
    }
    /// How many steps Shift+Right makes: a row of an image, ten layers.
    fn large_step(&self) -> f64 {
        10.0
    }
    /// Whether the scrubber may stand between two whole places.
    fn fractional(&self) -> bool {
        false
    }
    /// One value in 0..=1 for each place, painted on the scrubber (the model's hesitation, say); empty paints nothing.
    fn shades(&self) -> &[f32] {
        &[]
    }
    /// The texts of the bar.
    fn labels(&self) -> TransportLabels;
}

/// Moves by a number of steps, stops playing, and stays within the range; true if the place changed.
///
/// A fractional place first lands on the next whole step in that direction.
pub fn step_by(model: &mut dyn TransportModel, steps: f64) -> bool {
    model.set_playing(false);
    let from = model.position();
    let base = if from.fract() == 0.0 {
        from + steps
    } else if steps > 0.0 {
        from.floor() + steps
    } else {
        from.ceil() + steps
    };
    let to = base.clamp(0.0, model.length());
    model.seek(to);
    to != from
}

/// Starts or stops; at the end it starts again from the beginning.
pub fn run_or_pause(model: &mut dyn TransportModel) {
    bar::run_or_pause(model);
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Walk {
        at: f64,
        playing: bool,
    }

    impl TransportModel for Walk {
        fn position(&self) -> f64 {
            self.at
        }
        fn length(&self) -> f64 {
            8.0
        }
        fn seek(&mut self, position: f64) {
            self.at = position;
        }
        fn playing(&self) -> bool {
            self.playing
        }
        fn set_playing(&mut self, playing: bool) {
            self.playing = playing;
        }
        fn speed(&self) -> f64 {
            1.0
        }
        fn set_speed(&mut self, _: f64) {}
        fn labels(&self) -> TransportLabels {
            TransportLabels::default()
        }
    }

    #[test]
    fn steps_land_on_whole_places_stop_the_clock_and_stay_in_range() {
        let mut walk = Walk { at: 2.5, playing: true };
        assert!(step_by(&mut walk, 1.0));
        assert_eq!((walk.at, walk.playing), (3.0, false));
        walk.at = 2.5;
        step_by(&mut walk, -1.0);
        assert_eq!(walk.at, 2.0);
        step_by(&mut walk, -10.0);
        assert_eq!(walk.at, 0.0);
        assert!(!step_by(&mut walk, -1.0));
        step_by(&mut walk, 99.0);
        run_or_pause(&mut walk);
        assert_eq!((walk.at, walk.playing), (0.0, true), "running at the end starts again");
    }
}
