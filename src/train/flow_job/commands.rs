//! What the window may ask, carried out.

use super::{FlowCommand, FlowJob, FlowSnapshot, Target, Wiring};
use crate::train::{Event, Lesson, Model, Publisher, TrainError, Weights};

impl FlowJob {
    pub(super) fn carry_out(&mut self, command: FlowCommand, out: &mut Publisher<FlowSnapshot>) -> Result<(), TrainError> {
        self.hold_class()?;
        match command {
            FlowCommand::Train(on) => {
                if on && self.target.source.is_none() {
                    let why = self.target.view.note.clone().unwrap_or_else(|| TrainError::NoData { what: "point" }.to_string());
                    out.event(Event::Warning(why));
                }
                self.training = on;
                if on {
                    self.return_to_newest()?;
                    self.diverged = None;
                    self.history.broke = None;
                    self.clock.restart(self.model.as_ref().map_or(0, |model| model.fit.step()));
                }
                self.draw_soon();
            }
            FlowCommand::Model { config, batch } => {
                let asked = config.classes;
                if let Model::Realnvp { config: present, .. } = &mut self.lesson.model {
                    *present = config;
                }
                self.lesson.training.batch = batch;
                self.wiring = Wiring::default();
                if self.take_classes() {
                    out.event(Event::Warning(self.said_classes(asked)));
                }
                self.rebuild(None)?;
            }
            FlowCommand::Rate(rate) => {
                self.lesson.training.adam.rate = rate;
                self.warm_up();
            }
            FlowCommand::Data(data) => {
                let target = Target::open(data, self.lesson.seed, self.target.view.version + 1)?;
                if let Some(note) = &target.view.note {
                    out.event(Event::Warning(note.clone()));
                }
                self.take_target(target, out)?;
            }
            FlowCommand::Draw { drawing, finished } => {
                let target = Target::drawn(drawing, finished, self.lesson.seed, self.target.view.version + 1);
                self.take_target(target, out)?;
            }
            FlowCommand::Probe(at) => {
                self.probe = at.map(|v| if v.is_finite() { v.clamp(-1e3, 1e3) } else { 0.0 });
                self.measure_probe()?;
            }
            FlowCommand::ProbeLatent(z) => {
                if let Some(model) = &mut self.model {
                    let x = model.programs.back(model.fit.session(), z)?;
                    return self.carry_out(FlowCommand::Probe(x), out);
                }
            }
            FlowCommand::ProbeAt { depth, at } => {
                let x = self.place_of(depth, at)?;
                return self.carry_out(FlowCommand::Probe(x), out);
            }
            FlowCommand::Pins(pins) => self.pin(&pins)?,
            FlowCommand::PinAt { index, depth, at } => {
                let x = self.place_of(depth, at)?;
                self.move_pin(index, x)?;
            }
            FlowCommand::Trace { depth, points } => self.draw_trace(depth, points)?,
            FlowCommand::Window(window) => {
                self.window = window;
                self.look_again();
            }
            FlowCommand::Restart(seed) => {
                self.set_seed(seed)?;
                self.rebuild(None)?;
            }
            FlowCommand::Keep(run) => self.keep(run)?,
            FlowCommand::TakeBack { run, config, batch, seed } => self.take_back(run, config, batch, seed)?,
            FlowCommand::Ahead(step) => self.train_ahead(step)?,
            FlowCommand::LookAt(step) => self.look_at(step)?,
            FlowCommand::GoOnFromHere => {
                self.stay_here()?;
                self.training = true;
            }
            FlowCommand::GoBack(back) => self.go_back(back, out)?,
            FlowCommand::Wire(wiring) => self.rewire(wiring)?,
            FlowCommand::ErrorMap(on) => {
                self.error_map = on;
                self.look_again();
            }
            FlowCommand::Overlay(asked) => {
                if asked.is_more_than(std::mem::replace(&mut self.asked, asked)) {
                    self.look_again();
                }
            }
            FlowCommand::TellUpdate => self.tell_update()?,
            FlowCommand::Update(updates) => {
                self.training = false;
                self.update_by(updates)?;
            }
            FlowCommand::Hand => {
                if let Some(model) = &mut self.model {
                    self.handed = Some(std::sync::Arc::new(model.fit.weights()?));
                }
            }
            FlowCommand::Take(weights) => {
                self.take_weights(&weights)?;
                self.training = false;
                self.draw_soon();
            }
            FlowCommand::Understood => self.lost = None,
            FlowCommand::Show(class) => self.show(class)?,
            FlowCommand::Save(path) => {
                if let Some(model) = &mut self.model {
                    model.fit.weights()?.save(&path)?;
                    out.event(Event::Done(format!("The weights of step {} are saved in {}.", model.fit.step(), path.display())));
                }
            }
            FlowCommand::KeepNewest(path) => {
                if let Some(model) = &mut self.model {
                    self.history.newest_weights(&mut model.fit)?.save(&path)?;
                }
            }
            FlowCommand::Load(path) => {
                let weights = Weights::read(&path)?;
                self.take_weights(&weights)?;
                out.event(Event::Done(format!("The weights in {} are loaded.", path.display())));
            }
        }
        Ok(())
    }

    /// Takes other data, and says so if the flow begins anew with them.
    fn take_target(&mut self, target: Target, out: &mut Publisher<FlowSnapshot>) -> Result<(), TrainError> {
        if self.set_target(target)? {
            out.event(Event::Done("Other classes: the flow that reads them starts anew. Ctrl+Z takes the last one back.".into()));
        }
        Ok(())
    }

    /// Takes the model that the weights' metadata names, else the present one; on an error everything stays as it was.
    fn take_weights(&mut self, weights: &Weights) -> Result<(), TrainError> {
        let named = weights.metadata.get("lesson").and_then(|text| serde_json::from_str::<Lesson>(text).ok());
        let before = self.lesson.clone();
        if let Some(Lesson { model: Model::Realnvp { config, .. }, .. }) = named
            && let Model::Realnvp { config: present, .. } = &mut self.lesson.model
        {
            *present = config;
        }
        let taken = self.lesson_fits(weights).and_then(|()| self.rebuild(Some(weights)));
        taken.inspect_err(|_| self.lesson = before)
    }

    /// Whether the lesson's ranges hold and the weights are those of its model.
    fn lesson_fits(&self, weights: &Weights) -> Result<(), TrainError> {
        self.lesson.check().map_err(|reason| TrainError::WrongWeights { reason })?;
        let (reads, found) = (self.config().classes, self.target.view.shares.len());
        if reads > 0 && reads != found {
            let reason =
                format!("they read {reads} classes, and the data here have {}", if found == 0 { "none".into() } else { found.to_string() });
            return Err(TrainError::WrongWeights { reason });
        }
        weights.check(&self.lesson.model.training_graph(self.lesson.training.batch)?)
    }
}
