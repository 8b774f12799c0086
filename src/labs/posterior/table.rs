//! The chapter's numbers as tables.

use crate::labs::table::Table;
use crate::train::posterior_job::{Held, PosteriorSnapshot};

/// The ELBO's curve against the exact integral.
pub(super) fn elbo(snapshot: &PosteriorSnapshot) -> Table {
    let columns = ["step", "ELBO / nats", "standard error / nats", "ln Z / nats", "KL(q || p) / nats"];
    let log_z = snapshot.target.log_z;
    let row = |row: &[f64; 3]| [row[0], row[1], row[2], log_z, log_z - row[1]].map(|v| v.to_string()).into();
    Table { columns: columns.map(str::to_owned).into(), rows: snapshot.elbo.iter().map(row).collect() }
}

/// Every layer with a constraint: as trained and as used, and the number that must stay above its bound.
pub(super) fn layers(snapshot: &PosteriorSnapshot) -> Table {
    let columns: &[&str] = match snapshot.held.first() {
        Some(Held::Radial(_)) => &["layer", "raw alpha", "raw beta", "used alpha", "used beta", "-alpha"],
        Some(Held::Sylvester(_)) => &[
            "layer",
            "raw r1 of row 1",
            "raw r2 of row 1",
            "raw r1 of row 2",
            "raw r2 of row 2",
            "used r1 of row 1",
            "used r2 of row 1",
            "used r1 of row 2",
            "used r2 of row 2",
        ],
        _ => &["layer", "raw u1", "raw u2", "used u1", "used u2", "w1", "w2", "b", "w'u raw", "w'u used"],
    };
    let row = |(i, held): (usize, &Held)| {
        let numbers: Vec<f64> = match held {
            Held::Planar(layer) => {
                let own = [layer.raw[0], layer.raw[1], layer.held[0], layer.held[1], layer.w[0], layer.w[1], layer.bias];
                own.into_iter().chain(held.numbers()).collect()
            }
            Held::Radial(layer) => layer.raw.into_iter().chain(layer.held).chain([held.bound()]).collect(),
            Held::Sylvester(layer) => [layer.raw, layer.held].as_flattened().as_flattened().to_vec(),
        };
        [(i + 1) as f64].into_iter().chain(numbers).map(|v| v.to_string()).collect()
    };
    let columns = columns.iter().map(|&name| name.to_owned()).collect();
    Table { columns, rows: snapshot.held.iter().enumerate().map(row).collect() }
}
