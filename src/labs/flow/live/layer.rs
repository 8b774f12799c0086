//! Numbers of the layer that the walk stands in, at the amber point; each is there in the families that have it.
//!
//! | names | where |
//! |---|---|
//! | `s`, `t` | log-scale and shift of an affine layer |
//! | `from`, `to`, `slope` | the map of a spline, NAF, SOS or UMNN |
//! | `along`, `bend`, `steep` | planar: w'u, tanh and its slope |
//! | `alpha`, `beta`, `r` | radial |
//! | `f1`, `f2` | Sylvester: the two factors of the determinant |
//! | `lipschitz`, `steepest` | residual: the bound, and the largest stretch in view |
//! | `t0`, `t1`, `evaluations`, `all_evaluations` | FFJORD: the stretch of time, and evaluations of f in it and in all |
//! | `forward_passes`, `inverse_passes` | every family: evaluations of a layer, or of its network, in each direction |

use egui::Color32;

use crate::flows::{Config, Family, Inversion, residual_lipschitz};
use crate::labs::Live;
use crate::labs::flow::FlowLab;
use crate::labs::flow::portrait::{at_the_probe, distance, evaluations, stretch, sylvester_factors};
use crate::train::flow_job::Portrait;
use crate::ui::units::{number, signed};

/// The number of this name.
pub(super) fn number_of(lab: &FlowLab, name: &str) -> Option<Live> {
    let palette = lab.look.palette;
    let config = &lab.snapshot.as_ref()?.config;
    let live = |text: String, color: Color32| Some(Live { text, color });
    let layer = lab.layer();
    if lab.hides(layer) && !name.ends_with("_passes") {
        return None;
    }
    match name {
        "forward_passes" => return live(passes(config)[0].to_string(), palette.text),
        "inverse_passes" => return live(passes(config)[1].to_string(), palette.text),
        "lipschitz" if config.family == Family::Residual => return live(number(residual_lipschitz(), 3), palette.blind),
        "s" | "t" => {
            let said = lab.reading()?.conditioners.get(layer).copied().flatten()?;
            let (value, ink) = if name == "s" { (said[0], palette.positive) } else { (said[1], palette.negative) };
            return live(signed(value, 2), ink);
        }
        _ => {}
    }
    let (before, after, portrait) = at_the_probe(lab, layer)?;
    let plain = |value: f64, decimals: usize| live(number(value, decimals), palette.text);
    match (portrait, name) {
        (Portrait::Map(map), "from") => live(number(map.ends(before, after)[0], 2), palette.now),
        (Portrait::Map(map), "to") => live(number(map.ends(before, after)[1], 2), palette.now),
        (Portrait::Map(map), "slope") => live(number(map.log_slope_here.exp(), 2), palette.positive),
        (Portrait::Planar { along, .. }, "along") => plain(*along, 3),
        (Portrait::Planar { bend, .. }, "bend") => live(signed(bend[0], 2), palette.now),
        (Portrait::Planar { bend, .. }, "steep") => live(number(bend[1], 3), palette.now),
        (Portrait::Radial { alpha, .. }, "alpha") => plain(*alpha, 3),
        (Portrait::Radial { beta, .. }, "beta") => plain(*beta, 3),
        (Portrait::Radial { centre, .. }, "r") => live(number(distance(*centre, before), 2), palette.now),
        (Portrait::Sylvester { r1, r2, bend, .. }, "f1" | "f2") => {
            live(number(sylvester_factors(r1, r2, bend)[usize::from(name == "f2")], 3), palette.now)
        }
        (Portrait::Residual { steepest, .. }, "steepest") => plain(*steepest, 3),
        (Portrait::Motion { .. }, "t0" | "t1") => plain(stretch(config, layer)[usize::from(name == "t1")], 2),
        (Portrait::Motion { .. }, "evaluations") => live(evaluations(config).to_string(), palette.seen),
        (Portrait::Motion { .. }, "all_evaluations") => live((evaluations(config) * config.layers).to_string(), palette.seen),
        _ => None,
    }
}

/// Evaluations that one layer takes from x to z and back.
fn passes(config: &Config) -> [usize; 2] {
    let slow = match config.inversion() {
        Inversion::ClosedForm => 1,
        Inversion::ByDimension => config.dim,
        Inversion::RootSearch { evaluations } | Inversion::ReverseTime { evaluations } => evaluations,
        Inversion::FixedPoint { iterations } => iterations,
    };
    match config.family {
        // Its layer finds z coordinate by coordinate, and x at once.
        Family::Iaf => [config.dim, 1],
        Family::Ffjord { .. } => [slow, slow],
        _ => [1, slow],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_costs_what_the_family_says() {
        let of = |family| passes(&Config::of(family));
        assert_eq!(of(Family::RealNvp), [1, 1]);
        assert_eq!(of(Family::Maf), [1, 2]);
        assert_eq!(of(Family::Iaf), [2, 1]);
        assert_eq!(of(Family::Ffjord { steps: 2 }), [8, 8]);
        assert_eq!(of(Family::Residual), [1, 90]);
        assert!(of(Family::Planar)[1] > 20 && of(Family::Naf { units: 8 })[1] > 40);
    }
}
