//! Bets: before a pixel is drawn its bars hide, the class guesses a level, and the score is set beside what the model expects of itself.

use std::collections::BTreeMap;

use egui::{Key, RichText, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use serde::{Deserialize, Serialize};

use super::canvas::grey;
use super::lab::PixelcnnLab;
use super::study::Task;
use crate::labs::{Command, Shared};
use crate::train::pixelcnn_job::SampleRun;
use crate::ui::chips;
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// What was guessed so far.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(super) struct Bet {
    /// Whether bars hide until there is a guess.
    pub(super) on: bool,
    /// The guessed level by pixel.
    pub(super) guesses: BTreeMap<usize, u8>,
}

/// How the guesses stand against the model.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(super) struct Standing {
    /// Guesses whose pixel was drawn.
    pub(super) bets: usize,
    /// Guesses that were right.
    pub(super) hits: usize,
    /// Hits that the model gave these guesses: the sum of their probabilities.
    pub(super) given: f64,
    /// Hits that it expects of the best guesses: the sum of the largest probabilities.
    pub(super) best: f64,
}

/// Counts the guesses against a sample.
pub(super) fn standing(run: &SampleRun, guesses: &BTreeMap<usize, u8>) -> Standing {
    let mut standing = Standing::default();
    for (&pixel, &guess) in guesses.iter().filter(|(pixel, _)| **pixel < run.len()) {
        let p = run.distribution(pixel);
        standing.bets += 1;
        standing.hits += usize::from(run.pixels[pixel] == guess);
        standing.given += p.get(usize::from(guess)).copied().map_or(0.0, f64::from);
        standing.best += f64::from(p.iter().copied().fold(0.0, f32::max));
    }
    standing
}

impl PixelcnnLab {
    /// Begins to bet, or ends it.
    pub(super) fn toggle_bet(&mut self, shared: &mut Shared) {
        self.bet.on = !self.bet.on;
        if !self.bet.on {
            return;
        }
        self.bet.guesses.clear();
        self.walk.set_playing(false);
        match self.walk.run() {
            Some(run) if self.walk.at() >= run.len() => {
                shared.warn("All pixels are drawn, so there is nothing to bet on yet: go back with Home or Left, or take a new seed (N).");
            }
            run => {
                let last = run.map_or(9, |run| run.levels - 1);
                shared.done(format!("Bets: guess the next level with the digits 0 to {last}. Right goes on, Q ends it."));
            }
        }
    }

    /// Whether the next pixel's distribution must not be seen yet.
    pub(super) fn hides(&self) -> bool {
        let next = self.walk.at();
        let drawn = self.walk.run().is_none_or(|run| next >= run.len());
        self.bet.on && self.desk.task == Task::Sample && !drawn && !self.bet.guesses.contains_key(&next)
    }

    /// Whether a command would show what is being guessed; then it says so instead.
    pub(super) fn would_tell(&self, command: Command, shared: &mut Shared) -> bool {
        let tells = matches!(command, Command::MicroStep | Command::MicroBack | Command::NextSurprise) && self.hides();
        if tells {
            shared.warn("Guess first: that would show what the bet is about. Q ends the bets.");
        }
        tells
    }

    /// Takes a guess for the next pixel; false if nobody asked for one.
    pub(super) fn guess(&mut self, level: u8, shared: &mut Shared) -> bool {
        if !self.bet.on {
            return false;
        }
        let Some(run) = self.walk.run() else { return true };
        if usize::from(level) >= run.levels {
            shared.warn(format!("There is no level {level}: this model has the levels 0 to {}.", run.levels - 1));
        } else if self.hides() {
            self.bet.guesses.insert(self.walk.at(), level);
        }
        true
    }

    /// The key 0, which is no preset.
    pub(super) fn zero_key(&mut self, ctx: &egui::Context, shared: &mut Shared) {
        if self.bet.on && !ctx.text_edit_focused() && ctx.input(|input| input.modifiers.is_none() && input.key_pressed(Key::Num0)) {
            self.guess(0, shared);
        }
    }
}

/// The question in the panel of the bars, unless these stand beside the picture. True if it is asked: then nothing else about this pixel
/// may be shown.
pub(super) fn question(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) -> bool {
    if lab.bars_beside_picture(ui.ctx()) { lab.hides() && lab.walk.run().is_some() } else { ask(lab, ui, shared) }
}

/// The question in place of the bars, if it is to be asked.
pub(super) fn ask(lab: &mut PixelcnnLab, ui: &mut Ui, shared: &mut Shared) -> bool {
    let Some(run) = lab.walk.run().cloned().filter(|_| lab.hides()) else { return false };
    let palette = Palette::of(ui);
    let next = lab.walk.at();
    chips::section(ui, "Your bet", &format!("row {}, column {}", next / run.cols, next % run.cols));
    ui.label(RichText::new("Which level will be drawn?").size(18.0).color(palette.now));
    let mut guessed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for level in 0..run.levels as u8 {
            let (rect, response) = ui.allocate_exact_size(vec2(44.0, 52.0), Sense::click());
            let square = egui::Rect::from_center_size(rect.center() - vec2(0.0, 8.0), vec2(30.0, 30.0));
            let line = if response.hovered() || response.has_focus() { palette.now } else { palette.line };
            ui.painter().rect(square, 4.0, grey(level, run.levels), Stroke::new(2.0, line), StrokeKind::Outside);
            let font = letters::monospace(ui.ctx(), 14.0);
            ui.painter().text(rect.center_bottom(), egui::Align2::CENTER_BOTTOM, level, font, palette.text);
            response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Guess level {level}")));
            if response.on_hover_text(format!("key {level}")).clicked() {
                guessed = Some(level);
            }
        }
    });
    if let Some(level) = guessed {
        lab.guess(level, shared);
    }
    chips::note(ui, "The bars are hidden until there is a guess: press its digit.");
    true
}

/// The score, under the picture.
pub(super) fn line(lab: &PixelcnnLab, ui: &mut Ui) {
    let Some(run) = lab.walk.run().filter(|_| lab.bet.on) else { return };
    let palette = Palette::of(ui);
    let standing = standing(run, &lab.bet.guesses);
    let next = lab.walk.at();
    let answer = match lab.bet.guesses.get(&next).filter(|_| next < run.len()) {
        Some(&guess) if guess == run.pixels[next] => format!("Bets: {guess} is right. "),
        Some(&guess) => format!("Bets: {guess} was guessed, {} is drawn. ", run.pixels[next]),
        None => "Bets: which level comes next? ".into(),
    };
    if standing.bets == 0 {
        ui.label(RichText::new(answer).color(palette.now));
        return;
    }
    let score = format!(
        "{} of {} right; the model expected {} of these guesses, and {} of its own best ones.",
        standing.hits,
        standing.bets,
        number(standing.given, 1),
        number(standing.best, 1)
    );
    ui.label(RichText::new(answer + &score).color(palette.now));
}
