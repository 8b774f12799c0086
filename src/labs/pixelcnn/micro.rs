//! The seven ideas inside one pixel, in the order in which they happen. What is shown is a pure function of (sample, place, idea): going
//! back shows exactly what was there.

use super::lab::PixelcnnLab;
use crate::labs::{Command, Shared};
use crate::train::pixelcnn_job::{Look, SampleRun};
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// Opacity of what is not the subject now.
pub(super) const DIMMED: f32 = 0.35;
/// Seconds of the movement into an idea.
const MOVEMENT: f64 = 0.4;

/// One idea.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Idea {
    /// What the mask lets through.
    Gather,
    /// The channels of every layer at this position.
    Features,
    /// One score for each level.
    Logits,
    /// Their division by T.
    Temperature,
    /// Probabilities.
    Softmax,
    /// u chooses.
    Draw,
    /// The value and its price are kept.
    Write,
}

impl Idea {
    /// All of them in order.
    pub(super) const ALL: [Idea; 7] =
        [Idea::Gather, Idea::Features, Idea::Logits, Idea::Temperature, Idea::Softmax, Idea::Draw, Idea::Write];

    /// Its number, from 1.
    pub(super) fn number(self) -> usize {
        self as usize + 1
    }

    /// One word.
    pub(super) fn name(self) -> &'static str {
        ["gather", "features", "logits", "temperature", "softmax", "draw", "write"][self as usize]
    }

    /// What it computes, with the numbers of the pixel.
    pub(super) fn formula(self) -> &'static str {
        match self {
            Idea::Gather => r"h_i = \textstyle\sum_{j < i} W_{i-j}\, x_j",
            Idea::Features => r"h^{(l)}_i = \textstyle\sum_{j \le i} W^{(l)}_{i-j}\, h^{(l-1)}_j",
            Idea::Logits => r"\term{logit}{\ell_k} = \live{logit}",
            Idea::Temperature => r"\term{scaled}{\ell_k / T} = \frac{\live{logit}}{\live{T}} = \live{scaled}",
            Idea::Softmax => r"\frac{e^{\live{scaled}}}{\sum_j e^{\ell_j / \live{T}}} = \live{p}",
            Idea::Draw => r"\live{low} \le \term{u}{u} = \live{u} < \live{high}",
            Idea::Write => r"-\log \live{p} = \live{price}",
        }
    }

    fn offset(self, by: isize) -> Option<Idea> {
        (self as usize).checked_add_signed(by).and_then(|i| Idea::ALL.get(i)).copied()
    }

    /// What stands beside it: its number and at most 12 words.
    pub(super) fn label(self, run: &SampleRun, pixel: usize) -> String {
        let t = number(run.settings.temperature, 2);
        let text = match self {
            Idea::Gather => "Gather: the mask lets only earlier pixels through.".to_owned(),
            Idea::Features => "Features: every layer computes its channels at this position.".to_owned(),
            Idea::Logits => "Logits: one score for each level; it may be negative.".to_owned(),
            Idea::Temperature if run.settings.temperature == 1.0 => format!("Divide by the temperature: T = {t} changes nothing."),
            Idea::Temperature => format!("Divide by the temperature T = {t}."),
            Idea::Softmax => "Softmax: exponentiate, normalise; now they sum to 1.".to_owned(),
            Idea::Draw if !run.u[pixel].is_finite() => format!("Draw: level {} was given, no u chose it.", run.pixels[pixel]),
            Idea::Draw => format!("Draw: u = {:.3} falls on level {}.", run.u[pixel], run.pixels[pixel]),
            Idea::Write => "Write: the value goes to its cell, the price to the sum.".to_owned(),
        };
        format!("{}  {text}", self.number())
    }
}

/// Where the walk stands inside a pixel.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Micro {
    /// Pixel and idea; it holds only while the walk stands at that pixel.
    place: Option<(usize, Idea)>,
    /// When the idea was entered, seconds; `None` until the next frame.
    since: Option<f64>,
    now: f64,
    cuts: bool,
    /// Where the drawn level stood on the ladder.
    pub(super) source: Option<egui::Pos2>,
}

impl Micro {
    fn enter(&mut self, pixel: usize, idea: Idea) {
        (self.place, self.since) = (Some((pixel, idea)), None);
    }

    /// How far the movement into the idea has come, 0 to 1, eased; 1 at once when movements are cuts.
    pub(super) fn movement(&self) -> f32 {
        let passed = self.since.map_or(0.0, |since| (self.now - since) / MOVEMENT).clamp(0.0, 1.0) as f32;
        if self.cuts { 1.0 } else { passed * passed * (3.0 - 2.0 * passed) }
    }

    /// Takes the time of the frame; true while something moves.
    pub(super) fn tick(&mut self, now: f64, cuts: bool) -> bool {
        (self.now, self.cuts) = (now, cuts);
        if self.place.is_some() && self.since.is_none() {
            self.since = Some(now);
        }
        self.place.is_some() && self.movement() < 1.0
    }
}

impl PixelcnnLab {
    /// The idea that is shown, if the walk stands inside a pixel.
    pub(super) fn idea(&self) -> Option<Idea> {
        let (pixel, idea) = self.micro.place?;
        let here = self.walk.run().is_some_and(|run| pixel < run.len()) && pixel == self.walk.at() && !self.walk.playing();
        here.then_some(idea)
    }

    /// The layers' values, if they are of the sample that is walked.
    pub(super) fn look(&self) -> Option<&Look> {
        let look = self.snapshot.as_ref()?.look.as_deref()?;
        let run = self.walk.run()?;
        std::sync::Arc::ptr_eq(&look.sample, run).then_some(look)
    }

    /// Shows an idea of the next pixel.
    pub(super) fn show_idea(&mut self, idea: Option<Idea>) {
        self.walk.set_playing(false);
        match idea {
            Some(idea) => self.micro.enter(self.walk.at(), idea),
            None => self.micro.place = None,
        }
    }

    /// Shows an idea of the pixel to which the walk is going, as a state says.
    pub(super) fn restore_idea(&mut self, idea: Option<Idea>) {
        self.micro.place = idea.map(|idea| (self.walk.wanted(), idea));
        self.micro.since = None;
    }

    /// Carries out a command that moves inside a pixel or out of it; `None` if it is another command.
    pub(super) fn micro_command(&mut self, command: Command, shared: &mut Shared) -> Option<bool> {
        let length = self.walk.run()?.len();
        let at = self.walk.at();
        match (command, self.idea()) {
            (Command::MicroStep, _) if at >= length => shared.done("All pixels are drawn; go back to look inside one."),
            (Command::MicroStep, None) => self.show_idea(Some(Idea::Gather)),
            (Command::MicroStep, Some(idea)) => match idea.offset(1) {
                Some(next) => self.show_idea(Some(next)),
                None => {
                    self.walk.seek((at + 1) as f64);
                    self.show_idea(Some(Idea::Gather).filter(|_| at + 1 < length));
                }
            },
            (Command::MicroBack, idea) => match idea.and_then(|idea| idea.offset(-1)) {
                Some(before) => self.show_idea(Some(before)),
                None if at == 0 => self.show_idea(None),
                None => {
                    self.walk.seek((at - 1) as f64);
                    self.show_idea(Some(Idea::Write));
                }
            },
            // Right completes the pixel, Left goes back to its beginning.
            (Command::Step, Some(_)) => {
                self.show_idea(None);
                self.walk.seek((at + 1) as f64);
            }
            (Command::Back, Some(_)) => self.show_idea(None),
            _ => return None,
        }
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::pixelcnn_job::{Cost, Method, Settings};

    #[test]
    fn formulas_are_laid_out() {
        for idea in Idea::ALL {
            assert!(crate::ui::math::check(idea.formula()).is_ok(), "{}", idea.name());
        }
    }

    #[test]
    fn labels_have_at_most_twelve_words_and_start_with_their_number() {
        for temperature in [1.0, 0.75] {
            let settings = Settings { class: None, temperature, seed: 1, stream: 0, method: Method::Cached };
            let run = SampleRun {
                settings,
                rows: 1,
                cols: 1,
                levels: 2,
                pixels: vec![1],
                p: vec![0.5; 2],
                u: vec![0.75],
                price: vec![0.5],
                sum: vec![0.0, 0.5],
                entropy: vec![0.7],
                cost: Cost::default(),
                step: 0,
            };
            for (i, idea) in Idea::ALL.into_iter().enumerate() {
                let label = idea.label(&run, 0);
                let mut words = label.split_whitespace();
                assert_eq!(words.next(), Some(&*(i + 1).to_string()));
                assert!(words.clone().count() <= 12, "{label}");
                assert!(label.to_lowercase().contains(idea.name()), "{label}");
            }
        }
    }

    #[test]
    fn a_movement_starts_at_nothing_ends_at_all_and_is_a_cut_where_asked() {
        let mut micro = Micro::default();
        micro.enter(3, Idea::Draw);
        assert!(micro.tick(10.0, false));
        assert_eq!(micro.movement(), 0.0);
        assert!(micro.tick(10.0 + MOVEMENT / 2.0, false));
        assert!((micro.movement() - 0.5).abs() < 1e-6);
        assert!(!micro.tick(10.0 + MOVEMENT, false));
        assert_eq!(micro.movement(), 1.0);
        micro.enter(3, Idea::Write);
        assert!(!micro.tick(20.0, true), "a cut does not move");
    }
}
