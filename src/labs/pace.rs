//! Turns the seconds that pass while a walk plays into whole steps.

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
