//! The lab "Residual · FFJORD": a log-determinant that nobody can afford, estimated in every way of the lecture beside the exact one, and the
//! motion of a continuous flow with what it costs.

mod controls;
mod explain;
mod pages;
mod plane;
mod state;
mod table;

use std::path::Path;

use egui::Context;
use serde_json::{Value, json};

use self::state::{Page, State};
use super::history::{History, Paged, REOPENED};
use super::state::merged;
use super::table::Table;
use super::trouble::{WayOut, failed_anew, ways_out};
use super::walk::{Manner, Walk};
use super::working::{Working, sessions};
use super::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::data::Toy;
use crate::exec::BackendChoice;
use crate::train::Lesson;
use crate::train::estimate_job::{EstimateCommand, EstimateJob, EstimateSnapshot, Look, MOMENTS, Which};
use crate::ui::canvas2d::View;
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::letters;
use crate::ui::transport::TransportModel;
use crate::ui::units::{Units, number};

/// What the worker was last asked for.
#[derive(Clone, Copy, PartialEq)]
struct Asked {
    look: Look,
    toy: Toy,
    train: Option<Which>,
}

/// The lab.
pub struct EstimatesLab {
    work: Working<EstimateJob>,
    state: State,
    walk: Walk,
    /// The walk is one through time; else blocks are counted.
    in_time: bool,
    view: View,
    /// Densities of the two flows.
    density: [FieldTexture; 2],
    asked: Option<Asked>,
    /// Failures of the worker that were heard of.
    failures: u64,
    history: History<State>,
    /// Unit and colours of the frame that was last drawn.
    look: super::Look,
}

/// Through the blocks of the residual flow.
const BLOCKS: Manner = Manner {
    step: "block",
    steps: "blocks",
    large: ("two blocks", 2.0),
    speed: (1.0, [0.25, 64.0]),
    position: |at, last| format!("block {} of {}", at + 1, last + 1),
    detail: |_| String::new(),
};

/// Through the time of the continuous one, from 0 to 1.
const TIME: Manner = Manner {
    step: "step of time",
    steps: "steps",
    large: ("quarter", 10.0),
    speed: (16.0, [0.25, 64.0]),
    position: |at, last| format!("t = {}", number(at as f64 / last as f64, 3)),
    detail: |_| String::new(),
};

/// A variance in the unit's square.
fn squared(units: Units, variance: f64) -> f64 {
    units.convert(units.convert(variance))
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(EstimatesLab::new(shared))
}

impl EstimatesLab {
    fn new(shared: &Shared) -> EstimatesLab {
        EstimatesLab {
            work: Working::new(shared),
            state: State::default(),
            walk: Walk::new(BLOCKS, 0, 1),
            in_time: false,
            view: plane::view(),
            density: [(); 2].map(|()| FieldTexture::default().fading(plane::FADE)),
            asked: None,
            failures: 0,
            history: History::default(),
            look: shared.look(),
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (sessions, threads, seed) = (sessions(shared), shared.threads, self.work.seed);
        let (toy, look) = (self.state.toy, self.state.look());
        let make = move || {
            EstimateJob::with(seed, toy, look, sessions).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                EstimateJob::new(seed, toy, look, BackendChoice::Cpu, threads).expect("both flows open on the CPU")
            })
        };
        self.work.begin("estimates", ctx, make);
        self.failures = 0;
        self.asked = Some(Asked { look, toy, train: None });
    }

    fn wish(&self) -> Asked {
        let train = self.state.training.then(|| self.state.page.which());
        Asked { look: self.state.look(), toy: self.state.toy, train }
    }

    /// Makes the walk stand where the settings say, or the settings what the walk says.
    fn follow(&mut self, from_walk: bool) {
        let time = self.state.page.which() == Which::Continuous;
        let last = if time { MOMENTS } else { Which::Residual.config().layers - 1 };
        if from_walk && time == self.in_time {
            let place = self.walk.place();
            if time { self.state.moment = place } else { self.state.block = place + 1 }
        }
        let place = if time { self.state.moment } else { self.state.block - 1 };
        if time != self.in_time {
            (self.in_time, self.walk) = (time, Walk::new(if time { TIME } else { BLOCKS }, place, last));
        }
        self.walk.set(place, last);
    }

    /// Goes on in the way that the person chose under the sentence about what went wrong.
    fn go_on(&mut self, way: WayOut) {
        match way {
            WayOut::Slower => {
                let broke = self.work.snapshot.as_ref().and_then(|snapshot| snapshot.broke);
                // What is trained is the flow of the page.
                if let Some(which) = broke.filter(|&which| which != self.state.page.which()) {
                    self.state.page = if which == Which::Residual { Page::Series } else { Page::Motion };
                }
                self.state.training = true;
                self.work.send(EstimateCommand::Slower);
            }
            WayOut::Understood => self.work.send(EstimateCommand::Understood),
        }
    }

    /// Tells the worker what has changed.
    fn ask(&mut self) {
        let wish = self.wish();
        let Some(asked) = self.asked.replace(wish) else { return };
        if asked.toy != wish.toy {
            self.work.send(EstimateCommand::Toy(wish.toy));
        }
        if asked.look != wish.look {
            self.work.send(EstimateCommand::Look(wish.look));
        }
        if asked.train != wish.train {
            self.work.send(EstimateCommand::Train(wish.train));
        }
    }
}

impl Lab for EstimatesLab {
    fn title(&self) -> &'static str {
        "Residual · FFJORD"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.look = shared.look();
        if !self.work.begun() {
            self.start(ctx, shared);
        }
        if let Some(seed) = self.work.another_seed(shared) {
            self.work.send(EstimateCommand::Restart(seed));
        }
        if self.work.hear(shared)
            && let Some(snapshot) = &self.work.snapshot
        {
            // A flow that could not go on has stopped by itself.
            self.state.training &= !failed_anew(&mut self.failures, &snapshot.trouble);
        }
        if self.walk.advance(Shared::passed(ctx)) {
            shared.animate(ctx);
        }
        self.follow(true);
        self.ask();
        self.work.send_load(EstimateCommand::Load);
        self.history.observe(self.state.clone(), Shared::held(ctx));
    }

    fn begin_history(&mut self) {
        self.history = History::default();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        let learned = |snapshot: &EstimateSnapshot| snapshot.residual.step > 0 || snapshot.continuous.step > 0;
        let trained = self.work.snapshot.as_ref().is_some_and(learned);
        match command {
            Command::ResetModel => trained.then_some("Both flows start again from their initial values; what they have learned is lost."),
            _ => Some("The chapter as it opened; what both flows have learned is lost. Ctrl+Z takes back what was set."),
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        // The bar below may have moved the walk in this frame.
        self.follow(true);
        controls::show(self, ui);
        self.follow(false);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        self.follow(true);
        if let Some(way) = ways_out(ui, self.work.snapshot.as_ref().map(|snapshot| &snapshot.trouble)) {
            self.go_on(way);
        }
        controls::pages(self, ui);
        self.follow(false);
        let (width, height) = (ui.available_width(), ui.available_height());
        let (gap, words) = (16.0, 62.0 * letters::stretch(ui.ctx(), 11.0));
        let side = ((width - gap) * 0.48).min(height - words).max(120.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.vertical(|ui| {
                ui.set_width(side);
                plane::show(self, ui, side);
            });
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                pages::show(self, ui, height - 8.0);
            });
        });
    }

    fn explain(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        explain::show(self, ui);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.walk)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::Preset(n) => match Page::ALL.get(usize::from(n).wrapping_sub(1)) {
                Some((page, _)) => self.state.page = *page,
                None => return false,
            },
            Command::Train => self.state.training = !self.state.training,
            Command::Undo | Command::Redo => {
                if let Some(state) = self.history.go(command, self.state.clone(), shared) {
                    self.state = state.seen_as(&self.state);
                }
            }
            Command::Reset | Command::ResetModel => {
                self.work.send(EstimateCommand::Restart(self.work.seed));
                shared.done(format!("Both flows start again from the initial values of seed {}.", self.work.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => {
                self.work.retire();
                *self = EstimatesLab { history: std::mem::take(&mut self.history), ..EstimatesLab::new(shared) };
                shared.done(REOPENED);
            }
            Command::Fit => self.view = plane::view(),
            Command::ResetView => {
                self.view = plane::view();
                let State { page, probe, .. } = State::default();
                self.state = State { page, probe, ..self.state.clone() };
            }
            _ => return false,
        }
        self.follow(false);
        true
    }

    fn state(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let state: State = merged(&self.state, patch)?;
        state.check()?;
        self.state = state;
        self.follow(false);
        Ok(())
    }

    fn lesson(&self) -> Option<Lesson> {
        Some(EstimateJob::lesson(self.state.page.which(), self.state.toy, self.work.seed))
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        self.work.send(EstimateCommand::Save(path.into()));
        self.work.snapshot.is_some()
    }

    fn load_weights(&mut self, path: &Path) {
        self.work.load(path);
    }

    fn weights_version(&self) -> String {
        let steps = |snapshot: &EstimateSnapshot| format!("{:?} {} {}", self.state.toy, snapshot.residual.step, snapshot.continuous.step);
        self.work.snapshot.as_ref().map_or_else(String::new, steps)
    }

    fn settled(&self) -> bool {
        !self.work.waits()
            && self.work.snapshot.as_ref().is_some_and(|snapshot| {
                snapshot.series.is_some()
                    && snapshot.motion.is_some()
                    && (snapshot.look == self.state.look())
                    && self.asked == Some(self.wish())
            })
    }

    fn table(&self) -> Option<Table> {
        let snapshot = self.work.snapshot.as_ref()?;
        match self.state.page {
            Page::Series => snapshot.series.as_deref().map(table::series),
            Page::Hutchinson => snapshot.series.as_deref().map(table::variances),
            Page::Roulette => snapshot.series.as_deref().map(table::roulette),
            Page::Inverse => snapshot.series.as_deref().map(table::inverse),
            Page::Motion | Page::Trace => snapshot.motion.as_deref().map(table::motion),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        let super::Look { units, palette } = self.look;
        let logs = |nats: f64, decimals| number(units.convert(nats), decimals);
        let snapshot = self.work.snapshot.as_ref()?;
        let (series, motion) = (snapshot.series.as_deref()?, snapshot.motion.as_deref()?);
        let terms = snapshot.look.terms;
        let (text, color) = match name {
            "exact" => (logs(series.exact, 4), palette.base),
            "n" => (terms.to_string(), palette.text),
            "sum" => (logs(series.sums[terms - 1], 4), palette.seen),
            "bias" => (format!("{:.1e}", units.convert((series.sums[terms - 1] - series.exact).abs())), palette.seen),
            "bound" => (format!("{:.1e}", units.convert(series.bounds[terms - 1])), palette.blind),
            "c" => (number(series.contraction, 3), palette.blind),
            "norm" => (number(series.jacobian.norm(), 3), palette.text),
            "normal" => (number(squared(units, series.variance_of_one[0]), 4), palette.seen),
            "signs" => (number(squared(units, series.variance_of_one[1]), 4), palette.positive),
            "mean" => (logs(series.roulette_spread.mean, 4), palette.now),
            "error" => (logs(series.roulette_spread.error, 4), palette.text),
            "cost" => (number(series.mean_terms, 2), palette.text),
            "evaluations" => (motion.adaptive.last()?.evaluations.to_string(), palette.seen),
            "trained" => (motion.trained_evaluations.to_string(), palette.base),
            "trace" => (logs(motion.exact, 4), palette.base),
            "estimate" => (logs(motion.spreads[0].mean, 4), palette.now),
            _ => return None,
        };
        Some(Live { text, color })
    }

    fn actions(&self) -> Vec<Action> {
        let page = Page::ALL.into_iter().map(|(page, title)| Action { title: title.into(), patch: json!({ "page": page }) });
        let toy = Toy::ALL.into_iter().map(|toy| Action { title: format!("Learn {}", toy.title()), patch: json!({ "toy": toy }) });
        page.chain(toy).collect()
    }

    fn leave(&mut self) {
        self.walk.set_playing(false);
        self.work.send(EstimateCommand::Train(None));
        // Whoever comes back finds it going on as the button says.
        self.asked = self.asked.map(|asked| Asked { train: None, ..asked });
    }

    fn is_dead(&self) -> bool {
        self.work.is_dead()
    }

    fn revive(&mut self) {
        self.work.revive();
    }

    fn status(&self) -> LabStatus {
        let which = self.state.page.which();
        self.work.status(|snapshot| {
            (snapshot.backend.clone(), snapshot.running.is_some(), snapshot.learner(which).step, snapshot.trouble.sentence())
        })
    }

    fn spoken_summary(&self) -> String {
        let found = self.work.snapshot.as_ref().and_then(|snapshot| Some((snapshot.series.as_deref()?, snapshot.look.terms)));
        match found {
            Some((series, terms)) => format!(
                "Block {}: the exact log-determinant is {}, {terms} terms of the series give {}.",
                self.state.block,
                self.look.units.format(series.exact, 3),
                number(self.look.units.convert(series.sums[terms - 1]), 3)
            ),
            None => "Both flows are being made.".into(),
        }
    }
}
