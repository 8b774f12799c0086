//! The points as a table: one row a data point, from x through every layer to z, with all terms of its log-density.

use crate::labs::table::Table;
use crate::train::flow_job::{Pictures, Point, ProbeReading};

/// The numbers of the probe, where it is measured, then of the data points that are drawn: places in units of the plane, logarithms in nats.
///
/// `log p(x) = ln N(z) + sum_k log|det J_k|`, each term in a column of its own; of a flow that reads classes, given the point's class, and the probe
/// given the one that is shown.
pub(super) fn of(pictures: &Pictures, probe: Option<&ProbeReading>) -> Table {
    let layers = pictures.log_dets.len();
    let mut columns = vec!["point".to_owned(), "x1".to_owned(), "x2".to_owned()];
    columns.extend((1..layers).flat_map(|k| [format!("x1 after layer {k}"), format!("x2 after layer {k}")]));
    columns.extend(["z1", "z2"].map(str::to_owned));
    columns.extend((1..=layers).map(|k| format!("log det of layer {k} / nats")));
    let of = if pictures.sample_classes.is_empty() { "x" } else { "x | class" };
    columns.extend(["ln N(z) / nats".to_owned(), format!("log p({of}) / nats")]);
    let measured = probe.filter(|probe| probe.log_dets.len() == layers && probe.step == pictures.step);
    let mut rows: Vec<Vec<String>> = measured
        .map(|probe| {
            let terms = probe.log_dets.iter().chain([&probe.log_base, &probe.log_prob]).map(f64::to_string);
            places("probe".into(), &probe.points).chain(terms).collect()
        })
        .into_iter()
        .collect();
    rows.extend((0..pictures.log_prob.len()).map(|i| {
        let walk: Vec<Point> = pictures.points.iter().map(|at| at[i]).collect();
        let terms = pictures.log_dets.iter().chain([&pictures.log_base, &pictures.log_prob]).map(|column| column[i].to_string());
        places((i + 1).to_string(), &walk).chain(terms).collect()
    }));
    Table { columns, rows }
}

fn places(name: String, walk: &[Point]) -> impl Iterator<Item = String> + '_ {
    std::iter::once(name).chain(walk.iter().flatten().map(f32::to_string))
}
