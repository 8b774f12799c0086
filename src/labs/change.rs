//! The lab "Change of variables": when a map stretches space, what happens to a density? Small maps in closed form, before anything is learned.

mod axes;
mod chain;
mod controls;
mod cost;
mod explain;
mod line;
mod live;
mod plane;
mod reading;
mod square;
mod state;
mod table;
mod walk;

use egui::Context;
use serde_json::Value;

use self::chain::Path;
use self::line::Grab;
use self::plane::Area;
use self::reading::Reading;
use self::state::{ChainState, LineState, MOST_HALVINGS, Page, PlaneState, State};
use super::history::History;
use super::state::merged;
use super::table::Table;
use super::times::{with_times, without_times};
use super::working::Working;
use super::{Action, Command, Lab, LabStatus, Live, Look, Shared};
use crate::data::noise;
use crate::train::det_job::{Cost, DetCommand, DetJob, DetSnapshot};
use crate::ui::transport::TransportModel;

/// Points of the normal density that are carried along in the plane.
const POINTS: usize = 700;
/// Steps a second at the beginning.
const FIRST_SPEED: f64 = 20.0;
/// What measures.
const MACHINE: &str = "CPU · 1 thread";

/// The lab.
pub struct ChangeLab {
    state: State,
    /// What is known at the probe of the line, and for which settings.
    reading: Reading,
    read: LineState,
    /// What is known at the probes of the plane and of the chain.
    area: Area,
    path: Path,
    /// Points of the base density of the plane.
    points: Vec<[f32; 2]>,
    /// Times log-determinants from the first frame on.
    work: Working<DetJob>,
    costs: DetSnapshot,
    /// What they were measured on, if not here and now.
    then: Option<String>,
    history: History<State>,
    grab: Option<Grab>,
    /// The column that a hand holds.
    column: Option<usize>,
    playing: bool,
    /// Part of the way to the next whole place that has passed.
    passed: f64,
    /// Steps a second.
    speed: f64,
    /// Unit and colours of the frame that was last drawn.
    look: Look,
}

/// Opens the lab.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    let state = State::default();
    Box::new(ChangeLab {
        reading: Reading::new(&state.line),
        read: state.line.clone(),
        area: Area::new(&state.plane),
        path: Path::new(&state.chain),
        points: points(shared.seed),
        work: Working::new(shared),
        costs: DetSnapshot::default(),
        then: None,
        history: History::default(),
        grab: None,
        column: None,
        playing: false,
        passed: 0.0,
        speed: FIRST_SPEED,
        look: shared.look(),
        state,
    })
}

/// Standard normal points.
fn points(seed: u64) -> Vec<[f32; 2]> {
    noise::normals(seed, 0, 2 * POINTS).chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect()
}

impl ChangeLab {
    /// Computes anew what the settings say.
    fn follow(&mut self) {
        if self.read != self.state.line {
            self.reading = Reading::new(&self.state.line);
            self.read = self.state.line.clone();
        }
        self.area = Area::new(&self.state.plane);
        self.path = Path::new(&self.state.chain);
    }

    /// The points of the base density, if they are to be seen.
    fn base_points(&self, shown: bool) -> Vec<[f32; 2]> {
        if shown { self.points.clone() } else { Vec::new() }
    }

    /// Has everything timed again.
    fn measure(&mut self) {
        if self.work.begun() {
            (self.costs, self.then) = (DetSnapshot::default(), None);
            self.work.send(DetCommand::Measure);
        }
    }

    fn hear(&mut self, ctx: &Context, shared: &mut Shared) {
        if !self.work.begun() {
            self.work.begin("determinants", ctx, DetJob::default);
            if self.then.is_none() {
                self.measure();
            }
        }
        // What a session has brought stays until it is measured again.
        if self.work.hear(shared)
            && self.then.is_none()
            && let Some(costs) = &self.work.snapshot
        {
            self.costs = costs.clone();
        }
    }

    /// Moves the probe by steps of the walk.
    fn move_probe(&mut self, steps: f64) {
        self.playing = false;
        let to = (self.position() + steps).clamp(0.0, self.length());
        self.seek(to);
    }

    /// Halves the interval or the square at the probe, or doubles it; false where there is none.
    fn halve(&mut self, times: i32) -> bool {
        let halvings = match self.state.page {
            Page::Line => &mut self.state.line.halvings,
            Page::Plane => &mut self.state.plane.halvings,
            Page::Chain | Page::Cost => return false,
        };
        *halvings = (*halvings as i32 + times).clamp(0, MOST_HALVINGS as i32) as u32;
        true
    }

    fn change_back(&mut self, command: Command, shared: &mut Shared) {
        if let Some(state) = self.history.go(command, self.state.clone(), shared) {
            self.state = state;
        }
    }
}

impl Lab for ChangeLab {
    fn title(&self) -> &'static str {
        "Change of variables"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.look = shared.look();
        self.hear(ctx, shared);
        if let Some(seed) = self.work.another_seed(shared) {
            self.points = points(seed);
        }
        if self.playing {
            self.advance(Shared::passed(ctx));
            shared.animate(ctx);
        }
        self.history.observe(self.state.clone(), Shared::held(ctx));
        self.follow();
    }

    fn begin_history(&mut self) {
        self.history = History::default();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        // Nothing is trained here.
        (command == Command::ResetAll).then_some("Every page as the chapter opened. Ctrl+Z takes back what was set and drawn.")
    }

    fn controls(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        controls::show(self, ui, shared);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        controls::pages(self, ui);
        self.follow();
        match self.state.page {
            Page::Line => line::show(self, ui),
            Page::Plane => plane::show(self, ui),
            Page::Chain => chain::show(self, ui, shared.units),
            Page::Cost => cost::show(self, ui),
        }
    }

    fn explain(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        self.follow();
        explain::show(self, ui);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(self)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::MicroStep => return self.halve(1),
            Command::MicroBack => return self.halve(-1),
            Command::Undo | Command::Redo => self.change_back(command, shared),
            Command::Preset(digit) => return controls::preset(self, usize::from(digit) - 1),
            Command::LogDet => match self.state.page {
                Page::Line => self.state.line.jacobian = !self.state.line.jacobian,
                Page::Plane => self.state.plane.shade = !self.state.plane.shade,
                Page::Chain | Page::Cost => return false,
            },
            Command::Samples if self.state.page == Page::Plane => self.state.plane.points = !self.state.plane.points,
            Command::NewSeed => {}
            Command::Reset if self.state.page == Page::Cost => self.measure(),
            Command::ResetAll => {
                self.state = State::default();
                (self.playing, self.passed, self.speed) = (false, 0.0, FIRST_SPEED);
                shared.done("The chapter is as it opened. Ctrl+Z takes it back.");
            }
            Command::Fit | Command::ResetView => {
                let (line, plane) = (LineState::default(), PlaneState::default());
                (self.state.line.probe, self.state.line.halvings) = (line.probe, line.halvings);
                (self.state.plane.probe, self.state.plane.halvings) = (plane.probe, plane.halvings);
                if command == Command::ResetView {
                    self.state.page = State::default().page;
                    (self.state.plane.shade, self.state.plane.points) = (plane.shade, plane.points);
                    self.state.chain.probe = ChainState::default().probe;
                }
            }
            _ => return false,
        }
        self.follow();
        true
    }

    fn state(&self) -> Value {
        let machine = self.then.clone().unwrap_or_else(|| MACHINE.to_owned());
        let times = self.costs.complete().then(|| (machine, self.costs.costs.clone()));
        with_times(serde_json::to_value(&self.state).unwrap_or_default(), times.as_ref())
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let (patch, times) = without_times::<(String, Vec<Cost>)>(patch);
        let state: State = merged(&self.state, &patch)?;
        state.check()?;
        self.state = state;
        if let Some((costs, machine)) = times.and_then(|(machine, costs)| Some((DetSnapshot::of(costs)?, machine))) {
            (self.costs, self.then) = (costs, Some(machine));
        }
        self.follow();
        Ok(())
    }

    fn settled(&self) -> bool {
        self.state.page != Page::Cost || self.costs.complete() || self.work.is_dead()
    }

    fn table(&self) -> Option<Table> {
        Some(match self.state.page {
            Page::Line => table::line(&self.reading),
            Page::Plane => table::plane(&self.state.plane),
            Page::Chain => table::chain(&self.state.chain, &self.path),
            Page::Cost => table::cost(&self.costs),
        })
    }

    fn live(&self, name: &str) -> Option<Live> {
        live::number_of(self, name)
    }

    fn actions(&self) -> Vec<Action> {
        controls::actions()
    }

    fn leave(&mut self) {
        self.playing = false;
    }

    fn is_dead(&self) -> bool {
        self.work.is_dead()
    }

    fn revive(&mut self) {
        self.work.revive();
    }

    fn status(&self) -> LabStatus {
        let measuring = self.state.page == Page::Cost && !self.costs.complete();
        let busy = if measuring { "measuring".to_owned() } else { String::new() };
        LabStatus { backend: MACHINE.into(), busy, error: self.work.death() }
    }

    fn weights_version(&self) -> String {
        String::new()
    }

    fn spoken_summary(&self) -> String {
        match self.state.page {
            Page::Line => self.line_summary(),
            Page::Plane => self.plane_summary(),
            Page::Chain => self.chain_summary(),
            Page::Cost => self.cost_summary(),
        }
    }
}
