//! What every lab may read and change: theme, units, seed, and the way to say something.

use std::path::PathBuf;
use std::time::Duration;

use crate::exec::BackendChoice;
use crate::train::Event;
use crate::ui::theme::{Palette, Theme};
use crate::ui::units::Units;

/// Faster than this, in steps a second, every frame shows something new.
const SMOOTH: f64 = 15.0;

/// How a message is coloured and how long it stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something happened as asked.
    Done,
    /// Something did not happen; the sentence says what to do.
    Warning,
}

/// A sentence that appears above the transport bar for a few seconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    /// The sentence.
    pub text: String,
    /// Its colour.
    pub tone: Tone,
    /// Seconds on screen that remain.
    pub remaining: f32,
}

/// State that outlives a lab and that the frame and the labs share.
#[derive(Clone, Debug)]
pub struct Shared {
    /// Dark, light or projector.
    pub theme: Theme,
    /// Nats or bits.
    pub units: Units,
    /// The seed of all noise. The same until the user asks for another.
    pub seed: u64,
    /// Where models are trained.
    pub backend: BackendChoice,
    /// Threads that train.
    pub threads: usize,
    /// Cuts instead of movements.
    pub reduced_motion: bool,
    /// Arrow keys move the focused canvas's cursor instead of time.
    pub canvas_cursor: bool,
    /// The shortest time between two frames: longer on a software rasteriser, whose drawing takes the trainer's cores.
    pub frame_interval: Duration,
    /// Messages on screen, oldest first.
    pub toasts: Vec<Toast>,
    /// Files that a lab has opened by itself and that belong into the list of recent ones.
    pub opened: Vec<PathBuf>,
}

/// How numbers look: what a lab keeps of [`Shared`] to say its live numbers.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// Nats or bits.
    pub units: Units,
    /// The colours of the theme.
    pub palette: &'static Palette,
}

impl Default for Look {
    fn default() -> Look {
        Look { units: Units::Nats, palette: Theme::Dark.palette() }
    }
}

fn animation_id() -> egui::Id {
    egui::Id::unique("tractable animation")
}

fn hold_id() -> egui::Id {
    egui::Id::unique("tractable hold")
}

/// While a window is open the trainer leaves it a core.
fn spare_cores() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1))
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            theme: Theme::Dark,
            units: Units::Nats,
            seed: 541,
            backend: BackendChoice::Auto,
            threads: spare_cores(),
            reduced_motion: false,
            canvas_cursor: false,
            frame_interval: Duration::from_millis(16),
            toasts: Vec::new(),
            opened: Vec::new(),
        }
    }
}

impl Shared {
    /// The colours of the present theme.
    #[must_use]
    pub fn palette(&self) -> &'static Palette {
        self.theme.palette()
    }

    /// How numbers look now.
    #[must_use]
    pub fn look(&self) -> Look {
        Look { units: self.units, palette: self.palette() }
    }

    /// Says that something was done.
    pub fn done(&mut self, text: impl Into<String>) {
        self.say(text.into(), Tone::Done, 4.0);
    }

    /// Says that something did not happen, why, and what to do.
    pub fn warn(&mut self, text: impl Into<String>) {
        self.say(text.into(), Tone::Warning, 9.0);
    }

    /// Seconds since the last frame, a quarter at most: after a pause nothing jumps. Not egui's `stable_dt`, which takes a frame that was asked
    /// for after a while for one that nothing asked for, and then counts a sixtieth of a second.
    pub(super) fn passed(ctx: &egui::Context) -> f64 {
        ctx.input(|input| f64::from(input.unstable_dt)).min(0.25)
    }

    /// Asks for the next frame as soon as the rasteriser may draw one. Call it only while something moves.
    pub fn animate(&self, ctx: &egui::Context) {
        ctx.data_mut(|data| data.insert_temp(animation_id(), true));
        ctx.request_repaint_after(self.frame_interval);
    }

    /// Asks for the next frame of a walk that takes so many steps a second, the next one in `next` seconds.
    pub(super) fn pace(&self, ctx: &egui::Context, speed: f64, next: f64) {
        if speed > SMOOTH {
            self.animate(ctx);
        } else {
            ctx.request_repaint_after(Duration::from_secs_f64(next).max(self.frame_interval));
        }
    }

    /// Says what a worker has to tell; gives the sentence with which it died, if it did.
    pub(super) fn hear(&mut self, events: Vec<Event>) -> Option<String> {
        let mut death = None;
        for event in events {
            match event {
                Event::Done(text) => self.done(text),
                Event::Warning(text) => self.warn(text),
                Event::Failed(text) => death = Some(text),
            }
        }
        death
    }

    /// Whether a pointer is held down: in the program's window, or in the other one that shows the lab.
    pub(super) fn held(ctx: &egui::Context) -> bool {
        ctx.input(|input| input.pointer.any_down()) || ctx.data(|data| data.get_temp::<bool>(hold_id())).is_some()
    }

    /// Says that a pointer is held down in another window than the program's, until [`let_go`](Self::let_go).
    pub(super) fn hold(ctx: &egui::Context) {
        ctx.data_mut(|data| data.insert_temp(hold_id(), true));
    }

    /// Forgets what [`hold`](Self::hold) said.
    pub(super) fn let_go(ctx: &egui::Context) {
        ctx.data_mut(|data| data.remove_temp::<bool>(hold_id()));
    }

    /// Whether something asked for [`animate`](Self::animate) since the last call.
    pub(super) fn take_animation(ctx: &egui::Context) -> bool {
        ctx.data_mut(|data| data.remove_temp::<bool>(animation_id())).is_some()
    }

    /// Whether something asked for [`animate`](Self::animate) in this frame.
    pub(super) fn animates(ctx: &egui::Context) -> bool {
        ctx.data(|data| data.get_temp::<bool>(animation_id())).is_some()
    }

    fn say(&mut self, text: String, tone: Tone, seconds: f32) {
        self.toasts.retain(|toast| toast.text != text);
        self.toasts.push(Toast { text, tone, remaining: seconds });
        if self.toasts.len() > 4 {
            self.toasts.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_passes_between_frames_that_were_asked_for_after_a_while() {
        let ctx = egui::Context::default();
        let frame = |at: f64| {
            let mut passed = 0.0;
            let mut output = ctx.run_ui(egui::RawInput { time: Some(at), ..Default::default() }, |ui| {
                passed = Shared::passed(ui.ctx());
                ui.ctx().request_repaint_after(Duration::from_millis(110));
            });
            output.textures_delta.clear();
            passed
        };
        frame(0.0);
        frame(0.11);
        assert!((frame(0.22) - 0.11).abs() < 1e-6);
        assert_eq!(frame(9.0), 0.25, "nothing jumps after a pause");
    }
}
