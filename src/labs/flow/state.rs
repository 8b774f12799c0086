//! Everything that a person set, drew or chose in the lab, as one piece of JSON.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bet::Bet;
use super::compare::Other;
use super::curve::Curve;
use super::micro::Micro;
use super::tools::Tool;
use super::{Command, FlowLab, Overlays, Shared};
use crate::data::Drawing;
use crate::data::table::MOST_CLASSES;
use crate::flows::Config;
use crate::labs::state::merged;
use crate::train::flow_job::{FlowCommand, FlowSnapshot, MOST_PINS, Wiring};
use crate::train::{Lesson, Model, PointData};
use crate::ui::canvas2d::View;
use crate::ui::transport::TransportModel;

/// The lab's state. Weights are not in it: they go to a file of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Seed of the initial values, the batches and the noise.
    pub(super) seed: u64,
    /// Which data; the strokes of a drawing are in `drawing`.
    pub(super) data: PointData,
    /// What was drawn, on screen or kept for later.
    pub(super) drawing: Drawing,
    /// The model.
    pub(super) config: Config,
    /// Points in a training step.
    pub(super) batch: usize,
    /// Learning rate at its highest.
    pub(super) rate: f64,
    /// Whether it trains.
    pub(super) training: bool,
    /// How many layers have been applied.
    pub(super) depth: f64,
    /// Whether the walk through the layers plays.
    pub(super) playing: bool,
    /// Layers a second.
    pub(super) speed: f64,
    /// What lies over the planes.
    pub(super) overlays: Overlays,
    /// The mass of each quarter of the view is written there.
    pub(super) mass: bool,
    /// The round-trip error is mapped.
    pub(super) error_map: bool,
    /// Which layers take part, which are trained, and by which loss.
    pub(super) wiring: Wiring,
    /// The slow motion inside a layer or an update.
    #[serde(default)]
    pub(super) micro: Micro,
    /// The earlier update of the training that is shown; `null` is the newest.
    #[serde(default)]
    pub(super) update: Option<u64>,
    /// What stands beside the flow.
    pub(super) compare: Option<Other>,
    /// The window onto data space.
    pub(super) data_view: View,
    /// The window onto the other plane.
    pub(super) latent_view: View,
    /// The probe in data space.
    pub(super) probe: [f64; 2],
    /// The pinned points A, B, C in data space, as many as there are.
    pub(super) pins: Vec<[f64; 2]>,
    /// The one that arrow keys move; none is the probe.
    pub(super) focus: Option<usize>,
    /// A curve that was drawn in one plane to be seen in both.
    pub(super) curve: Curve,
    /// The tool in hand.
    pub(super) tool: Tool,
    /// Standard deviation of the brush's dabs, in units of the plane.
    pub(super) brush: f64,
    /// Points a second of the spray.
    pub(super) spray: f64,
    /// Class of what the brush lays, counted from 0.
    #[serde(default)]
    pub(super) brush_class: u8,
    /// The class that is shown, counted from 0; `null` is the mixture.
    #[serde(default)]
    pub(super) shown_class: Option<usize>,
    /// Guesses of what the layers do at the probe.
    #[serde(default)]
    pub(super) bet: Bet,
}

impl State {
    /// The same without what is no setting: where one looks, where time stands, what is in the hand. Undo leaves those alone.
    pub(super) fn only_settings(mut self) -> State {
        self.training = false;
        (self.depth, self.playing, self.speed) = (0.0, false, 0.0);
        (self.data_view, self.latent_view) = (View::default(), View::default());
        self.probe = [0.0; 2];
        self.focus = None;
        (self.tool, self.brush, self.spray) = (Tool::Probe, 0.0, 0.0);
        self.compare = None;
        (self.micro, self.update) = (Micro::default(), None);
        (self.brush_class, self.shown_class) = (0, None);
        self.bet = Bet::default();
        self
    }

    /// This state with the settings of another.
    pub(super) fn with_settings_of(self, other: State) -> State {
        let State { training, depth, playing, speed, data_view, latent_view, probe, focus, .. } = self;
        let State { tool, brush, spray, compare, micro, brush_class, shown_class, bet, .. } = self;
        let focus = focus.filter(|&index| index < other.pins.len());
        let looks = State { training, depth, playing, speed, data_view, latent_view, probe, focus, ..other };
        State { tool, brush, spray, compare, micro, brush_class, shown_class, bet, ..looks }
    }

    /// Ranges that the types do not express, as a sentence.
    fn check(&self) -> Result<(), String> {
        self.config.check().map_err(|what| format!("{what}."))?;
        let whole = [("width", self.config.width, 1, 256), ("batch", self.batch, 1, 65_536)];
        for (name, value, low, high) in whole {
            if !(low..=high).contains(&value) {
                return Err(format!("`{name}` must be {low} to {high}, but is {value}."));
            }
        }
        if self.config.dim != 2 {
            return Err(format!("`dim` must be 2 in this lab, but is {}.", self.config.dim));
        }
        let views = [self.data_view, self.latent_view];
        let numbers = [
            ("rate", self.rate),
            ("speed", self.speed),
            ("brush", self.brush),
            ("spray", self.spray),
            ("reach", views[0].reach),
            ("reach", views[1].reach),
        ];
        for (name, value) in numbers {
            if !(value.is_finite() && value > 0.0) {
                return Err(format!("`{name}` must be a positive number, but is {value}."));
            }
        }
        if usize::from(self.brush_class) >= MOST_CLASSES || self.shown_class.is_some_and(|class| class >= MOST_CLASSES) {
            return Err(format!("`brush_class` and `shown_class` must be 0 to {}.", MOST_CLASSES - 1));
        }
        if self.pins.len() > MOST_PINS || self.focus.is_some_and(|index| index >= self.pins.len()) {
            return Err(format!("`pins` holds at most {MOST_PINS} points, and `focus` counts them from 0."));
        }
        let pinned = self.pins.iter().flatten().copied();
        let finite = views.iter().flat_map(|view| view.center).chain(self.probe).chain(pinned).chain([self.depth]).all(f64::is_finite);
        if finite { Ok(()) } else { Err("A place is not a finite number.".into()) }
    }
}

impl FlowLab {
    /// What is set now.
    pub(super) fn present(&self) -> State {
        State {
            seed: self.lesson.seed,
            data: self.source_without_strokes(),
            drawing: self.tools.drawing.clone(),
            config: self.wish.config.clone(),
            batch: self.wish.batch,
            rate: self.wish.rate,
            // What broke stands until someone lets it go on.
            training: (self.training || self.resume) && self.snapshot.as_ref().is_none_or(|snapshot| snapshot.diverged.is_none()),
            depth: self.depth.position(),
            playing: self.depth.playing(),
            speed: self.depth.speed(),
            overlays: self.overlays,
            mass: self.desk.ledger.mass,
            error_map: self.desk.ledger.error_map,
            wiring: self.desk.wiring,
            micro: self.desk.micro,
            update: self.desk.looked,
            compare: self.desk.compare.as_ref().map(|compare| compare.other),
            data_view: self.data_view,
            latent_view: self.latent_view,
            probe: self.probe,
            pins: self.pins.at.clone(),
            focus: self.pins.focus,
            curve: self.hand.curve.clone(),
            tool: self.tools.tool,
            brush: self.tools.radius,
            spray: self.tools.flow,
            brush_class: self.desk.classes.brush,
            shown_class: self.desk.classes.shown,
            bet: self.desk.bet.clone(),
        }
    }

    /// What is set, with the model that the worker was asked for where the sliders are already further.
    pub(super) fn asked_state(&self) -> State {
        State { config: self.asked.0.clone(), batch: self.asked.1, ..self.present() }
    }

    /// The state as JSON.
    pub(super) fn written(&self) -> Value {
        serde_json::to_value(self.present()).expect("a state is plain data")
    }

    /// Merges a patch over the state and shows it.
    pub(super) fn take_over(&mut self, patch: &Value, shared: &mut Shared) -> Result<(), String> {
        let mut state = merged(&self.present(), patch)?;
        if let PointData::Drawing { drawing } = &mut state.data
            && !drawing.strokes().is_empty()
        {
            // A patch may bring the strokes with the data.
            state.drawing = std::mem::take(drawing);
        }
        state.check()?;
        if state.micro.on || state.update.is_some() {
            // What is read must stand.
            state.training = false;
        }
        let other_data = state.data != self.source_without_strokes();
        let brings = |key: &str| patch.get(key).is_some();
        let fits_itself = other_data && !brings("data_view");
        if other_data && !matches!(state.data, PointData::Drawing { .. }) && !brings("tool") {
            // Only a drawing can be drawn on.
            state.tool = Tool::Probe;
        }
        if (&state.config, state.batch, state.seed) != (&self.asked.0, self.asked.1, self.lesson.seed) && !brings("update") {
            // The steps of another fit are other steps.
            state.update = None;
        }
        let walks = brings("micro") && state.micro.on && !brings("depth");
        self.apply(state, None, shared);
        if walks {
            self.follow_micro();
        }
        self.fit_next = fits_itself;
        self.pins.probe_stays = brings("probe");
        self.restored = true;
        Ok(())
    }

    fn source_without_strokes(&self) -> PointData {
        match &self.source {
            PointData::Drawing { .. } => PointData::Drawing { drawing: Drawing::default() },
            other => other.clone(),
        }
    }

    /// Brings lab and worker to a state; true if it has other data. `back_to` is the number of a fit that was left behind and is wanted again.
    pub(super) fn apply(&mut self, state: State, back_to: Option<u64>, shared: &mut Shared) -> bool {
        let before = self.present();
        self.apply_fit(&state, &before, back_to, shared);
        self.apply_desk(&state, &before, shared);
        self.tools.tool = state.tool;
        self.tools.radius = state.brush;
        self.tools.flow = state.spray;
        self.desk.classes.brush = state.brush_class;
        self.desk.bet = state.bet;
        if state.shown_class != before.shown_class {
            self.show_class(state.shown_class);
        }
        self.wish.rate = state.rate;
        if state.rate != before.rate {
            self.send(FlowCommand::Rate(state.rate));
        }
        self.resume = false;
        self.training = state.training;
        self.send(FlowCommand::Train(state.training));
        self.desk.looked = state.update;
        if state.update != before.update {
            self.send(FlowCommand::LookAt(state.update.unwrap_or(u64::MAX)));
        }
        self.overlays = state.overlays;
        (self.data_view, self.latent_view) = (state.data_view, state.latent_view);
        self.set_probe(state.probe);
        self.pins.focus = state.focus;
        if state.pins != before.pins {
            self.pins.at = state.pins;
            self.tell_pins();
        }
        if state.curve != before.curve {
            self.clear_curve();
            self.hand.curve = state.curve;
            self.tell_curve();
        }
        self.depth.set_layers(state.config.stages());
        if state.depth != before.depth {
            self.depth.seek(state.depth.clamp(0.0, self.depth.length()));
        }
        if state.micro != before.micro {
            self.show_micro(state.micro);
        }
        self.depth.set_playing(state.playing);
        self.depth.set_speed(state.speed);
        state.data != before.data
    }

    /// One of the three resets: each says what it takes.
    pub(super) fn reset(&mut self, command: Command, shared: &mut Shared) {
        let opening = FlowLab::new(FlowLab::opening_lesson(shared.seed)).present();
        let now = State { update: None, ..self.present() };
        let (state, says) = match command {
            Command::ResetView => {
                let State { overlays, micro, mass, error_map, compare, data_view, latent_view, probe, pins, focus, curve, speed, .. } =
                    opening;
                (
                    State { overlays, micro, mass, error_map, compare, data_view, latent_view, probe, pins, focus, curve, speed, ..now },
                    "The view is as it was; model and data stay.",
                )
            }
            Command::ResetModel => {
                let State { config, batch, rate, wiring, .. } = opening;
                self.restart(shared);
                (
                    State { config, batch, rate, wiring, ..now },
                    "The model is as it was and the fit starts anew. Ctrl+Z takes the last one back.",
                )
            }
            _ => {
                self.restart(shared);
                (opening, "The lab is as it opened. Ctrl+Z takes back what was set, drawn and trained.")
            }
        };
        let other_data = self.apply(state, None, shared);
        self.fit_next = other_data || command == Command::ResetView;
        shared.toasts.retain(|toast| !toast.text.starts_with("The fit starts anew"));
        shared.done(says);
    }

    /// The worker has heard everything: where it could not follow, the lab follows it.
    pub(super) fn follow_worker(&mut self, snapshot: &FlowSnapshot) {
        if snapshot.config != self.asked.0 {
            // Loaded weights brought their own model.
            self.wish.config = snapshot.config.clone();
            self.asked.0 = snapshot.config.clone();
        }
        self.desk.classes.shown = snapshot.shown;
        if std::mem::discriminant(&snapshot.source) != std::mem::discriminant(&self.source) || !self.shows_drawing() {
            // A file that could not be read left the data as they were.
            self.source = snapshot.source.clone();
        }
    }

    /// The lesson that the worker opens.
    pub(super) fn wished_lesson(&self) -> Lesson {
        let mut lesson = self.lesson.clone();
        let data = match &self.source {
            PointData::Drawing { .. } => PointData::Drawing { drawing: self.tools.drawing.clone() },
            other => other.clone(),
        };
        lesson.model = Model::Realnvp { config: self.asked.0.clone(), data };
        lesson.training.batch = self.asked.1;
        lesson.training.adam.rate = self.wish.rate;
        lesson
    }

    /// Whether everything that was asked for is in the picture; while it trains, the picture of a moment ago.
    pub(super) fn nothing_is_awaited(&self) -> bool {
        let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.heard == self.sent.get()) else { return false };
        let Some(pictures) = &snapshot.pictures else { return false };
        let of_now = pictures.data_version == snapshot.data.version
            && Some(pictures.density.bounds) == self.view_sent
            && pictures.wiring == snapshot.wiring
            && pictures.shown == snapshot.shown
            && self.overlays_are_in(snapshot, pictures);
        let fine = snapshot.training || (pictures.step == snapshot.step && pictures.integral.is_some());
        of_now && fine && !snapshot.data.floor_pending && self.load_at_start.is_none() && self.files.handed.is_empty()
    }
}
