//! The chapter's numbers as tables.

use crate::labs::table::Table;
use crate::train::posterior_job::PosteriorSnapshot;

/// The ELBO's curve against the exact integral.
pub(super) fn elbo(snapshot: &PosteriorSnapshot) -> Table {
    let columns = ["step", "ELBO / nats", "standard error / nats", "ln Z / nats", "KL(q || p) / nats"];
    let log_z = snapshot.target.log_z;
    let row = |row: &[f64; 3]| [row[0], row[1], row[2], log_z, log_z - row[1]].map(|v| v.to_string()).into();
    Table { columns: columns.map(str::to_owned).into(), rows: snapshot.elbo.iter().map(row).collect() }
}

/// Every planar layer: u as trained and as used, w, b, and the two products.
pub(super) fn layers(snapshot: &PosteriorSnapshot) -> Table {
    let columns = ["layer", "raw u1", "raw u2", "used u1", "used u2", "w1", "w2", "b", "w'u raw", "w'u used"];
    let row = |(i, layer): (usize, &crate::train::posterior_job::PlanarLayer)| {
        let along = |u: [f64; 2]| layer.w[0] * u[0] + layer.w[1] * u[1];
        let numbers = [layer.raw[0], layer.raw[1], layer.held[0], layer.held[1], layer.w[0], layer.w[1], layer.bias];
        let products = [along(layer.raw), along(layer.held)];
        [(i + 1) as f64].into_iter().chain(numbers).chain(products).map(|v| v.to_string()).collect()
    };
    Table { columns: columns.map(str::to_owned).into(), rows: snapshot.planar.iter().enumerate().map(row).collect() }
}
