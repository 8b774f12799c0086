use super::TaxonomyLab;
use super::words;
use crate::flows::Family;
use crate::graph::Direction;
use crate::labs::Live;
use crate::train::taxonomy_job::survey;
use crate::ui::units::{count, number};

/// The numbers that the explanation may name: of the family that is chosen, and the two directions of MAF and IAF beside them.
pub(super) fn number_named(lab: &TaxonomyLab, name: &str) -> Option<Live> {
    let palette = lab.look.palette;
    let family = lab.state.family;
    let matrix = || lab.pattern(family).map(|pattern| &pattern.parts[0]);
    let time = |family: Family, direction: Direction| {
        let measured = lab.measured(family)?;
        Some(words::milliseconds(if direction == Direction::Forward { measured.forward } else { measured.inverse }))
    };
    let (text, color) = match name {
        "D" => (lab.state.dim.to_string(), palette.text),
        "zeros" => (matrix()?.zeros().to_string(), palette.text),
        "stated" => (number(matrix()?.stated, 4), palette.seen),
        "eliminated" => (number(matrix()?.eliminated, 4), palette.now),
        "values" => (count(lab.measured(family)?.parameters as u64), palette.text),
        "forward" => (time(family, Direction::Forward)?, palette.seen),
        "inverse" => (time(family, Direction::Inverse)?, palette.now),
        "passes" => (survey::evaluations(&survey::config(family, lab.state.dim), Direction::Inverse).to_string(), palette.now),
        "error" => (words::error(lab.measured(family)?.error), palette.text),
        "volume" => (number(lab.measured(family)?.volume, 3), palette.text),
        "spread" => (number(lab.measured(family)?.spread, 3), palette.text),
        "maf_forward" => (time(Family::Maf, Direction::Forward)?, palette.seen),
        "maf_inverse" => (time(Family::Maf, Direction::Inverse)?, palette.now),
        "iaf_forward" => (time(Family::Iaf, Direction::Forward)?, palette.seen),
        "iaf_inverse" => (time(Family::Iaf, Direction::Inverse)?, palette.now),
        _ => return None,
    };
    Some(Live { text, color })
}
