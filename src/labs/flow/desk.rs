//! What lies on the desk beside data and model: which layers take part, by which loss, and what else is drawn.

use super::bet::Bet;
use super::classes::Classes;
use super::compare::{Compare, Other};
use super::ledger::LedgerView;
use super::micro::Micro;
use super::overlays::Told;
use super::state::State;
use super::{FlowLab, Shared};
use crate::train::flow_job::{FlowCommand, Wiring};

/// Settings and pictures of the layer cards, the scrubber, the ledger, the comparison and the slow motion.
#[derive(Default)]
pub(super) struct Desk {
    /// Which layers take part, are trained, and by which loss.
    pub(super) wiring: Wiring,
    /// The layers that were muted before one was heard alone.
    pub(super) before_solo: Option<u64>,
    /// Where the training scrubber was put, until the worker shows it.
    pub(super) scrub: Option<u64>,
    /// The earlier step that is shown; none is the newest.
    pub(super) looked: Option<u64>,
    pub(super) ledger: LedgerView,
    pub(super) compare: Option<Compare>,
    pub(super) micro: Micro,
    pub(super) classes: Classes,
    pub(super) bet: Bet,
    pub(super) told: Told,
}

impl FlowLab {
    /// Has the worker take the wiring of the desk.
    pub(super) fn wire(&self) {
        self.send(FlowCommand::Wire(self.desk.wiring));
    }

    /// Brings the desk to a state, after the model and the data.
    pub(super) fn apply_desk(&mut self, state: &State, before: &State, shared: &mut Shared) {
        if state.wiring.muted != before.wiring.muted {
            let all = (1u64 << state.config.stages()) - 1;
            let alone = state.config.stages() > 1 && (all & !state.wiring.muted).is_power_of_two();
            self.desk.before_solo = alone.then_some(before.wiring.muted);
        }
        self.desk.wiring = state.wiring;
        self.desk.scrub = None;
        self.wire();
        self.desk.ledger.mass = state.mass;
        if state.error_map != before.error_map {
            self.desk.ledger.error_map = state.error_map;
            self.send(FlowCommand::ErrorMap(state.error_map));
        }
        match state.compare {
            None => self.desk.compare = None,
            Some(other) if state.compare != before.compare => self.compare_with(other, shared),
            Some(_) => {}
        }
    }

    /// Tells a worker that has just started what lies on the desk.
    pub(super) fn lay_desk(&self) {
        if self.desk.wiring != Wiring::default() {
            self.wire();
        }
        if self.desk.ledger.error_map {
            self.send(FlowCommand::ErrorMap(true));
        }
        if self.desk.classes.shown.is_some() {
            self.send(FlowCommand::Show(self.desk.classes.shown));
        }
        if self.desk.compare.as_ref().is_some_and(|compare| compare.other == Other::ThisStep) {
            self.send(FlowCommand::Hand);
        }
    }

    /// Another model: its layers are whole again.
    pub(super) fn unwire(&mut self) {
        self.desk.wiring = Wiring::default();
        self.desk.before_solo = None;
        self.desk.scrub = None;
        self.desk.looked = None;
        self.desk.micro = Micro::default();
        self.desk.bet = Bet::default();
    }
}
