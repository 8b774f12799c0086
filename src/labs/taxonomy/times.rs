//! What was measured, as a session keeps it.

use serde::{Deserialize, Serialize};

use crate::labs::training::device;
use crate::train::taxonomy_job::survey::Measured;
use crate::train::taxonomy_job::sweeps::Sweeps;
use crate::train::taxonomy_job::{TaxonomyCommand, TaxonomySnapshot};

/// The times of one dimension, each with what it was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Times {
    dim: usize,
    measured: Vec<Measured>,
    sweeps: Vec<Sweeps>,
}

impl Times {
    /// What is known now; none while nothing is.
    pub(super) fn of(snapshot: &TaxonomySnapshot) -> Option<Times> {
        let here = |machine: &Option<String>| Some(machine.clone().unwrap_or_else(|| device(&snapshot.backend)));
        let measured =
            snapshot.measured.iter().flatten().map(|m| Measured { machine: here(&m.machine), ..(**m).clone() }).collect::<Vec<_>>();
        let sweeps = snapshot.sweeps.iter().flatten().map(|s| Sweeps { machine: here(&s.machine), ..(**s).clone() }).collect();
        (!measured.is_empty()).then_some(Times { dim: snapshot.dim, measured, sweeps })
    }

    /// Tells the worker of them.
    pub(super) fn known(self) -> TaxonomyCommand {
        TaxonomyCommand::Known { dim: self.dim, measured: self.measured, sweeps: self.sweeps }
    }
}
