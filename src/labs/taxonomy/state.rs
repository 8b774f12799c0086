use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::data::Toy;
use crate::flows::{Basis, Family, Spline};
use crate::labs::history::Paged;
use crate::train::PointData;
use crate::train::taxonomy_job::CONTESTANTS;

/// How far the probe may be moved from the origin.
pub(super) const REACH: f64 = 3.0;
/// The dimensions that are offered.
pub(super) const DIMS: [usize; 2] = [2, 6];

/// What the canvas shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Page {
    /// All families.
    Chart,
    /// The autoregressive ones and their two directions.
    Costs,
    /// Four learn side by side.
    Race,
}

/// Whose Jacobian is drawn large.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Part {
    /// The first layer.
    First,
    /// The second, in the other order of the coordinates.
    Second,
    /// Both, one after the other.
    Both,
}

/// What a person sets here.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) page: Page,
    #[serde(with = "by_name")]
    pub(super) family: Family,
    /// Dimension D of the chart.
    pub(super) dim: usize,
    pub(super) part: Part,
    /// The first two coordinates of the probe.
    pub(super) point: [f64; 2],
    /// The race.
    #[serde(serialize_with = "write_all", deserialize_with = "read_all")]
    pub(super) racers: [Family; CONTESTANTS],
    pub(super) data: PointData,
    /// Whether the four of the race learn.
    pub(super) training: bool,
    /// The data as points over the densities.
    pub(super) points: bool,
}

impl Default for State {
    fn default() -> State {
        State {
            page: Page::Chart,
            family: Family::RealNvp,
            dim: 6,
            part: Part::First,
            point: [0.5, -0.5],
            racers: [
                Family::RationalQuadratic(Spline::default()),
                Family::Maf,
                Family::Sylvester { basis: Basis::Orthogonal },
                Family::Residual,
            ],
            data: PointData::Toy { toy: Toy::TwoMoons },
            training: false,
            points: false,
        }
    }
}

impl Paged for State {
    /// Where the walk through the families and the probe stand in another state, and with its race.
    fn seen_as(self, now: &State) -> State {
        State { training: now.training, family: now.family, point: now.point, ..self }
    }

    fn on_page_of(self, other: &State) -> State {
        State { page: other.page, ..self }
    }
}

impl State {
    pub(super) fn check(&self) -> Result<(), String> {
        if !DIMS.contains(&self.dim) {
            return Err(format!("Expected 2 or 6 dimensions, found {}.", self.dim));
        }
        if self.point.iter().any(|v| !(-REACH..=REACH).contains(v)) {
            return Err(format!("Expected a probe within {REACH} of the origin, found {:?}.", self.point));
        }
        Ok(())
    }
}

/// A family of this name, or a sentence.
fn named<E: serde::de::Error>(name: &str) -> Result<Family, E> {
    let known = || Family::ALL.map(Family::name).join(", ");
    Family::named(name).ok_or_else(|| E::custom(format!("expected one of {}, found {name:?}", known())))
}

mod by_name {
    use super::{Deserialize, Deserializer, Family, Serializer, named};

    pub(super) fn serialize<S: Serializer>(family: &Family, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&family.name())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Family, D::Error> {
        named(&String::deserialize(from)?)
    }
}

fn write_all<S: Serializer>(racers: &[Family; CONTESTANTS], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(racers.iter().map(|racer| racer.name()))
}

fn read_all<'de, D: Deserializer<'de>>(from: D) -> Result<[Family; CONTESTANTS], D::Error> {
    let names: [String; CONTESTANTS] = Deserialize::deserialize(from)?;
    let mut racers = [Family::RealNvp; CONTESTANTS];
    for (racer, name) in racers.iter_mut().zip(&names) {
        *racer = named(name)?;
    }
    Ok(racers)
}
