//! The time-line of the flow's training.

use egui::Ui;

use super::FlowLab;
use crate::labs::scrubber;
use crate::train::Past;
use crate::train::flow_job::FlowCommand;

/// Draws the scrubber and carries out what it is asked.
pub(super) fn show(lab: &mut FlowLab, ui: &mut Ui) {
    let Some(timeline) = lab.snapshot.as_ref().map(|snapshot| snapshot.timeline.clone()) else { return };
    match scrubber::show(ui, &timeline, &mut lab.desk.scrub, "flow") {
        Some(Past::LookAt(step)) => lab.look_at(step),
        Some(Past::GoOnFromHere) => {
            lab.desk.looked = None;
            lab.training = true;
            lab.send(FlowCommand::GoOnFromHere);
        }
        Some(Past::GoBack(updates)) => lab.go_back(updates),
        None => {}
    }
}

impl FlowLab {
    /// Shows an earlier step; training stands meanwhile.
    fn look_at(&mut self, step: u64) {
        self.training = false;
        self.desk.looked = scrubber::looked(Past::LookAt(step), self.snapshot.as_ref().map(|snapshot| &snapshot.timeline));
        self.send(FlowCommand::LookAt(step));
    }

    /// Goes back before the failure, or before the last updates.
    pub(super) fn go_back(&mut self, updates: u64) {
        (self.desk.scrub, self.desk.looked) = (None, None);
        self.training = false;
        self.send(FlowCommand::GoBack(updates));
    }
}
