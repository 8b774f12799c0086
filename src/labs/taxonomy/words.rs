//! The lab's sentences about what was computed.

use super::TaxonomyLab;
use crate::flows::{Config, Family, Inversion, Jacobian};
use crate::graph::Direction;
use crate::labs::times::taken;
use crate::train::taxonomy_job::pattern::Shape;
use crate::train::taxonomy_job::survey;
use crate::ui::units::number;

/// The four kinds, in the lecture's order, with what makes the determinant cheap.
pub(super) const KINDS: [(Jacobian, &str, &str); 4] = [
    (Jacobian::BlockCoupling, "Block coupling", "triangular in two blocks: the determinant is the product of the moved half's slopes"),
    (Jacobian::Autoregressive, "Autoregressive", "triangular: the determinant is the product of the diagonal"),
    (Jacobian::DeterminantIdentity, "Determinant identity", "det(I + A B) = det(I + B A): a small determinant instead of a large one"),
    (Jacobian::Free, "Residual · continuous", "full: its trace is computed or estimated"),
];

/// The kind in as few letters as a narrow column has room for.
pub(super) fn short_kind(kind: Jacobian) -> &'static str {
    match kind {
        Jacobian::BlockCoupling => "Coupling",
        Jacobian::Autoregressive => "Autoregr.",
        Jacobian::DeterminantIdentity => "Identity",
        Jacobian::Free => "Free-form",
    }
}

/// What kind of matrix was found.
pub(super) fn shape(shape: Shape, dim: usize) -> String {
    match shape {
        Shape::Identity => "the identity".into(),
        Shape::Blocks { passive } => format!("triangular in two blocks, {passive} of {dim} coordinates stay"),
        Shape::Triangular { ascending: true } => "lower triangular".into(),
        Shape::Triangular { ascending: false } => "upper triangular".into(),
        Shape::LowRank { scale: 1.0, rank } => format!("the identity and a matrix of rank {rank}"),
        Shape::LowRank { scale, rank } => format!("{} times the identity and a matrix of rank {rank}", number(scale, 2)),
        Shape::Full => "full".into(),
    }
}

/// How a layer is run in a direction, with its evaluations.
pub(super) fn way(config: &Config, direction: Direction) -> String {
    let count = survey::evaluations(config, direction);
    match (direction, config.inversion()) {
        (Direction::Forward, Inversion::ReverseTime { .. }) => format!("{count} velocities"),
        (Direction::Forward, _) if config.family == Family::Iaf => format!("{count} passes, by dimension"),
        (Direction::Forward, _) => match config.family {
            Family::Umnn { order } => format!("one pass, {} nodes", order + 1),
            _ => "one pass".into(),
        },
        (_, Inversion::ClosedForm) => "one pass, closed form".into(),
        (_, Inversion::ByDimension) => format!("{count} passes, by dimension"),
        (_, Inversion::RootSearch { .. }) => match config.family {
            Family::Umnn { order } => format!("root search, {count} evaluations of {} nodes", order + 1),
            _ => format!("root search, {count} evaluations"),
        },
        (_, Inversion::FixedPoint { .. }) => format!("fixed point, {count} iterations"),
        (_, Inversion::ReverseTime { .. }) => format!("reverse time, {count} velocities"),
    }
}

/// Enough digits for times between microseconds and seconds.
pub(super) fn milliseconds(time: f64) -> String {
    number(
        time,
        if time < 1.0 {
            3
        } else if time < 100.0 {
            1
        } else {
            0
        },
    )
}

/// How times were taken, and where if not here.
pub(super) fn median_of(runs: usize, machine: Option<&str>) -> String {
    taken(&format!("median of {runs} runs"), machine)
}

/// An error as a power of ten: `2.1e-7`, or 0.
pub(super) fn error(value: f64) -> String {
    if value == 0.0 { "0".into() } else { format!("{value:.1e}") }
}

/// The race, for a screen reader.
pub(super) fn race(lab: &TaxonomyLab) -> String {
    let Some(race) = lab.work.snapshot.as_ref().and_then(|snapshot| snapshot.race.as_ref()) else {
        return "The race is being prepared.".into();
    };
    let unit = lab.look.units;
    let each = race.contestants.iter().map(|racer| match racer.score {
        Some(score) => {
            let value = score.gap.unwrap_or(score.nats);
            let what = if score.gap.is_some() { "above the entropy" } else { "a point" };
            format!("{} {} {what} after {} seconds", racer.family.title(), unit.format(value, 3), number(racer.seconds, 1))
        }
        None => racer.family.title().to_owned(),
    });
    format!("{}: {}.", race.data.title(), each.collect::<Vec<_>>().join(", "))
}
