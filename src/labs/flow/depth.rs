//! The walk through the layers, from x to z and back.

use std::ops::RangeInclusive;

use crate::labs::walk::moment;
use crate::ui::transport::{TransportLabels, TransportModel};

/// Seconds that the walk rests at either end.
const REST: f64 = 1.2;

/// How many layers have been applied: 0 is data space, the last place is latent space.
#[derive(Clone, Debug)]
pub(super) struct Depth {
    at: f64,
    layers: usize,
    playing: bool,
    backwards: bool,
    rest: f64,
    speed: f64,
    asked: bool,
    /// There is no data: playing would show nothing.
    pub(super) blocked: bool,
}

impl Depth {
    pub(super) fn new(layers: usize) -> Depth {
        Depth { at: 0.0, layers, playing: true, backwards: false, rest: REST, speed: 0.7, asked: false, blocked: false }
    }

    pub(super) fn layers(&self) -> usize {
        self.layers
    }

    pub(super) fn set_layers(&mut self, layers: usize) {
        if layers != self.layers {
            // The end stays the end.
            self.at = if self.at >= self.layers as f64 { layers as f64 } else { self.at.min(layers as f64) };
            self.layers = layers;
        }
    }

    /// Whether someone asked to play while there was nothing to play; asked once, told once.
    pub(super) fn refused(&mut self) -> bool {
        std::mem::take(&mut self.asked)
    }

    /// Lets time pass; true if another frame is needed.
    pub(super) fn advance(&mut self, seconds: f64) -> bool {
        if self.blocked {
            self.playing = false;
        }
        if !self.playing {
            return false;
        }
        let seconds = seconds.min(0.25);
        if self.rest > 0.0 {
            self.rest -= seconds;
            return true;
        }
        let step = self.speed * seconds;
        self.at = (self.at + if self.backwards { -step } else { step }).clamp(0.0, self.length());
        if self.at <= 0.0 || self.at >= self.length() {
            self.backwards = self.at >= self.length();
            self.rest = REST;
        }
        true
    }

    /// How many layers have been applied in full.
    pub(super) fn passed(&self) -> usize {
        (self.at.max(0.0) as usize).min(self.layers)
    }

    /// The two whole places around this one and the part of the way between them; whole with reduced motion.
    pub(super) fn between(&self, cuts: bool) -> (usize, usize, f32) {
        let at = if cuts { self.at.floor() } else { self.at };
        let low = at.floor() as usize;
        (low.min(self.layers), (low + 1).min(self.layers), at.fract() as f32)
    }
}

impl TransportModel for Depth {
    fn position(&self) -> f64 {
        self.at
    }

    fn length(&self) -> f64 {
        self.layers as f64
    }

    fn seek(&mut self, position: f64) {
        self.at = position;
        self.rest = 0.0;
    }

    fn playing(&self) -> bool {
        self.playing
    }

    fn set_playing(&mut self, playing: bool) {
        if playing && self.blocked {
            self.asked = true;
            return;
        }
        if playing && !self.playing {
            self.backwards = self.at >= self.length();
            self.rest = 0.0;
        }
        self.playing = playing;
    }

    fn speed(&self) -> f64 {
        self.speed
    }

    fn set_speed(&mut self, steps_per_second: f64) {
        self.speed = steps_per_second;
    }

    fn speed_range(&self) -> RangeInclusive<f64> {
        0.1..=8.0
    }

    fn large_step(&self) -> f64 {
        4.0
    }

    fn fractional(&self) -> bool {
        true
    }

    fn labels(&self) -> TransportLabels {
        let (k, end) = (self.passed(), self.layers);
        let moment = moment(k);
        let position = match (self.at.fract() > 0.0, k) {
            (true, _) => format!("{moment} of {end} · what moves now is only an animation"),
            (false, 0) => format!("data space x, {moment} of {end}"),
            (false, k) if k == end => format!("latent space z, {moment} of {end}"),
            (false, _) => format!("{moment} of {end}"),
        };
        TransportLabels {
            position,
            detail: "scrub the flow, x to z".into(),
            speed: format!("{:.1} layers/s", self.speed),
            step: "layer",
            large_step: "4 layers",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_goes_to_z_and_back() {
        let mut depth = Depth::new(2);
        let mut ends = Vec::new();
        for _ in 0..1000 {
            depth.advance(0.05);
            if depth.rest == REST {
                ends.push(depth.position());
            }
        }
        ends.dedup();
        assert_eq!(ends[..3], [2.0, 0.0, 2.0]);
    }

    #[test]
    fn a_moment_has_one_name_until_the_next_layer_is_done() {
        let mut depth = Depth::new(8);
        let name = |depth: &Depth| depth.labels().position;
        for (at, expected) in
            [(0.0, "before layer 1 of 8"), (0.7, "before layer 1 of 8"), (6.0, "after layer 6 of 8"), (6.9, "after layer 6 of 8")]
        {
            depth.seek(at);
            assert!(name(&depth).contains(expected), "{at}: {}", name(&depth));
            assert!(expected.starts_with(&moment(depth.passed())));
        }
        depth.seek(8.0);
        assert_eq!(name(&depth), "latent space z, after layer 8 of 8");
        depth.seek(6.9);
        assert_eq!(depth.between(true), (6, 7, 0.0), "with cuts the picture is that of the name");
    }

    #[test]
    fn nothing_to_play_is_told_once_and_never_moves() {
        let mut depth = Depth::new(2);
        depth.blocked = true;
        depth.advance(1.0);
        depth.set_playing(true);
        assert!(depth.refused() && !depth.refused());
        assert!(!depth.playing() && depth.position() == 0.0);
    }

    #[test]
    fn the_end_stays_the_end_when_a_layer_is_added() {
        let mut depth = Depth::new(8);
        depth.seek(8.0);
        depth.set_layers(9);
        assert_eq!(depth.between(false), (9, 9, 0.0));
    }
}
