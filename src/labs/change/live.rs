//! The numbers of the pages by their names, and in words.

use super::ChangeLab;
use super::cost::{IMAGE, duration};
use super::reading::refused;
use super::state::PlaneKind;
use crate::labs::{Live, Look};
use crate::ui::units::{count, number, signed};

/// A number as it is shown now.
pub(super) fn number_of(lab: &ChangeLab, name: &str) -> Option<Live> {
    let Look { palette, units } = lab.look;
    let reading = &lab.reading;
    let none = || "none".to_owned();
    let three = |value: f64| number(value, 3);
    let (text, color) = match name {
        "x" => (number(reading.x, 2), palette.now),
        "y" => (number(reading.y, 2), palette.now),
        "px" => (three(reading.px), palette.base),
        "slope" => (three(reading.slope), palette.positive),
        "jac" => (three(1.0 / reading.slope.abs()), palette.positive),
        "py" => (reading.py.map_or_else(none, three), palette.seen),
        "dx" => (three(reading.dx[1] - reading.dx[0]), palette.now),
        "dy" => (three(reading.dy[1] - reading.dy[0]), palette.now),
        "mass_x" => (number(reading.mass_x(), 4), palette.base),
        "mass_y" => (reading.mass_y().map_or_else(none, |mass| number(mass, 4)), palette.seen),
        "total" => (reading.total.map_or_else(none, three), palette.seen),
        "forgotten" => (reading.forgotten.map_or_else(none, three), palette.blind),
        "sources" => (reading.sources.len().to_string(), palette.blind),
        "det" => (three(lab.area.det), palette.positive),
        "ratio" => (three(lab.area.ratio.abs()), palette.now),
        "area_before" => (number(lab.area.square.side.powi(2), 4), palette.now),
        "area_after" => (number((lab.area.ratio * lab.area.square.side.powi(2)).abs(), 4), palette.now),
        "thinned" => (lab.area.density_factor().map_or_else(none, three), palette.seen),
        "chain_det" => (three(lab.path.product(lab.path.dets.len()).abs()), palette.now),
        "chain_log" => (signed(units.convert(lab.path.logs().iter().sum()), 3), palette.now),
        "chain_measured" => (three(lab.path.measured.abs()), palette.text),
        "power_dense" => (number(lab.costs.fits()?[0].1, 2), palette.blind),
        "power_coupling" => (number(lab.costs.fits()?[1].1, 2), palette.seen),
        "image_dense" => (image(lab, 0)?, palette.blind),
        "image_coupling" => (image(lab, 1)?, palette.seen),
        _ => {
            let k: usize = name.strip_prefix('d')?.parse().ok()?;
            let det = lab.path.dets.get(k.checked_sub(1)?)?;
            (three(det.abs()), if det.abs() >= 1.0 { palette.positive } else { palette.negative })
        }
    };
    Some(Live { text, color })
}

/// The fitted line drawn on to an image's dimensions.
fn image(lab: &ChangeLab, which: usize) -> Option<String> {
    let (c, p) = lab.costs.fits()?[which];
    Some(duration(c * IMAGE.powf(p)))
}

impl ChangeLab {
    /// The page of the line in words.
    pub(super) fn line_summary(&self) -> String {
        let reading = &self.reading;
        if let Some(sentence) = refused(reading) {
            return sentence;
        }
        let py = reading.py.unwrap_or(f64::NAN);
        let forgotten = if self.state.line.jacobian { "" } else { " The Jacobian is forgotten." };
        format!(
            "x = {} goes to y = {}. Density {} becomes {}.{forgotten}",
            number(reading.x, 2),
            number(reading.y, 2),
            number(reading.px, 3),
            number(py, 3)
        )
    }

    /// The page of the plane in words.
    pub(super) fn plane_summary(&self) -> String {
        let area = &self.area;
        let refused = if area.singular() || self.state.plane.map == PlaneKind::Fold { " Refused: there is no inverse." } else { "" };
        format!("Areas at the probe are multiplied by {}, measured {}.{refused}", number(area.det, 3), number(area.ratio, 3))
    }

    /// The page of the chain in words.
    pub(super) fn chain_summary(&self) -> String {
        let count = self.path.dets.len();
        let log: f64 = self.path.logs().iter().sum();
        format!(
            "{count} maps multiply areas by {}: the logarithms add up to {}.",
            number(self.path.product(count).abs(), 3),
            self.look.units.format(log, 3)
        )
    }

    /// The page of the cost in words.
    pub(super) fn cost_summary(&self) -> String {
        match (self.costs.costs.get(self.state.cost.size), self.costs.fits()) {
            (Some(cost), Some([dense, coupling])) => format!(
                "At m = {} a dense log-determinant takes {}, a coupling's {}. Powers {} and {}.",
                count(cost.m as u64),
                duration(cost.dense),
                duration(cost.coupling),
                number(dense.1, 2),
                number(coupling.1, 2)
            ),
            _ => "The log-determinants are being timed.".to_owned(),
        }
    }
}
