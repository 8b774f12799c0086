//! The flow lab: a stack of couplings bends a Gaussian into what was chosen or drawn, with an exact density at every point.

mod actions;
mod bet;
mod classes;
mod closer;
mod columns;
mod compare;
mod controls;
mod curve;
mod depth;
mod desk;
mod entropy;
mod exchange;
mod explain;
mod family;
mod fields;
mod files;
mod fits;
mod hands;
mod history;
mod layer_card;
mod ledger;
mod live;
mod marks;
mod micro;
mod numbers;
mod overlays;
mod pins;
mod planes;
mod portrait;
mod rail;
mod scrubber;
mod stamps;
mod state;
mod table;
mod terms;
mod tools;
mod warp;
mod words;

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use egui::Context;
use serde_json::Value;

use self::depth::Depth;
use self::desk::Desk;
use self::fields::Fields;
use self::files::Files;
use self::history::History;
use self::overlays::Overlays;
use self::tools::Tools;
use super::table::Table;
use super::{Action, Command, Lab, LabStatus, Live, Look, Shared};
use crate::data::Toy;
use crate::exec::{BackendChoice, ExecError, Session, open_session};
use crate::flows::Config;
use crate::train::flow_job::{DataView, FlowCommand, FlowJob, FlowSnapshot, Pictures, ProbeReading};
use crate::train::{Lesson, Model, PointData, RateSchedule, Worker};
use crate::ui::canvas2d::View;
use crate::ui::transport::TransportModel;

/// Where the probe stands when the lab opens: on the upper moon.
const FIRST_PROBE: [f64; 2] = [0.3, 1.32];
/// The lab opens on a fit of so many steps, made here in a moment: the moons are there, and the loss still falls in view.
const OPENING_STEPS: u64 = 300;

/// What the sliders say; the worker follows.
#[derive(Clone, Debug)]
struct Wish {
    config: Config,
    batch: usize,
    rate: f64,
}

/// Opens a session on what was chosen and so many threads.
pub type OpenSession = fn(BackendChoice, usize) -> Result<Box<dyn Session>, ExecError>;

/// The lab.
pub struct FlowLab {
    open_session: OpenSession,
    worker: Option<Worker<FlowJob>>,
    lesson: Lesson,
    snapshot: Option<FlowSnapshot>,
    depth: Depth,
    data_view: View,
    latent_view: View,
    view_sent: Option<[f64; 4]>,
    view_moved: exchange::Moving,
    data_version: u64,
    fit_next: bool,
    overlays: Overlays,
    tools: Tools,
    probe: [f64; 2],
    /// The probe was last moved in latent space: its x comes from the worker.
    led_by_z: bool,
    pointer: Option<[f64; 2]>,
    /// Units of data space within which a press takes a pinned point.
    pin_reach: f64,
    pins: pins::Pins,
    hand: curve::Hand,
    /// The plane that the hand holds.
    held: Option<hands::Side>,
    fields: Fields,
    wish: Wish,
    desk: Desk,
    /// The model and batch that the worker was last asked for.
    asked: (Config, usize),
    /// The data that it was last asked for; a drawing is kept in the tools.
    source: PointData,
    /// Whether it was last asked to train.
    training: bool,
    /// The number of the present fit, and the highest one.
    run: (u64, u64),
    history: History,
    /// Commands sent to the present worker.
    sent: Cell<u64>,
    /// Train again when the chapter is opened again.
    resume: bool,
    /// The worker starts as a session says, not as the lab opens.
    restored: bool,
    load_at_start: Option<PathBuf>,
    files: Files,
    look: Look,
    failed: Option<String>,
}

/// Opens the lab; the worker starts with the first frame.
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(FlowLab::new(FlowLab::opening_lesson(shared.seed)))
}

impl FlowLab {
    /// What the lab opens on.
    fn opening_lesson(seed: u64) -> Lesson {
        let mut lesson = Lesson::preset("realnvp").expect("a test reads every shipped lesson");
        lesson.seed = seed;
        // A person changes the data as they like: the rate must not have cooled down by then.
        lesson.training.schedule = RateSchedule::Constant;
        // Not the shipped weights: they have learned what there is to learn.
        lesson.name = "flow lab".into();
        lesson
    }

    /// A lab on a lesson of a flow.
    pub fn new(lesson: Lesson) -> FlowLab {
        let config = match &lesson.model {
            Model::Realnvp { config, .. } => config.clone(),
            Model::Pixelcnn { .. } | Model::CausalStack { .. } => Config::default(),
        };
        FlowLab {
            open_session,
            worker: None,
            snapshot: None,
            depth: Depth::new(config.stages()),
            data_view: View { center: [0.0; 2], reach: 3.6 },
            latent_view: View { center: [0.0; 2], reach: 4.0 },
            view_sent: None,
            view_moved: exchange::Moving::default(),
            data_version: 0,
            fit_next: false,
            overlays: Overlays::OPENING,
            tools: Tools::default(),
            probe: FIRST_PROBE,
            led_by_z: false,
            pointer: None,
            pin_reach: 0.1,
            pins: pins::Pins::default(),
            hand: curve::Hand::default(),
            held: None,
            fields: Fields::default(),
            desk: Desk::default(),
            asked: (config.clone(), lesson.training.batch),
            wish: Wish { batch: lesson.training.batch, rate: lesson.training.adam.rate, config },
            files: Files::default(),
            look: Look::default(),
            failed: None,
            source: match &lesson.model {
                Model::Realnvp { data, .. } => data.clone(),
                _ => PointData::Toy { toy: Toy::TwoMoons },
            },
            training: true,
            run: (0, 0),
            history: History::default(),
            sent: Cell::new(0),
            resume: false,
            restored: false,
            load_at_start: None,
            lesson,
        }
    }

    /// The lab on sessions of another kind: for tests of what it does when a device is lost.
    #[must_use]
    pub fn with_sessions(self, open_session: OpenSession) -> FlowLab {
        FlowLab { open_session, ..self }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        // Where a window is drawn by the processor there is no GPU to train on.
        let software = shared.frame_interval > Duration::from_millis(40);
        let lesson = self.wished_lesson();
        let wake = ctx.clone();
        let (asked, threads, open) = (shared.backend, shared.threads, self.open_session);
        let make = move || {
            let mut choice = if software && asked == BackendChoice::Auto { BackendChoice::Cpu } else { asked };
            let make_session = Box::new(move || {
                let session = open(choice, threads)?;
                if session.backend().backend == "cpu" {
                    // The next model need not look for a GPU again.
                    choice = BackendChoice::Cpu;
                }
                Ok(session)
            });
            FlowJob::new(lesson, make_session)
        };
        self.worker = Some(Worker::spawn("flow", make, move || wake.request_repaint()));
        self.failed = None;
        self.view_sent = None;
        self.desk.told = overlays::Told::default();
        self.sent.set(0);
        if !self.training {
            self.send(FlowCommand::Train(false));
        } else if !std::mem::replace(&mut self.restored, true) {
            self.send(FlowCommand::Ahead(OPENING_STEPS));
        }
        self.lay_desk();
        if let Some(path) = self.load_at_start.take() {
            self.send(FlowCommand::Load(path));
        }
        if let Some(step) = self.desk.looked {
            self.send(FlowCommand::LookAt(step));
        }
        self.ask_for_micro();
        self.send(FlowCommand::Probe(self.probe));
        self.tell_pins();
        self.tell_curve();
    }

    fn send(&self, command: FlowCommand) {
        if let Some(compare) = &self.desk.compare {
            compare.hear(&command);
        }
        if let Some(worker) = &self.worker {
            self.sent.set(self.sent.get() + 1);
            worker.send(command);
        }
    }

    fn pictures(&self) -> Option<&Pictures> {
        self.snapshot.as_ref().and_then(|snapshot| snapshot.pictures.as_deref())
    }

    fn reading(&self) -> Option<&ProbeReading> {
        self.snapshot.as_ref().and_then(|snapshot| snapshot.probe.as_deref())
    }

    fn data(&self) -> Option<&DataView> {
        self.snapshot.as_ref().map(|snapshot| &*snapshot.data)
    }

    /// Nothing can be learned from the data.
    fn unusable(&self) -> Option<String> {
        let data = self.data()?;
        data.unusable.then(|| data.note.clone().unwrap_or_else(|| "There is nothing to learn from yet.".into()))
    }

    /// The layer that the depth stands in, counted from 0.
    fn layer(&self) -> usize {
        if let Some(layer) = self.micro_layer() {
            return layer;
        }
        (self.depth.position().ceil() as usize).saturating_sub(1).min(self.depth.layers().saturating_sub(1))
    }

    fn set_probe(&mut self, at: [f64; 2]) {
        if at != self.probe {
            self.led_by_z = false;
            self.probe = at;
            self.send(FlowCommand::Probe(at));
        }
    }

    fn train(&mut self, on: bool, shared: &mut Shared) {
        match self.unusable() {
            Some(why) if on => shared.warn(why),
            _ => {
                self.training = on;
                if on {
                    self.desk.looked = None;
                }
                self.send(FlowCommand::Train(on));
            }
        }
    }

    fn halve_the_rate(&mut self) {
        self.wish.rate = (self.wish.rate / 2.0).max(1e-5);
        self.send(FlowCommand::Rate(self.wish.rate));
        self.training = true;
        self.desk.looked = None;
        self.send(FlowCommand::Train(true));
    }
}

impl Lab for FlowLab {
    fn title(&self) -> &'static str {
        "Flow lab"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        if self.worker.is_none() {
            self.start(ctx, shared);
        }
        if std::mem::take(&mut self.resume) {
            self.train(true, shared);
        }
        self.take_news(shared);
        self.remember(ctx);
        self.look = shared.look();
        self.follow_other(ctx, shared);
        self.take_files(ctx, shared);
        self.poll_stamps(shared);
        if let Some(why) = self.refused_tool() {
            shared.warn(why);
        }
        if self.depth.refused() {
            shared.warn(self.unusable().unwrap_or_default());
        }
        self.depth.blocked = self.unusable().is_some();
        self.keep_the_bet(shared);
        if self.depth.advance(Shared::passed(ctx)) {
            shared.animate(ctx);
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        self.dim_beside(ui, micro::Panel::Other);
        controls::show(self, ui, shared);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        if self.desk.compare.is_some() {
            self.follow_overlays(None, ui.ctx());
            return compare::show(self, ui, shared);
        }
        ledger::upload(self, ui.ctx(), shared.palette().dark);
        planes::with_layers(self, ui, shared);
    }

    fn explain(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        explain::show(self, ui, shared);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.depth)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        if self.would_tell(command, shared) {
            return true;
        }
        match command {
            Command::Bet => self.toggle_bet(shared),
            Command::Preset(digit) if self.guess(digit, shared) => {}
            Command::Preset(digit) => match controls::preset(digit) {
                Some(data) => self.choose(data),
                None => return false,
            },
            Command::MicroStep | Command::MicroBack => self.micro_step(command == Command::MicroBack),
            Command::Compare => self.compare_or_not(shared),
            Command::Grid => self.overlays.grid = !self.overlays.grid,
            Command::Density => self.overlays.density = !self.overlays.density,
            Command::Samples => self.overlays.samples = !self.overlays.samples,
            Command::LogDet => self.overlays.log_det = !self.overlays.log_det,
            Command::Train => {
                let on = self.snapshot.as_ref().is_none_or(|snapshot| !snapshot.training);
                self.train(on, shared);
            }
            Command::Reset | Command::NewSeed => {
                self.restart(shared);
            }
            Command::Pin => {
                let at = self.pointer.unwrap_or(self.probe);
                self.pin_or_unpin(at, self.pin_reach, shared);
            }
            Command::Fit => {
                self.data_view = self.data().map_or_else(View::default, |data| View::fit(&data.points));
                self.latent_view = View { center: [0.0; 2], reach: 4.0 };
            }
            Command::Undo | Command::Redo => self.change_back(command, shared),
            Command::Save => self.save(),
            Command::ResetView | Command::ResetModel | Command::ResetAll => self.reset(command, shared),
            _ => return false,
        }
        true
    }

    fn live(&self, name: &str) -> Option<Live> {
        live::number_of(self, name)
    }

    fn subjects(&self) -> Vec<String> {
        let family = self.wish.config.family;
        vec![family.name(), family.short().to_lowercase()]
    }

    fn leave(&mut self) {
        self.depth.set_playing(false);
        self.resume = self.training;
        self.training = false;
        self.send(FlowCommand::Train(false));
    }

    fn state(&self) -> Value {
        self.written()
    }

    fn restore(&mut self, patch: &Value, shared: &mut Shared) -> Result<(), String> {
        self.take_over(patch, shared)
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        self.send(FlowCommand::KeepNewest(path.into()));
        self.snapshot.is_some()
    }

    fn load_weights(&mut self, path: &Path) {
        if self.worker.is_none() {
            self.load_at_start = Some(path.into());
            return;
        }
        self.new_run();
        self.send(FlowCommand::Load(path.into()));
    }

    fn weights_version(&self) -> String {
        let Some(snapshot) = &self.snapshot else { return String::new() };
        format!("{} {}", self.run.0, snapshot.timeline.newest)
    }

    fn lesson(&self) -> Option<Lesson> {
        Some(self.wished_lesson())
    }

    fn open_file(&mut self, path: &Path, _shared: &mut Shared) -> bool {
        // A picture becomes points with the help of the next frame.
        self.files.handed.push(path.into());
        true
    }

    fn table(&self) -> Option<Table> {
        Some(table::of(self.pictures()?, self.reading()))
    }

    fn settled(&self) -> bool {
        self.nothing_is_awaited()
    }

    fn begin_history(&mut self) {
        self.history.begin();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        Some(match command {
            Command::ResetModel => "The model as the lab opened, and a new fit. Ctrl+Z takes both back.",
            _ => "The lab as it opened. Ctrl+Z takes back what was set, drawn and trained.",
        })
    }

    fn actions(&self) -> Vec<Action> {
        actions::list(self)
    }

    fn is_dead(&self) -> bool {
        self.failed.is_some()
    }

    fn revive(&mut self) {
        (self.worker, self.snapshot, self.failed) = (None, None, None);
        // Another worker counts its pictures from the beginning.
        self.fields = Fields::default();
    }

    fn status(&self) -> LabStatus {
        self.said_status()
    }

    fn spoken_summary(&self) -> String {
        self.said_summary()
    }
}
