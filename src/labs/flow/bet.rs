//! Bets: before a layer acts its numbers hide, and the class guesses what it does to the area around the amber point.
//!
//! Who has predicted sees more in what happens than who has only watched (Crouch, Fagen, Callan and Mazur 2004, Am. J. Phys. 72, 835).

use egui::{RichText, Ui, vec2};
use serde::{Deserialize, Serialize};

use super::{Command, FlowLab, Shared, words};
use crate::train::flow_job::{FlowCommand, ProbeReading};
use crate::ui::chips;
use crate::ui::theme::Palette;
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// An area that changes by less than 5 % is called the same: `|log|det J|| < ln 1.05`.
const SAME: f64 = 0.048_790_164_169_432;

const TELLS: &str = "Guess first: that would show what the bet is about. Q ends the bets.";

/// What a layer does to a small area.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Guess {
    /// It becomes smaller.
    Squeeze,
    /// It stays what it was, within 5 %.
    Keep,
    /// It becomes larger.
    Stretch,
}

impl Guess {
    const ALL: [(Guess, &str, &str); 3] =
        [(Guess::Squeeze, "1 squeeze", "squeezes"), (Guess::Keep, "2 keep", "keeps the area"), (Guess::Stretch, "3 stretch", "stretches")];

    /// What a log-determinant says, in nats.
    fn of(log_det: f64) -> Guess {
        match log_det {
            small if small < -SAME => Guess::Squeeze,
            large if large > SAME => Guess::Stretch,
            _ => Guess::Keep,
        }
    }

    fn does(self) -> &'static str {
        Guess::ALL.into_iter().find(|(guess, ..)| *guess == self).map_or("", |(.., does)| does)
    }
}

/// One guess with the answer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Made {
    /// The layer, counted from 0.
    layer: usize,
    guess: Guess,
    /// What the layer does there, nats.
    log_det: f64,
    /// The amber point and the training step: another point or another model is another question.
    at: [f64; 2],
    step: u64,
}

/// Whether there are bets, and those that were made.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Bet {
    on: bool,
    made: Vec<Made>,
}

impl Bet {
    fn here(&self, layer: usize, reading: &ProbeReading) -> Option<&Made> {
        self.made.iter().find(|made| made.layer == layer && made.at == reading.at && made.step == reading.step)
    }

    /// Bets won, and bets made.
    fn standing(&self) -> (usize, usize) {
        (self.made.iter().filter(|made| made.guess == Guess::of(made.log_det)).count(), self.made.len())
    }
}

impl FlowLab {
    /// Begins to bet, or ends it.
    pub(super) fn toggle_bet(&mut self, shared: &mut Shared) {
        if self.desk.bet.on {
            self.desk.bet = Bet::default();
            return;
        }
        match self.reading() {
            _ if self.desk.compare.is_some() => shared.warn("Bets are about one flow: close the comparison first (X)."),
            Some(reading) if reading.mixture.is_some() => {
                shared.warn("Bets need one class: the layers of each class are others. Choose one under “Classes”.");
            }
            _ => {
                self.desk.bet.on = true;
                // What is guessed must stand, and nothing may tell it.
                self.training = false;
                self.send(FlowCommand::Train(false));
                self.desk.micro.on = false;
                self.overlays.log_det = false;
                self.depth.set_playing(false);
                let place = self.depth.passed() % self.depth.layers().max(1);
                self.depth.seek(place as f64);
                shared.done("Bets: 1, 2 or 3 before each layer, Right goes on, Q ends it. Training stands still.");
            }
        }
    }

    /// Whether a layer's numbers at the amber point must not be seen yet, layers counted from 0.
    pub(super) fn hides(&self, layer: usize) -> bool {
        let guessed = || self.reading().is_some_and(|reading| self.desk.bet.here(layer, reading).is_some());
        self.desk.bet.on && layer >= self.depth.passed() && !guessed()
    }

    /// Whether anything is hidden, so that sums over all layers would tell it.
    pub(super) fn hides_the_sum(&self) -> bool {
        (0..self.depth.layers()).any(|layer| self.hides(layer))
    }

    /// Whether a command would show what is being guessed; then it says so instead.
    pub(super) fn would_tell(&self, command: Command, shared: &mut Shared) -> bool {
        let tells = matches!(command, Command::MicroStep | Command::MicroBack | Command::LogDet) && self.hides_the_sum();
        if tells {
            shared.warn(TELLS);
        }
        tells
    }

    /// Whatever a hand, a patch or a session shows of what is being guessed is put away again before it is drawn.
    pub(super) fn keep_the_bet(&mut self, shared: &mut Shared) {
        if (self.overlays.log_det || self.desk.micro.on) && self.hides_the_sum() {
            (self.overlays.log_det, self.desk.micro.on) = (false, false);
            shared.warn(TELLS);
        }
    }

    /// Takes the guess of a digit; false if nobody asked for one.
    pub(super) fn guess(&mut self, digit: u8, shared: &mut Shared) -> bool {
        if !self.desk.bet.on {
            return false;
        }
        match usize::from(digit).checked_sub(1).and_then(|index| Guess::ALL.get(index)) {
            Some((guess, ..)) => self.bet_on(*guess),
            None => shared.warn("A bet is 1 (squeeze), 2 (keep) or 3 (stretch)."),
        }
        true
    }

    fn bet_on(&mut self, guess: Guess) {
        let layer = self.depth.passed();
        let Some(reading) = self.reading().filter(|_| self.hides(layer)) else { return };
        let Some(log_det) = reading.log_dets.get(layer).copied().filter(|log_det| log_det.is_finite()) else { return };
        let made = Made { layer, guess, log_det, at: reading.at, step: reading.step };
        self.desk.bet.made.push(made);
    }

    /// The bets as a sentence: the question, or the answer and the score.
    pub(super) fn bet_sentence(&self) -> Option<String> {
        let reading = self.reading().filter(|_| self.desk.bet.on)?;
        let config = self.snapshot.as_ref().map_or(&self.wish.config, |snapshot| &snapshot.config);
        let layer = self.depth.passed();
        let (hits, bets) = self.desk.bet.standing();
        let score = if bets == 0 { String::new() } else { format!(" {hits} of {bets} right, one in three by chance.") };
        let name = |layer: usize| words::layer(config, layer);
        Some(match self.desk.bet.here(layer, reading) {
            _ if layer >= self.depth.layers() => format!("Bets: every layer has acted.{score} Home begins again, Q ends it."),
            Some(made) => {
                let truth = Guess::of(made.log_det);
                let verdict = if truth == made.guess { "right" } else { "wrong" };
                let area = number(made.log_det.exp(), 2);
                format!("Bets: “{}” is {verdict}: {} {}, area × {area}.{score}", made.guess.does(), name(layer), truth.does())
            }
            None => format!("Bets: what does {} do to the area around the amber point?{score}", name(layer)),
        })
    }
}

/// The row above the planes while there are bets.
pub(super) fn row(lab: &mut FlowLab, ui: &mut Ui, shared: &mut Shared) {
    let Some(sentence) = lab.bet_sentence() else { return };
    let palette = Palette::of(ui);
    ui.label(RichText::new(sentence).size(17.0).strong().color(palette.now));
    let asked = lab.depth.passed() < lab.depth.layers() && lab.hides(lab.depth.passed());
    let mut guessed = None;
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 4.0);
        if asked {
            for (guess, name, does) in Guess::ALL {
                let help = format!("The layer {does}; the same is what changes by less than 5 %");
                if chips::primary_button(ui, name).on_hover_text(help).clicked() {
                    guessed = Some(guess);
                }
            }
        }
        if chips::button(ui, "End the bets").on_hover_text(Command::Bet.tooltip()).clicked() {
            lab.toggle_bet(shared);
        }
    });
    if let Some(guess) = guessed {
        lab.bet_on(guess);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_per_cent_are_the_same() {
        for (factor, guess) in
            [(0.94, Guess::Squeeze), (0.96, Guess::Keep), (1.0, Guess::Keep), (1.049, Guess::Keep), (1.051, Guess::Stretch)]
        {
            assert_eq!(Guess::of(f64::ln(factor)), guess, "{factor}");
        }
        assert!((SAME.exp() - 1.05).abs() < 1e-12);
    }

    #[test]
    fn another_point_is_another_question() {
        let made = |at, guess| Made { layer: 2, guess, log_det: 0.5, at, step: 7 };
        let bet = Bet { on: true, made: vec![made([0.0, 1.0], Guess::Stretch), made([2.0, 1.0], Guess::Keep)] };
        assert_eq!(bet.standing(), (1, 2));
        let reading = |at, step| ProbeReading { at, step, ..ProbeReading::default() };
        assert_eq!(bet.here(2, &reading([2.0, 1.0], 7)).map(|made| made.guess), Some(Guess::Keep));
        assert!(bet.here(2, &reading([2.0, 1.0], 8)).is_none() && bet.here(1, &reading([2.0, 1.0], 7)).is_none());
        assert!(bet.here(2, &reading([2.0, 1.5], 7)).is_none());
    }
}
