//! The chapter's numbers as tables: all families, Jacobi's sweeps, or the curves of the race.

use super::{costs, words};
use crate::flows::Family;
use crate::labs::table::Table;
use crate::train::taxonomy_job::{RaceView, TaxonomySnapshot};

fn named(columns: &[&str]) -> Vec<String> {
    columns.iter().map(|&name| name.to_owned()).collect()
}

/// One row a family; what is not measured yet is empty.
pub(super) fn chart(snapshot: &TaxonomySnapshot) -> Table {
    let columns = named(&[
        "family",
        "dimension",
        "Jacobian of the first layer",
        "entries exactly zero",
        "log|det| stated / nats",
        "log|det| by elimination / nats",
        "layers",
        "parameters",
        "points alone / ms",
        "forward / ms",
        "inverse / ms",
        "evaluations forward",
        "evaluations inverse",
        "round-trip error",
        "largest |log det| / nats",
        "spread of log det / nats",
    ]);
    let row = |(i, family): (usize, Family)| {
        let mut row = vec![family.name(), snapshot.dim.to_string()];
        match &snapshot.patterns[i] {
            Some(pattern) => {
                let part = &pattern.parts[0];
                row.push(words::shape(part.shape, pattern.dim));
                row.extend([part.zeros().to_string(), part.stated.to_string(), part.eliminated.to_string()]);
            }
            None => row.extend(vec![String::new(); 4]),
        }
        let evaluations = costs::both(family, snapshot.dim).map(|count| count.to_string());
        match &snapshot.measured[i] {
            Some(m) => {
                row.extend([m.config.layers.to_string(), m.parameters.to_string()]);
                row.extend([m.points, m.forward, m.inverse].map(|time| time.to_string()));
                row.extend(evaluations);
                row.extend([m.error, m.volume, m.spread].map(|value| value.to_string()));
            }
            None => {
                row.extend(vec![String::new(); 5]);
                row.extend(evaluations);
                row.extend(vec![String::new(); 3]);
            }
        }
        row
    };
    Table { columns, rows: Family::ALL.into_iter().enumerate().map(row).collect() }
}

/// Errors after each sweep of every autoregressive family.
pub(super) fn sweeps(snapshot: &TaxonomySnapshot) -> Table {
    let columns = named(&["family", "dimension", "sweeps", "largest error", "error by dimension", "one sweep / ms", "by dimension / ms"]);
    let mut rows = Vec::new();
    for watched in snapshot.sweeps.iter().flatten() {
        rows.extend(watched.errors.iter().enumerate().map(|(sweep, error)| {
            let [one, passes] = watched.milliseconds;
            let numbers = [error.to_string(), watched.by_dimension.to_string(), one.to_string(), passes.to_string()];
            [watched.family.name(), watched.dim.to_string(), sweep.to_string()].into_iter().chain(numbers).collect()
        }));
    }
    Table { columns, rows }
}

/// The curve of every family: held-out nats a point after so many seconds of training.
pub(super) fn race(race: &RaceView) -> Table {
    let columns = named(&["family", "data", "seconds", "loss / nats a point", "entropy of the data / nats a point", "parameters"]);
    let mut rows = Vec::new();
    for racer in &race.contestants {
        rows.extend(racer.curve.iter().map(|[seconds, nats]| {
            let floor = race.floor.map_or_else(String::new, |floor| floor.nats.to_string());
            vec![racer.family.name(), race.data.title(), seconds.to_string(), nats.to_string(), floor, racer.parameters.to_string()]
        }));
    }
    Table { columns, rows }
}
