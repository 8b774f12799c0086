//! Another fit: the present one is kept, so that it can be taken back, and the worker hears of the data before the model that reads their classes.

use super::state::State;
use super::{FlowLab, Shared};
use crate::data::Drawing;
use crate::train::flow_job::FlowCommand;
use crate::train::{PointData, PointSource};

impl FlowLab {
    /// Takes other data. A flow that reads classes begins anew where their number is another one.
    pub(super) fn choose(&mut self, data: PointData) {
        self.mark();
        self.fit_next = true;
        if self.asked.0.classes > 0 {
            // Other classes are another fit.
            self.new_run();
        }
        if let PointData::Drawing { drawing } = &data {
            self.tools.drawing = drawing.clone();
        } else {
            self.tools.leave();
        }
        self.source = data.clone();
        self.send(FlowCommand::Data(data));
    }

    /// Has the model made anew if another one is wished for.
    pub(super) fn follow_wish(&mut self, shared: &mut Shared) {
        let wish = (self.wish.config.clone(), self.wish.batch);
        if self.asked != wish && self.snapshot.is_some() {
            self.mark();
            self.new_run();
            let what = match (self.asked.0.classes, wish.0.classes) {
                (before, now) if before == now => "Another model",
                (_, 0) => "The classes are not read",
                _ => "The class is read",
            };
            shared.done(format!("{what}: the fit starts anew. Ctrl+Z takes the last one back."));
            self.unwire();
            self.send(FlowCommand::Model { config: wish.0.clone(), batch: wish.1 });
            self.asked = wish;
        }
    }

    /// The part of [`apply`](Self::apply) that brings data and fit to a state.
    pub(super) fn apply_fit(&mut self, state: &State, before: &State, back_to: Option<u64>, shared: &mut Shared) {
        let other_model = (&self.asked.0, self.asked.1) != (&state.config, state.batch);
        let other_seed = self.lesson.seed != state.seed;
        let other_data = state.data != before.data;
        let drawn = matches!(state.data, PointData::Drawing { .. });
        let other_classes = match (self.asked.0.classes, drawn) {
            (0, _) => false,
            (_, false) => other_data,
            (read, true) => classes_of(&state.drawing).is_some_and(|classes| classes != read),
        };
        match back_to {
            Some(run) if run != self.run.0 => {
                self.send(FlowCommand::Keep(self.run.0));
                self.send(FlowCommand::TakeBack { run, config: state.config.clone(), batch: state.batch, seed: state.seed });
                self.run.0 = run;
            }
            None if other_model || other_seed || other_classes => self.new_run(),
            _ => {}
        }
        self.wish.config.clone_from(&state.config);
        self.wish.batch = state.batch;
        self.asked = (state.config.clone(), state.batch);
        let left_elsewhere = back_to.is_some() && shared.seed != self.lesson.seed;
        if other_seed && !left_elsewhere {
            // A seed that another chapter has chosen since stays there.
            shared.seed = state.seed;
        }
        self.lesson.seed = state.seed;
        self.tools.drawing.clone_from(&state.drawing);
        if drawn && (other_data || state.drawing != before.drawing) {
            self.send_drawing(true);
        } else if other_data {
            self.source = state.data.clone();
            self.send(FlowCommand::Data(state.data.clone()));
        }
        if back_to.is_none() && other_model {
            self.send(FlowCommand::Model { config: state.config.clone(), batch: state.batch });
        }
        if back_to.is_none() && other_seed {
            self.send(FlowCommand::Restart(state.seed));
        }
    }

    /// Keeps the present fit: another one begins with the next command.
    pub(super) fn new_run(&mut self) {
        self.send(FlowCommand::Keep(self.run.0));
        self.run.1 += 1;
        self.run.0 = self.run.1;
        self.desk.looked = None;
    }

    /// Begins the fit anew from the initial values of the window's seed.
    pub(super) fn restart(&mut self, shared: &mut Shared) {
        self.new_run();
        self.lesson.seed = shared.seed;
        self.send(FlowCommand::Restart(shared.seed));
        shared.done(format!("The fit starts anew from the initial values of seed {}. Ctrl+Z takes the last one back.", shared.seed));
    }

    /// Tells the worker what is drawn. A drawing that gains or loses a colour has other classes: they are another fit, if the flow reads them.
    pub(super) fn tell(&mut self, finished: bool) {
        let read = self.asked.0.classes;
        if read > 0
            && let Some(classes) = classes_of(&self.tools.drawing).filter(|classes| *classes != read)
        {
            self.new_run();
            // As the worker will.
            self.asked.0.classes = classes;
            self.wish.config.classes = classes;
        }
        self.send_drawing(finished);
    }

    fn send_drawing(&mut self, finished: bool) {
        self.tools.touch();
        self.source = PointData::Drawing { drawing: Drawing::default() };
        self.send(FlowCommand::Draw { drawing: self.tools.drawing.clone(), finished });
    }
}

/// Number of classes of a drawing, 0 where it has one colour; none where nothing is drawn.
fn classes_of(drawing: &Drawing) -> Option<usize> {
    Some(PointSource::Drawing(drawing.mixture()?, None).class_shares().len())
}
