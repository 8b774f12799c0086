//! The lab "Planar · Sylvester": layers of low rank bend noise until it samples a density that is known only up to its integral, and the bound
//! that they climb is seen beside the integral itself.

mod charts;
mod controls;
mod planes;
mod state;
mod table;
mod walk;

use std::time::Duration;

use egui::Context;
use serde_json::{Value, json};

use self::state::{Page, State};
use self::walk::Walk;
use super::state::merged;
use super::table::Table;
use super::training;
use super::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::exec::BackendChoice;
use crate::flows::Energy;
use crate::train::Worker;
use crate::train::posterior_job::{Kind, Look, PosteriorCommand, PosteriorJob, PosteriorSnapshot};
use crate::ui::canvas2d::View;
use crate::ui::heatmap::FieldTexture;
use crate::ui::theme::{Palette, letters};
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// The lab.
pub struct PosteriorLab {
    worker: Option<Worker<PosteriorJob>>,
    snapshot: Option<PosteriorSnapshot>,
    state: State,
    walk: Walk,
    view: View,
    u_view: View,
    target: FieldTexture,
    /// A stroke is under way: the worker is asked when it ends.
    drawing: bool,
    /// What the worker was last asked for.
    asked: Option<(Look, bool)>,
    seed: u64,
    /// The colours of the theme that was last drawn in.
    palette: &'static Palette,
    failed: Option<String>,
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    let state = State::default();
    Box::new(PosteriorLab {
        worker: None,
        snapshot: None,
        walk: Walk::new(state.depth, state.layers),
        view: View { reach: crate::train::posterior_job::REACH, ..View::default() },
        u_view: planes::u_view(),
        target: FieldTexture::default().fading(planes::FADE),
        drawing: false,
        asked: None,
        seed: shared.seed,
        palette: shared.palette(),
        failed: None,
        state,
    })
}

impl PosteriorLab {
    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let software = shared.frame_interval > Duration::from_millis(40);
        // Where a window is drawn by the processor there is no GPU to train on.
        let choice = if software && shared.backend == BackendChoice::Auto { BackendChoice::Cpu } else { shared.backend };
        let (threads, seed, look, wake) = (shared.threads, self.seed, self.state.look(), ctx.clone());
        self.asked = Some((look.clone(), false));
        let make = move || {
            PosteriorJob::new(seed, look.clone(), choice, threads).unwrap_or_else(|error| {
                tracing::warn!("{error}");
                PosteriorJob::new(seed, look, BackendChoice::Cpu, threads).expect("every flow opens on the CPU")
            })
        };
        self.worker = Some(Worker::spawn("posterior", make, move || wake.request_repaint()));
    }

    fn send(&self, command: PosteriorCommand) {
        if let Some(worker) = &self.worker {
            worker.send(command);
        }
    }

    /// Tells the worker what has changed.
    fn ask(&mut self) {
        let wish = (self.state.look(), self.state.training);
        if self.drawing || self.asked.as_ref() == Some(&wish) {
            return;
        }
        if let Some(asked) = self.asked.replace(wish.clone()) {
            if asked.0 != wish.0 {
                self.send(PosteriorCommand::Look(wish.0));
            }
            if asked.1 != wish.1 {
                self.send(PosteriorCommand::Train(wish.1));
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
        self.palette = shared.palette();
        if self.worker.is_none() {
            self.start(ctx, shared);
        }
        if self.seed != shared.seed {
            self.seed = shared.seed;
            self.send(PosteriorCommand::Restart(self.seed));
        }
        if let Some(worker) = &self.worker {
            if let Some(death) = shared.hear(worker.events()) {
                self.failed = Some(death);
            }
            if let Some(snapshot) = worker.take_snapshot() {
                // A flow that could not go on has stopped by itself.
                self.state.training &= snapshot.error.is_none();
                self.snapshot = Some(snapshot);
            }
        }
        if self.walk.advance(f64::from(ctx.input(|input| input.stable_dt))) {
            shared.animate(ctx);
        }
        self.state.depth = self.walk.depth();
        self.ask();
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        controls::show(self, ui);
        self.follow();
    }

    fn canvas(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
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
                    Page::Constraint => planes::constraint(self, ui, side),
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
            Command::Reset => {
                self.send(PosteriorCommand::Restart(self.seed));
                shared.done(format!("The flow starts again from the initial values of seed {}.", self.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => self.state = State::default(),
            Command::Fit | Command::ResetView => {
                self.view = View { reach: crate::train::posterior_job::REACH, ..View::default() };
                self.u_view = planes::u_view();
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

    fn settled(&self) -> bool {
        let look = self.state.look();
        self.snapshot.as_ref().is_some_and(|snapshot| !snapshot.depths.is_empty() && snapshot.look == look)
    }

    fn table(&self) -> Option<Table> {
        let snapshot = self.snapshot.as_ref()?;
        match self.state.page {
            Page::Constraint if !snapshot.planar.is_empty() => Some(table::layers(snapshot)),
            _ => Some(table::elbo(snapshot)),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        let palette = self.palette;
        let snapshot = self.snapshot.as_ref()?;
        let (reached, log_z) = (snapshot.reached, snapshot.target.log_z);
        let (text, color) = match name {
            "K" => (self.state.layers.to_string(), palette.text),
            "log_z" => (number(log_z, 3), palette.base),
            "elbo" => (number(log_z - reached.gap, 3), palette.seen),
            "kl" => (number(reached.gap, 3), palette.now),
            "parameters" => (reached.parameters.to_string(), palette.text),
            "inverse" => (format!("{:.1e}", reached.inverse), palette.text),
            "raw" | "held" => {
                let layer = snapshot.planar.get(self.state.depth.max(1) - 1)?;
                let u = if name == "raw" { layer.raw } else { layer.held };
                (number(layer.w[0] * u[0] + layer.w[1] * u[1], 3), if name == "raw" { palette.text } else { palette.now })
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
        let page = [("Target and flow", "fit"), ("Constraint of a planar layer", "constraint")];
        let page = page.into_iter().map(|(title, page)| Action { title: title.into(), patch: json!({ "page": page }) });
        kind.chain(energy).chain(page).collect()
    }

    fn leave(&mut self) {
        self.walk.set_playing(false);
        self.send(PosteriorCommand::Train(false));
        // Whoever comes back finds it going on as the button says.
        self.asked = self.asked.take().map(|(look, _)| (look, false));
    }

    fn status(&self) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { busy: "opening".into(), error: self.failed.clone(), ..LabStatus::default() };
        };
        let error = self.failed.clone().or_else(|| snapshot.error.clone());
        training::status(&snapshot.backend, snapshot.running, snapshot.reached.step, error)
    }

    fn spoken_summary(&self) -> String {
        match &self.snapshot {
            Some(snapshot) => format!(
                "{} {} layers after {} steps: the bound is {} nats below ln Z = {}.",
                self.state.layers,
                self.state.kind.title(),
                snapshot.reached.step,
                number(snapshot.reached.gap, 3),
                number(snapshot.target.log_z, 3)
            ),
            None => "The flow is being made.".into(),
        }
    }
}
