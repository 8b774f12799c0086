use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::{Context, Ui};
use serde_json::Value;

use super::analysis::{Analysis, Cell, Cone};
use super::growth::Growth;
use super::state::{Moment, PRESET, State};
use super::walk::Walk;
use crate::labs::history::{History, REOPENED};
use crate::labs::scrubber;
use crate::labs::state::merged;
use crate::labs::table::Table;
use crate::labs::training;
use crate::labs::weights::WeightsFile;
use crate::labs::{Action, Command, Lab, LabStatus, Live, Shared};
use crate::train::stack_job::{Ask, Origin, Settings, Snapshot, StackJob};
use crate::train::{Lesson, Model, Past, Worker};
use crate::ui::theme::Theme;
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// Structures by name: digit keys and the palette.
const PATTERNS: [(&str, &[usize]); 4] = [
    ("1, 2, 4, 8, as in the lecture", &[1, 2, 4, 8]),
    ("four layers without dilation", &[1, 1, 1, 1]),
    ("two stacks of 1, 2, 4, 8", &[1, 2, 4, 8, 1, 2, 4, 8]),
    ("2, 4: with gaps", &[2, 4]),
];

/// The lab.
pub struct StackLab {
    worker: Option<Worker<StackJob>>,
    /// What the person set; the place in time is in the walk.
    pub(super) state: State,
    pub(super) snapshot: Option<Snapshot>,
    pub(super) walk: Walk,
    pub(super) analysis: Option<Analysis>,
    pub(super) growth: Option<Growth>,
    pub(super) hovered: Option<Cell>,
    pub(super) cursor: Option<Cell>,
    cone: Option<Cone>,
    /// Where the time-line of the training was put, until the worker shows it.
    pub(super) scrub: Option<u64>,
    pub(super) file: WeightsFile,
    pub(super) more: bool,
    pub(super) theme: Theme,
    seed: u64,
    history: History<Moment>,
    /// Another chapter was open: its seed is no change that was made here.
    left: bool,
    /// Weights to read as soon as there is a worker.
    load_at_start: Option<PathBuf>,
    asked: u64,
    dead: Option<String>,
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(StackLab::new(shared.seed))
}

impl StackLab {
    /// The lab before its first frame.
    #[must_use]
    pub fn new(seed: u64) -> StackLab {
        let state = State::default();
        let mut lab = StackLab {
            worker: None,
            snapshot: None,
            walk: Walk::new(state.at, state.speed, state.config().length),
            analysis: None,
            growth: None,
            hovered: None,
            cursor: None,
            cone: None,
            scrub: None,
            file: WeightsFile::default(),
            more: false,
            theme: Theme::default(),
            seed,
            history: History::default(),
            left: false,
            load_at_start: None,
            asked: 0,
            dead: None,
            state,
        };
        lab.analyse();
        lab
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (settings, ctx) = (self.settings(), ctx.clone());
        let (backend, threads) = (shared.backend, shared.threads);
        let make = move || StackJob::new(PRESET, settings, backend, threads);
        #[cfg(test)]
        let make = crate::labs::working::tests::that_may_fail(make);
        self.worker = Some(Worker::spawn("stack", make, move || ctx.request_repaint()));
        // A state that was restored before the first frame may have another structure.
        self.ask(Ask::Structure(self.state.config()));
        if let Some(path) = self.load_at_start.take() {
            self.ask(Ask::Load(path));
        }
        if let Some(step) = self.state.update {
            self.ask(Ask::Past(Past::LookAt(step)));
        }
    }

    /// Asks the worker.
    pub(super) fn ask(&mut self, ask: Ask) {
        self.asked += 1;
        if let Some(worker) = &self.worker {
            worker.send((self.asked, ask));
        }
    }

    fn settings(&self) -> Settings {
        Settings { temperature: self.state.temperature, seed: self.seed, stream: self.state.stream, prompt: self.state.prompt }
    }

    /// Draws with the present settings.
    pub(super) fn redraw(&mut self) {
        self.ask(Ask::Draw(self.settings()));
    }

    /// The picture and the analysis answer at once; the worker records the net.
    pub(super) fn restructured(&mut self) {
        self.analyse();
        self.walk.forget_run();
        (self.scrub, self.state.update) = (None, None);
        self.ask(Ask::Structure(self.state.config()));
    }

    fn analyse(&mut self) {
        let config = self.state.config();
        self.analysis = Analysis::new(&config);
        self.growth = Growth::new(&config);
        self.walk.rows = self.analysis.as_ref().map_or(2, Analysis::rows);
        (self.cone, self.hovered, self.cursor) = (None, None, None);
        let rows = self.walk.rows;
        self.state.pinned = self.state.pinned.filter(|pinned| pinned[0] < rows);
    }

    /// The node that is looked at: under the pointer or the cursor, else pinned, else the newest of the column that is being computed.
    pub(super) fn tip(&self) -> Cell {
        let length = self.state.config().length;
        let computing = Cell { row: self.walk.computed_row(), column: self.walk.at.min(length - 1) };
        let pinned = self.state.pinned.map(|[row, column]| Cell { row, column });
        self.hovered.or(self.cursor).or(pinned).unwrap_or(computing)
    }

    /// The cone of a node, from the causal analysis; the last one is kept.
    pub(super) fn cone(&mut self, tip: Cell) -> Option<Cone> {
        if self.cone.as_ref().is_none_or(|cone| cone.tip != tip) {
            self.cone = self.analysis.as_ref().map(|analysis| analysis.cone(tip));
        }
        self.cone.clone()
    }

    /// Whether training runs.
    pub(super) fn training(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.training.running)
    }

    /// Whether somebody trained the net or brought its weights.
    fn learned(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| snapshot.training.running || snapshot.origin.is_own())
    }

    /// Whether the net on screen has learned nothing yet.
    pub(super) fn untrained(&self) -> bool {
        let own = self.snapshot.as_ref().filter(|snapshot| snapshot.config == self.state.config());
        own.is_some_and(|snapshot| snapshot.origin == Origin::Untrained && snapshot.training.step == 0)
    }

    fn take_news(&mut self, shared: &mut Shared) {
        let Some(worker) = &self.worker else { return };
        if let Some(death) = shared.hear(worker.events()) {
            self.dead = Some(death);
        }
        let Some(snapshot) = worker.take_snapshot() else { return };
        // A file may hold weights of another structure, and the shipped ones have their own; then the picture follows the worker.
        if snapshot.config != self.state.config() && snapshot.answered == self.asked {
            let found = &snapshot.config;
            (self.state.front, self.state.kernel, self.state.dilations) = (found.front, found.kernel, found.dilations.clone());
            self.analyse();
            self.walk.forget_run();
        }
        if let Some(run) = snapshot.run.as_ref().filter(|run| run.config == self.state.config())
            && self.walk.run().is_none_or(|old| !Arc::ptr_eq(old, run))
        {
            self.walk.set_run(run);
        }
        if snapshot.answered == self.asked {
            self.state.update = scrubber::still_looked(self.state.update, &snapshot.training.timeline);
        }
        self.snapshot = Some(snapshot);
    }

    /// The state with the place in time.
    fn present(&self) -> State {
        State { at: self.walk.at, micro: self.walk.micro, speed: self.walk.speed, ..self.state.clone() }
    }

    fn moment(&self) -> Moment {
        (self.state.clone(), self.seed)
    }

    /// Shows a state, from its place in time on.
    fn become_state(&mut self, state: State) {
        let structure = state.config() != self.state.config();
        let (at, micro, speed, update) = (state.at, state.micro, state.speed, state.update);
        let shown = self.state.update.filter(|_| !structure);
        self.state = state;
        if structure {
            self.restructured();
        }
        if update != shown {
            self.state.update = update;
            self.ask(Ask::Past(Past::LookAt(update.unwrap_or(u64::MAX))));
        }
        (self.walk.at, self.walk.speed) = (at, speed);
        self.walk.micro = micro.filter(|&row| row < self.walk.rows && at < self.state.config().length);
        self.redraw();
    }

    /// Takes the last change back, or makes it again; time stands where it stood.
    fn change_back(&mut self, command: Command, shared: &mut Shared) {
        let Some((state, seed)) = self.history.go(command, self.moment(), shared) else { return };
        (self.seed, shared.seed) = (seed, seed);
        self.become_state(state.seen_as(&self.present()));
        // A node that is pinned may not be there any more.
        self.history.settle(self.moment());
    }
}

impl Lab for StackLab {
    fn title(&self) -> &'static str {
        "Causal stacks"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        let left = std::mem::take(&mut self.left);
        if self.seed != shared.seed {
            let now = shared.seed;
            (self.seed, self.state.stream) = (now, 0);
            if left {
                self.history.revise(|(state, seed)| (state.stream, *seed) = (0, now));
            }
            self.redraw();
        }
        if self.worker.is_none() {
            self.start(ctx, shared);
        }
        self.take_news(shared);
        if let Some(path) = self.file.chosen(shared) {
            self.ask(Ask::Load(path));
        }
        (self.walk.units, self.theme) = (shared.units, shared.theme);
        if let Some(next) = self.walk.advance(ctx.input(|input| input.time)) {
            shared.pace(ctx, self.walk.speed, next);
        }
        self.history.observe(self.moment(), Shared::held(ctx));
        if self.settled() {
            self.history.has_begun();
        }
    }

    fn begin_history(&mut self) {
        self.history.begin();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        match command {
            Command::ResetModel => self.learned().then_some("The shipped stack and its weights; what was trained here is lost."),
            _ => Some("The chapter as it opened; what was trained here is lost. Ctrl+Z takes back what was set."),
        }
    }

    fn controls(&mut self, ui: &mut Ui, shared: &mut Shared) {
        super::controls::show(self, ui, shared);
    }

    fn canvas(&mut self, ui: &mut Ui, shared: &mut Shared) {
        if let Some(snapshot) = self.snapshot.as_ref().filter(|snapshot| snapshot.diverged && self.dead.is_none()) {
            let wishes = training::trouble(ui, &snapshot.training);
            self.wish(wishes);
        }
        super::canvas::show(self, ui, shared);
    }

    fn explain(&mut self, ui: &mut Ui, shared: &mut Shared) {
        super::explain::show(self, ui, shared);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.walk)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::MicroStep => self.walk.micro_step(),
            Command::MicroBack => self.walk.micro_back(),
            Command::Preset(n) => match PATTERNS.get(usize::from(n).saturating_sub(1)) {
                Some((_, dilations)) => {
                    self.state.dilations = dilations.to_vec();
                    self.restructured();
                }
                None => return false,
            },
            Command::Train => {
                let training = self.training();
                self.ask(Ask::Train(!training));
            }
            Command::Save => {
                let path = self.file.save_to(PRESET, shared);
                self.ask(Ask::Save(path));
            }
            Command::Pin => {
                let tip = self.hovered.or(self.cursor).map(|cell| [cell.row, cell.column]);
                self.state.pinned = tip.filter(|_| self.state.pinned != tip);
            }
            Command::ResetView => {
                let State { columns, shown, cache, pinned, .. } = State::default();
                (self.state.columns, self.state.shown, self.state.cache, self.state.pinned) = (columns, shown, cache, pinned);
            }
            Command::Undo | Command::Redo => self.change_back(command, shared),
            Command::ResetModel => self.ask(Ask::Shipped),
            Command::ResetAll => {
                self.state = State::default();
                (self.walk.at, self.walk.speed) = (self.state.at, self.state.speed);
                self.restructured();
                self.ask(Ask::Shipped);
                self.redraw();
                shared.done(REOPENED);
            }
            Command::NewSeed => {}
            _ => return false,
        }
        true
    }

    fn state(&self) -> Value {
        serde_json::to_value(self.present()).unwrap_or_default()
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let mut state: State = merged(&self.present(), patch)?;
        state.check()?;
        if state.config() != self.state.config() && patch.get("update").is_none() {
            // The steps of another stack are other steps.
            state.update = None;
        }
        self.become_state(state);
        self.walk.set_playing(false);
        Ok(())
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        let known = self.snapshot.as_ref().is_some_and(|snapshot| snapshot.origin != Origin::Untrained || snapshot.training.step > 0);
        if known {
            self.ask(Ask::Keep(path.into()));
        }
        known
    }

    fn load_weights(&mut self, path: &Path) {
        if self.worker.is_none() {
            self.load_at_start = Some(path.into());
        } else {
            self.ask(Ask::Load(path.into()));
        }
    }

    fn weights_version(&self) -> String {
        let Some(snapshot) = &self.snapshot else { return String::new() };
        format!("{:?} {} {:?}", snapshot.origin, snapshot.training.timeline.newest, snapshot.config)
    }

    fn lesson(&self) -> Option<Lesson> {
        let mut lesson = Lesson::preset(PRESET)?;
        if let Model::CausalStack { config, .. } = &mut lesson.model {
            *config = self.state.config();
        }
        Some(lesson)
    }

    fn settled(&self) -> bool {
        self.dead.is_some() || self.snapshot.as_ref().is_some_and(|snapshot| snapshot.answered == self.asked && self.walk.run().is_some())
    }

    fn table(&self) -> Option<Table> {
        self.walk.run().map(|run| super::table::of(run))
    }

    fn live(&self, name: &str) -> Option<Live> {
        super::explain::live(self, name)
    }

    fn actions(&self) -> Vec<Action> {
        let structure = |(title, dilations): &(&str, &[usize])| Action {
            title: format!("Stack: {title}"),
            patch: serde_json::json!({ "dilations": dilations }),
        };
        let kernel = |kernel: usize| Action { title: format!("Kernel {kernel}"), patch: serde_json::json!({ "kernel": kernel }) };
        PATTERNS.iter().map(structure).chain([2, 3].map(kernel)).collect()
    }

    fn leave(&mut self) {
        self.left = true;
        self.walk.set_playing(false);
        if self.training() {
            self.ask(Ask::Train(false));
        }
    }

    fn is_dead(&self) -> bool {
        self.dead.is_some()
    }

    fn revive(&mut self) {
        (self.worker, self.dead, self.snapshot) = (None, None, None);
        self.walk.forget_run();
    }

    fn status(&self) -> LabStatus {
        let Some(snapshot) = &self.snapshot else {
            return LabStatus { error: self.dead.clone(), ..LabStatus::default() };
        };
        let info = snapshot.training_on.as_ref().filter(|_| snapshot.training.running).unwrap_or(&snapshot.drawing_on);
        let error = self.dead.clone().or_else(|| snapshot.error.clone());
        training::status(info, snapshot.training.running, snapshot.training.step, error)
    }

    fn spoken_summary(&self) -> String {
        let Some(analysis) = &self.analysis else { return "There is no stack.".into() };
        let layers = self.state.dilations.len();
        let heard = format!("{layers} layers hear {} steps back.", analysis.heard());
        match self.walk.run() {
            None => format!("{heard} The sequence is being drawn."),
            Some(run) if self.walk.at == run.len() => format!("{heard} All {} steps are drawn.", run.len()),
            Some(run) => {
                let p = run.distribution(self.walk.at);
                let best = (0..p.len()).max_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap_or(0);
                let name = crate::data::Melody::prelude().name(best);
                format!("{heard} Step {} is next; most likely {name} with {}.", self.walk.at + 1, number(f64::from(p[best]), 2))
            }
        }
    }
}
