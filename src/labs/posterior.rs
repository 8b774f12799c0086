//! The lab "Planar · Sylvester": layers of low rank bend noise until it samples a density that is known only up to its integral, and the bound
//! that they climb is seen beside the integral itself.

mod charts;
mod constraint;
mod controls;
mod planes;
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
use super::walk::{Manner, Walk, moment};
use super::working::{Working, sessions};
use super::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::exec::BackendChoice;
use crate::flows::Energy;
use crate::train::posterior_job::{Kind, Look, PosteriorCommand, PosteriorJob, PosteriorSnapshot};
use crate::ui::canvas2d::View;
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::letters;
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// The lab.
pub struct PosteriorLab {
    work: Working<PosteriorJob>,
    state: State,
    walk: Walk,
    view: View,
    u_view: View,
    target: FieldTexture,
    /// A stroke is under way: the worker is asked when it ends.
    drawing: bool,
    /// What the worker was last asked for.
    asked: Option<(Look, bool)>,
    /// Failures of the worker that were heard of.
    failures: u64,
    history: History<State>,
    /// Unit and colours of the frame that was last drawn.
    look: super::Look,
}

/// Through the layers of a flow: from the noise, 0, to the last layer.
const LAYERS: Manner = Manner {
    step: "layer",
    steps: "layers",
    large: ("four layers", 4.0),
    speed: (4.0, [0.25, 16.0]),
    position: |at, last| format!("{} of {last}", moment(at)),
    detail: |_| String::new(),
};

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(PosteriorLab::new(shared))
}

impl PosteriorLab {
    fn new(shared: &Shared) -> PosteriorLab {
        let state = State::default();
        PosteriorLab {
            work: Working::new(shared),
            walk: Walk::new(LAYERS, state.depth, state.layers),
            view: planes::view(),
            u_view: constraint::view(),
            target: FieldTexture::default().fading(planes::FADE),
            drawing: false,
            asked: None,
            failures: 0,
            history: History::default(),
            look: shared.look(),
            state,
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (sessions, threads, seed, look) = (sessions(shared), shared.threads, self.work.seed, self.state.look());
        (self.asked, self.failures) = (Some((look.clone(), false)), 0);
        let make = move || {
            PosteriorJob::with(seed, look.clone(), sessions).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                PosteriorJob::new(seed, look, BackendChoice::Cpu, threads).expect("every flow opens on the CPU")
            })
        };
        self.work.begin("posterior", ctx, make);
    }

    /// Tells the worker what has changed.
    fn ask(&mut self) {
        let wish = (self.state.look(), self.state.training);
        if self.drawing || self.asked.as_ref() == Some(&wish) {
            return;
        }
        if let Some(asked) = self.asked.replace(wish.clone()) {
            if asked.0 != wish.0 {
                self.work.send(PosteriorCommand::Look(wish.0));
            }
            if asked.1 != wish.1 {
                self.work.send(PosteriorCommand::Train(wish.1));
            }
        }
    }

    fn follow(&mut self) {
        self.walk.set(self.state.depth, self.state.layers);
    }
}

impl Lab for PosteriorLab {
    fn title(&self) -> &'static str {
        "Planar · Sylvester"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.look = shared.look();
        if !self.work.begun() {
            self.start(ctx, shared);
        }
        if let Some(seed) = self.work.another_seed(shared) {
            self.work.send(PosteriorCommand::Restart(seed));
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
        self.state.depth = self.walk.place();
        self.ask();
        self.work.send_load(PosteriorCommand::Load);
        self.history.observe(self.state.clone(), Shared::held(ctx));
    }

    fn begin_history(&mut self) {
        self.history = History::default();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        let trained = self.work.snapshot.as_ref().is_some_and(|snapshot| snapshot.reached.step > 0);
        match command {
            Command::ResetModel => trained.then_some("The flow starts again from its initial values; what it has learned is lost."),
            _ => Some("The chapter as it opened; what every flow has learned is lost. Ctrl+Z takes back what was set and drawn."),
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        // The bar below may have moved the walk in this frame.
        self.state.depth = self.walk.place();
        controls::show(self, ui);
        self.follow();
    }

    fn canvas(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        match ways_out(ui, self.work.snapshot.as_ref().map(|snapshot| &snapshot.trouble)) {
            Some(WayOut::Slower) => {
                self.state.training = true;
                self.work.send(PosteriorCommand::Slower);
            }
            Some(WayOut::Understood) => self.work.send(PosteriorCommand::Understood),
            None => {}
        }
        controls::pages(self, ui);
        let (gap, words) = (14.0, 30.0 * letters::stretch(ui.ctx(), 11.0));
        let chart = (0.34 * ui.available_height()).clamp(110.0, 260.0);
        let side = ((ui.available_width() - gap) / 2.0).min(ui.available_height() - chart - words).max(110.0);
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            ui.vertical(|ui| {
                ui.set_width(side);
                match self.state.page {
                    Page::Fit => planes::target(self, ui, side),
                    Page::Constraint => constraint::show(self, ui, side),
                }
            });
            ui.vertical(|ui| {
                ui.set_width(side);
                planes::flow(self, ui, side);
            });
        });
        let rest = ui.available_height() - 6.0;
        charts::elbo(self, ui, rest);
    }

    fn explain(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        charts::numbers(self, ui);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.walk)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::Preset(n @ 1..=4) => self.state.energy = Energy::PAPER[usize::from(n) - 1].clone(),
            Command::Train => self.state.training = !self.state.training,
            Command::Samples => self.state.samples = !self.state.samples,
            Command::Undo | Command::Redo => {
                if let Some(state) = self.history.go(command, self.state.clone(), shared) {
                    self.state = state.seen_as(&self.state);
                }
            }
            Command::Reset | Command::ResetModel => {
                self.work.send(PosteriorCommand::Restart(self.work.seed));
                shared.done(format!("The flow starts again from the initial values of seed {}.", self.work.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => {
                self.work.retire();
                *self = PosteriorLab { history: std::mem::take(&mut self.history), ..PosteriorLab::new(shared) };
                shared.done(REOPENED);
            }
            Command::Fit | Command::ResetView => {
                (self.view, self.u_view) = (planes::view(), constraint::view());
                if command == Command::ResetView {
                    let State { page, samples, .. } = State::default();
                    self.state = State { page, samples, ..self.state.clone() };
                }
            }
            _ => return false,
        }
        self.follow();
        true
    }

    fn state(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let mut state: State = merged(&self.state, patch)?;
        // A patch of the layers alone shows all of them, as the chips do.
        let alone = patch.get("layers").is_some() && patch.get("depth").is_none();
        if alone && (self.state.depth == self.state.layers || state.depth > state.layers) {
            state.depth = state.layers;
        }
        state.check()?;
        self.state = state;
        self.follow();
        Ok(())
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        self.work.send(PosteriorCommand::Save(path.into()));
        self.work.snapshot.is_some()
    }

    fn load_weights(&mut self, path: &Path) {
        self.work.load(path);
    }

    fn weights_version(&self) -> String {
        self.work.snapshot.as_ref().map_or_else(String::new, |snapshot| format!("{:?} {}", snapshot.look, snapshot.reached.step))
    }

    fn settled(&self) -> bool {
        let look = self.state.look();
        let seen = |snapshot: &PosteriorSnapshot| !snapshot.depths.is_empty() && snapshot.look == look;
        !self.work.waits() && self.work.snapshot.as_ref().is_some_and(seen)
    }

    fn table(&self) -> Option<Table> {
        let snapshot = self.work.snapshot.as_ref()?;
        match self.state.page {
            Page::Constraint if !snapshot.held.is_empty() => Some(table::layers(snapshot)),
            _ => Some(table::elbo(snapshot)),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        let super::Look { units, palette } = self.look;
        let logs = |nats: f64| number(units.convert(nats), 3);
        let snapshot = self.work.snapshot.as_ref()?;
        let (reached, log_z) = (snapshot.reached, snapshot.target.log_z);
        let (text, color) = match name {
            "K" => (self.state.layers.to_string(), palette.text),
            "log_z" => (logs(log_z), palette.base),
            "elbo" => (logs(log_z - reached.gap), palette.seen),
            "kl" => (logs(reached.gap), palette.now),
            "parameters" => (reached.parameters.to_string(), palette.text),
            "inverse" => (format!("{:.1e}", reached.inverse), palette.text),
            "raw" | "held" => {
                let [raw, used] = snapshot.held.get(self.state.depth.max(1) - 1)?.numbers();
                if name == "raw" { (number(raw, 3), palette.text) } else { (number(used, 3), palette.now) }
            }
            _ => return None,
        };
        Some(Live { text, color })
    }

    fn actions(&self) -> Vec<Action> {
        let kind = Kind::ALL
            .into_iter()
            .map(|(kind, title)| Action { title: format!("Sample by {title} layers"), patch: json!({ "kind": kind }) });
        let energy = Energy::PAPER
            .into_iter()
            .map(|energy| Action { title: format!("Target {}", energy.title()), patch: json!({ "energy": energy }) });
        let page = [("Target and flow", "fit"), ("Constraint of a layer", "constraint")];
        let page = page.into_iter().map(|(title, page)| Action { title: title.into(), patch: json!({ "page": page }) });
        kind.chain(energy).chain(page).collect()
    }

    fn leave(&mut self) {
        self.walk.set_playing(false);
        self.work.send(PosteriorCommand::Train(false));
        // Whoever comes back finds it going on as the button says.
        self.asked = self.asked.take().map(|(look, _)| (look, false));
    }

    fn is_dead(&self) -> bool {
        self.work.is_dead()
    }

    fn revive(&mut self) {
        self.work.revive();
    }

    fn status(&self) -> LabStatus {
        self.work.status(|snapshot| (snapshot.backend.clone(), snapshot.running, snapshot.reached.step, snapshot.trouble.sentence()))
    }

    fn spoken_summary(&self) -> String {
        match &self.work.snapshot {
            Some(snapshot) => format!(
                "{} {} layers after {} steps: the bound is {} below {} = {}.",
                self.state.layers,
                self.state.kind.title(),
                snapshot.reached.step,
                self.look.units.format(snapshot.reached.gap, 3),
                charts::log_z_name(self.look.units),
                number(self.look.units.convert(snapshot.target.log_z), 3)
            ),
            None => "The flow is being made.".into(),
        }
    }
}
