//! Turns the seconds that pass while a walk plays into whole steps, and drives such a walk from the transport bar.

use std::ops::RangeInclusive;

use crate::ui::transport::{TransportLabels, TransportModel};

/// Whether a walk plays, and how far it is on its way to the next step.
pub(super) struct Pace {
    playing: bool,
    /// Part of the next step's time that has passed.
    fraction: f64,
    /// Time of the last advance, seconds.
    clock: Option<f64>,
}

impl Pace {
    /// Plays as soon as there is something to walk through.
    pub(super) fn new() -> Pace {
        Pace { playing: true, fraction: 0.0, clock: None }
    }

    /// Whether it plays.
    pub(super) fn playing(&self) -> bool {
        self.playing
    }

    /// Plays or stands, from the beginning of a step.
    pub(super) fn set_playing(&mut self, playing: bool) {
        (self.playing, self.fraction) = (playing, 0.0);
    }

    /// The place was moved by hand: its step begins anew.
    pub(super) fn restart(&mut self) {
        self.fraction = 0.0;
    }

    /// Moves `at` by the time since the last call, at `speed` steps a second, and stops at `length`; with no length yet it waits. Gives the
    /// seconds until the next step while it plays.
    pub(super) fn advance(&mut self, now: f64, speed: f64, at: &mut usize, length: Option<usize>) -> Option<f64> {
        let passed = self.clock.replace(now).map_or(0.0, |before| (now - before).clamp(0.0, 1.0));
        let length = length.filter(|_| self.playing)?;
        self.fraction += passed * speed;
        let whole = self.fraction.floor();
        self.fraction -= whole;
        *at = (*at + whole as usize).min(length);
        if *at == length {
            self.set_playing(false);
            return None;
        }
        Some((1.0 - self.fraction) / speed)
    }
}

/// A walk of whole steps that a [`Pace`] moves: what each has of its own. What the bar asks of all of them is answered below, once.
pub(super) trait Paced {
    /// The place, the steps a second, and the pace.
    fn parts(&self) -> (usize, f64, &Pace);
    /// The same, to be changed.
    fn parts_mut(&mut self) -> (&mut usize, &mut f64, &mut Pace);
    /// What belonged to the place that is left is forgotten.
    fn leave_place(&mut self);
    /// Steps in all.
    fn steps(&self) -> usize;
    /// The slowest and the fastest, steps a second.
    fn speeds(&self) -> RangeInclusive<f64>;
    /// A large step.
    fn large(&self) -> usize;
    /// How bright each step is on the bar.
    fn bar(&self) -> &[f32];
    /// What the bar says.
    fn words(&self) -> TransportLabels;
}

impl<T: Paced> TransportModel for T {
    fn position(&self) -> f64 {
        self.parts().0 as f64
    }

    fn length(&self) -> f64 {
        self.steps() as f64
    }

    fn seek(&mut self, position: f64) {
        self.leave_place();
        let (at, _, pace) = self.parts_mut();
        *at = position.max(0.0) as usize;
        pace.restart();
    }

    fn playing(&self) -> bool {
        self.parts().2.playing()
    }

    fn set_playing(&mut self, playing: bool) {
        self.parts_mut().2.set_playing(playing);
    }

    fn speed(&self) -> f64 {
        self.parts().1
    }

    fn set_speed(&mut self, steps_per_second: f64) {
        *self.parts_mut().1 = steps_per_second;
    }

    fn speed_range(&self) -> RangeInclusive<f64> {
        self.speeds()
    }

    fn large_step(&self) -> f64 {
        self.large() as f64
    }

    fn shades(&self) -> &[f32] {
        self.bar()
    }

    fn labels(&self) -> TransportLabels {
        self.words()
    }
}
