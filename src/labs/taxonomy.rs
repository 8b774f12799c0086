//! The lab "Taxonomy of flows": every family's Jacobian and what it costs, the slow and the fast direction of the autoregressive ones, and some
//! families that learn the same data side by side.

mod actions;
mod cards;
mod chart;
mod controls;
mod costs;
mod explain;
mod live;
mod matrix;
mod race;
mod state;
mod table;
mod times;
mod words;

use std::path::Path;

use egui::Context;
use serde_json::Value;

use self::race::Pictures;
use self::state::{Page, State};
use self::times::Times;
use super::history::{History, Paged, REOPENED};
use super::state::merged;
use super::table::Table;
use super::times::{with_times, without_times};
use super::trouble::{WayOut, ways_out};
use super::walk::{Manner, Walk};
use super::working::Working;
use super::{Action, Command, Lab, LabStatus, Live, Look, Shared};
use crate::flows::{Config, Family, Jacobian};
use crate::train::taxonomy_job::pattern::Pattern;
use crate::train::taxonomy_job::survey::Measured;
use crate::train::taxonomy_job::sweeps::Sweeps;
use crate::train::taxonomy_job::{CONTESTANTS, RaceView, TaxonomyCommand, TaxonomyJob, TaxonomySnapshot};
use crate::train::{Lesson, Model, PointData};
use crate::ui::transport::TransportModel;
use crate::ui::units::number;

/// What the worker was last asked to look at.
type Asked = (usize, [f64; 2], Family, bool);

/// The lab.
pub struct TaxonomyLab {
    work: Working<TaxonomyJob>,
    state: State,
    families: Walk,
    asked: Option<Asked>,
    /// The race that the worker was last asked for.
    raced: Option<([Family; CONTESTANTS], PointData)>,
    /// Whether the worker was last told to train them.
    told: bool,
    /// The place of the race that a click on a family fills.
    slot: usize,
    pictures: Pictures,
    /// Times of a session, of which the worker is told as soon as there is one.
    known: Option<Times>,
    look: Look,
    history: History<State>,
}

/// Through the families, in the lecture's order.
const FAMILIES: Manner = Manner {
    step: "family",
    steps: "families",
    large: ("five families", 5.0),
    speed: (0.5, [0.1, 4.0]),
    position: |at, last| format!("{} of {} families", at + 1, last + 1),
    detail: |at| family_at(at).title().into(),
};

fn family_at(place: usize) -> Family {
    Family::ALL[place.min(Family::ALL.len() - 1)]
}

/// Opens the lab; its worker starts with the first frame.
#[must_use]
pub fn open(shared: &Shared) -> Box<dyn Lab> {
    Box::new(TaxonomyLab::new(shared))
}

impl TaxonomyLab {
    fn new(shared: &Shared) -> TaxonomyLab {
        let state = State::default();
        TaxonomyLab {
            work: Working::new(shared),
            families: Walk::new(FAMILIES, TaxonomySnapshot::place(state.family), Family::ALL.len() - 1),
            asked: None,
            raced: None,
            told: false,
            slot: 0,
            pictures: Pictures::default(),
            known: None,
            look: shared.look(),
            history: History::default(),
            state,
        }
    }

    fn start(&mut self, ctx: &Context, shared: &Shared) {
        let (threads, seed) = (shared.threads, self.work.seed);
        self.work.begin("taxonomy", ctx, move || TaxonomyJob::new(seed, threads));
        (self.asked, self.raced, self.told) = (None, None, false);
    }

    /// Whether somebody in the race has learned.
    fn trained(&self) -> bool {
        let race = self.work.snapshot.as_ref().and_then(|snapshot| snapshot.race.as_ref());
        race.is_some_and(|race| race.contestants.iter().any(|racer| racer.step > 0))
    }

    /// Starts or pauses the race, on its page.
    fn train(&mut self, on: bool) {
        self.state.training = on;
        if on {
            self.state.page = Page::Race;
        }
        self.follow();
    }

    /// A race that could not go on, or in which nobody is left, has stopped by itself.
    fn notice_end(&mut self) {
        let Some(snapshot) = self.work.snapshot.as_ref().filter(|snapshot| !snapshot.running) else { return };
        let over = |race: &RaceView| race.contestants.iter().all(|racer| racer.stopped.is_some());
        let failed = snapshot.trouble.error.is_some() && snapshot.trouble.broke_at.is_none();
        if failed || snapshot.race.as_ref().is_some_and(over) {
            (self.state.training, self.told) = (false, false);
        }
    }

    /// Makes the worker follow the settings.
    fn follow(&mut self) {
        if self.work.begun()
            && let Some(times) = self.known.take()
        {
            self.work.send(times.known());
        }
        self.state.family = family_at(self.families.place());
        let look = (self.state.dim, self.state.point, self.state.family, self.state.page == Page::Costs);
        if self.asked != Some(look) {
            self.asked = Some(look);
            let (dim, point, family, express) = look;
            self.work.send(TaxonomyCommand::Look { dim, point, family, express });
        }
        let wanted = (self.state.racers, self.state.data.clone());
        // Weights are those of a race, which must be there.
        let wished = self.state.page == Page::Race || self.state.training || (self.work.waits() && self.work.begun());
        if wished && self.raced.as_ref() != Some(&wanted) {
            self.raced = Some(wanted);
            self.race();
        }
        if self.told != self.state.training {
            self.told = self.state.training;
            self.work.send(TaxonomyCommand::Train(self.told));
        }
        self.work.send_load(TaxonomyCommand::Load);
    }

    fn set(&mut self, state: State) {
        self.stand_at(state.family);
        self.state = state;
        self.follow();
    }

    fn stand_at(&mut self, family: Family) {
        self.families.set(TaxonomySnapshot::place(family), Family::ALL.len() - 1);
    }

    fn choose(&mut self, family: Family) {
        self.stand_at(family);
        self.follow();
    }

    /// Puts a family into the chosen place of the race; one that races already changes places.
    fn enter(&mut self, family: Family) {
        let racers = &mut self.state.racers;
        match racers.iter().position(|&racer| racer == family) {
            Some(other) => racers.swap(other, self.slot),
            None => racers[self.slot] = family,
        }
        self.slot = (self.slot + 1) % CONTESTANTS;
    }

    /// The race from the beginning, with other seeds or the same.
    fn restart(&mut self) {
        if self.raced.is_some() {
            self.race();
        }
    }

    /// Has the worker make the race that is set, and go on as the last one did.
    fn race(&mut self) {
        self.told = self.state.training;
        self.work.send(TaxonomyCommand::Race { families: self.state.racers, data: self.state.data.clone() });
        self.work.send(TaxonomyCommand::Train(self.told));
    }

    /// The numbers of the dimension that is chosen; none while the worker still holds another one.
    fn shown(&self) -> Option<&TaxonomySnapshot> {
        self.work.snapshot.as_ref().filter(|snapshot| snapshot.dim == self.state.dim)
    }

    fn pattern(&self, family: Family) -> Option<&Pattern> {
        self.shown()?.patterns[TaxonomySnapshot::place(family)].as_deref()
    }

    fn measured(&self, family: Family) -> Option<&Measured> {
        self.shown()?.measured[TaxonomySnapshot::place(family)].as_deref()
    }

    fn sweeps(&self, family: Family) -> Option<&Sweeps> {
        self.shown()?.sweeps[TaxonomySnapshot::place(family)].as_deref()
    }
}

/// The families of one kind of Jacobian.
fn of_kind(kind: Jacobian) -> impl Iterator<Item = Family> {
    Family::ALL.into_iter().filter(move |family| family.jacobian() == kind)
}

impl Lab for TaxonomyLab {
    fn title(&self) -> &'static str {
        "Taxonomy of flows"
    }

    fn update(&mut self, ctx: &Context, shared: &mut Shared) {
        self.look = shared.look();
        if !self.work.begun() {
            self.start(ctx, shared);
        }
        if let Some(seed) = self.work.another_seed(shared) {
            self.work.send(TaxonomyCommand::Seed(seed));
            self.restart();
        }
        if self.work.hear(shared) {
            self.notice_end();
        }
        if self.families.advance(Shared::passed(ctx)) {
            shared.animate(ctx);
        }
        self.follow();
        self.history.observe(self.state.clone(), Shared::held(ctx));
    }

    fn begin_history(&mut self) {
        self.history = History::default();
    }

    fn loses(&self, command: Command) -> Option<&'static str> {
        match command {
            Command::ResetModel => self.trained().then_some("The race starts again; what its four families have learned is lost."),
            _ => Some("The chapter as it opened; the race and all measurements are lost. Ctrl+Z takes back what was set."),
        }
    }

    fn controls(&mut self, ui: &mut egui::Ui, _shared: &mut Shared) {
        controls::show(self, ui);
    }

    fn canvas(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        // Everything here runs on the processor: there is no device to lose.
        if ways_out(ui, self.work.snapshot.as_ref().map(|snapshot| &snapshot.trouble)) == Some(WayOut::Slower) {
            self.work.send(TaxonomyCommand::Slower);
            (self.state.training, self.told) = (true, true);
            self.state.page = Page::Race;
        }
        controls::pages(self, ui);
        match self.state.page {
            Page::Chart => chart::show(self, ui),
            Page::Costs => costs::show(self, ui),
            Page::Race => race::show(self, ui, shared),
        }
    }

    fn explain(&mut self, ui: &mut egui::Ui, shared: &mut Shared) {
        explain::show(self, ui, shared);
    }

    fn transport(&mut self) -> Option<&mut dyn TransportModel> {
        Some(&mut self.families)
    }

    fn command(&mut self, command: Command, shared: &mut Shared) -> bool {
        match command {
            Command::Preset(1) => self.state.page = Page::Chart,
            Command::Preset(2) => self.state.page = Page::Costs,
            Command::Preset(3) => self.state.page = Page::Race,
            Command::Train => self.train(!self.state.training),
            Command::Undo | Command::Redo => {
                if let Some(state) = self.history.go(command, self.state.clone(), shared) {
                    self.set(state.seen_as(&self.state));
                }
            }
            Command::ResetModel if self.raced.is_none() => return false,
            Command::Reset | Command::ResetModel => {
                self.restart();
                shared.done(format!("The race starts again from the initial values of seed {}.", self.work.seed));
            }
            Command::NewSeed => {}
            Command::ResetAll => {
                self.work.retire();
                *self = TaxonomyLab { history: std::mem::take(&mut self.history), ..TaxonomyLab::new(shared) };
                shared.done(REOPENED);
            }
            Command::Fit => self.state.point = State::default().point,
            Command::ResetView => {
                let State { page, part, point, points, .. } = State::default();
                self.state = State { page, part, point, points, ..self.state.clone() };
            }
            _ => return false,
        }
        true
    }

    fn state(&self) -> Value {
        let times = self.known.clone().or_else(|| Times::of(self.work.snapshot.as_ref()?));
        with_times(serde_json::to_value(&self.state).unwrap_or_default(), times.as_ref())
    }

    fn restore(&mut self, patch: &Value, _shared: &mut Shared) -> Result<(), String> {
        let (patch, times) = without_times(patch);
        let state: State = merged(&self.state, &patch)?;
        state.check()?;
        self.known = times.or(self.known.take());
        self.set(state);
        Ok(())
    }

    fn open_file(&mut self, path: &Path, _shared: &mut Shared) -> bool {
        let table = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
        if table {
            self.state.data = PointData::File { path: path.into() };
            self.state.page = Page::Race;
            self.follow();
        }
        table
    }

    fn lesson(&self) -> Option<Lesson> {
        let mut lesson = Lesson::preset("realnvp")?;
        lesson.name = self.state.family.name();
        lesson.title = format!("{} on {}", self.state.family.title(), self.state.data.title());
        lesson.weights = None;
        lesson.model = Model::Realnvp { config: Config::of(self.state.family), data: self.state.data.clone() };
        Some(lesson)
    }

    fn save_weights(&mut self, path: &Path) -> bool {
        let raced = self.work.snapshot.as_ref().is_some_and(|snapshot| snapshot.race.is_some());
        if raced {
            self.work.send(TaxonomyCommand::Save(path.into()));
        }
        raced
    }

    fn load_weights(&mut self, path: &Path) {
        self.work.load(path);
    }

    fn weights_version(&self) -> String {
        let race = self.work.snapshot.as_ref().and_then(|snapshot| snapshot.race.as_ref());
        race.map_or_else(String::new, |race| {
            format!("{} {:?}", race.id, race.contestants.iter().map(|racer| racer.step).collect::<Vec<_>>())
        })
    }

    fn settled(&self) -> bool {
        if self.work.waits() {
            return false;
        }
        let Some(snapshot) = self.shown() else { return false };
        let measured =
            |family: Family| self.measured(family).is_some() && self.pattern(family).is_some_and(|p| p.point[..2] == self.state.point);
        match self.state.page {
            Page::Chart => measured(self.state.family) && snapshot.patterns.iter().all(Option::is_some),
            Page::Costs => of_kind(Jacobian::Autoregressive).all(|family| measured(family) && self.sweeps(family).is_some()),
            Page::Race => snapshot.race.as_ref().is_some_and(|race| race.contestants.iter().all(|racer| racer.score.is_some())),
        }
    }

    fn table(&self) -> Option<Table> {
        match self.state.page {
            Page::Chart => self.shown().map(table::chart),
            Page::Costs => self.shown().map(table::sweeps),
            Page::Race => self.work.snapshot.as_ref()?.race.as_ref().map(table::race),
        }
    }

    fn live(&self, name: &str) -> Option<Live> {
        live::number_named(self, name)
    }

    fn actions(&self) -> Vec<Action> {
        actions::all()
    }

    fn leave(&mut self) {
        self.families.set_playing(false);
        self.work.send(TaxonomyCommand::Train(false));
        // Whoever comes back finds it going on as the button says.
        self.told = false;
    }

    fn is_dead(&self) -> bool {
        self.work.is_dead()
    }

    fn revive(&mut self) {
        self.work.revive();
    }

    fn status(&self) -> LabStatus {
        self.work.status(|snapshot| {
            let step = snapshot.race.as_ref().map_or(0, |race| race.contestants.iter().map(|racer| racer.step).sum());
            (snapshot.backend.clone(), snapshot.running, step, snapshot.trouble.sentence())
        })
    }

    fn spoken_summary(&self) -> String {
        let family = self.state.family;
        match self.state.page {
            Page::Race => words::race(self),
            Page::Chart | Page::Costs => {
                let shape = self.pattern(family).map_or_else(|| "being computed".into(), |p| words::shape(p.parts[0].shape, p.dim));
                let times = self.measured(family).map_or_else(String::new, |m| {
                    format!(" Forward {} ms, inverse {} ms for the batch.", number(m.forward, 2), number(m.inverse, 2))
                });
                format!("{}: the Jacobian of one layer is {shape}.{times}", family.title())
            }
        }
    }
}
