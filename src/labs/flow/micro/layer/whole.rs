//! Layers that move both coordinates at once: there is no s and no t in them.

use super::{Ink, Step};
use crate::flows::{Config, Family, residual_lipschitz};
use crate::labs::flow::numbers::place;
use crate::labs::flow::portrait::{distance, evaluations, stretch, sylvester_factors};
use crate::train::flow_job::{Point, Portrait};
use crate::ui::units::{number, signed};

/// The steps up to the joined point.
pub(super) fn steps(config: &Config, layer: usize, portrait: &Portrait, from: Point, to: Point) -> Vec<Step> {
    let moved = [0, 1].map(|axis| to[axis] - from[axis]);
    let [dx, dy] = moved.map(|v| signed(v.into(), 2));
    let motion = |sentence: String, words: String| Step::moving(sentence, from, to, Ink::Whole, words);
    let see = |sentence: String, words: String| Step::at(sentence, from, words);
    match portrait {
        Portrait::Map(_) => Vec::new(),
        Portrait::Planar { w, bias, along, bend: [h, steep], .. } => {
            let a = w[0] * f64::from(from[0]) + w[1] * f64::from(from[1]) + bias;
            vec![
                see(format!("Project: w'x + b = {}.", signed(a, 2)), format!("w'x + b = {}", signed(a, 2))),
                see(format!("Bend: tanh gives {}, with slope {}.", signed(*h, 2), number(*steep, 2)), format!("tanh = {}", signed(*h, 2))),
                motion(format!("Move: by tanh times u, ({dx}, {dy})."), format!("({dx}, {dy})")),
                see(
                    format!("Along w: 1 + w'u tanh' = {}.", number(1.0 + along * steep, 2)),
                    format!("× {}", number(1.0 + along * steep, 2)),
                ),
            ]
        }
        Portrait::Radial { centre, alpha, beta } => {
            let r = distance(*centre, from);
            let across = 1.0 + beta / (alpha + r);
            let way = if across < 1.0 { "nearer" } else { "farther" };
            vec![
                see(format!("Distance: r = {} from the centre.", number(r, 2)), format!("r = {}", number(r, 2))),
                see(format!("Pull: β / (α + r) = {}.", signed(beta / (alpha + r), 2)), format!("β h = {}", signed(beta / (alpha + r), 2))),
                motion(format!("Move: {way}, r times {}.", number(across, 2)), format!("r × {}", number(across, 2))),
            ]
        }
        Portrait::Sylvester { q, r1, r2, bend, .. } => {
            let [x, y] = from.map(f64::from);
            let turned = [q[0] * x + q[2] * y, q[1] * x + q[3] * y].map(|v| number(v, 2));
            let [h1, h2] = bend.map(|v| signed(v, 2));
            let factors = sylvester_factors(r1, r2, bend);
            let [f1, f2] = factors.map(|v| number(v, 2));
            vec![
                see(format!("Turn: Q'x = ({}, {}).", turned[0], turned[1]), "Q'x".into()),
                see(format!("Bend: tanh(R₂ Q'x + b) = ({h1}, {h2})."), format!("tanh = ({h1}, {h2})")),
                motion(format!("Move: by Q R₁ times that, ({dx}, {dy})."), format!("({dx}, {dy})")),
                see(format!("Factors: {f1} times {f2}, one for each row."), format!("× {}", number(factors[0] * factors[1], 2))),
            ]
        }
        Portrait::Residual { .. } => vec![
            motion(format!("Residual: the network says g(x) = ({dx}, {dy})."), "g(x)".into()),
            see(format!("Contraction: g stretches by at most {}, so it inverts.", number(residual_lipschitz(), 2)), "Lip(g) < 1".into()),
        ],
        Portrait::Motion { .. } => {
            let [begin, end] = stretch(config, layer);
            let runge_kutta = if let Family::Ffjord { steps } = config.family { steps } else { 1 };
            vec![
                see(format!("Start: t = {}, and f says where to.", number(begin, 2)), format!("t = {}", number(begin, 2))),
                motion(
                    format!("Flow: {} evaluations of f in {runge_kutta} Runge-Kutta steps.", evaluations(config)),
                    format!("t = {}", number(end, 2)),
                ),
                see(format!("Trace: its integral up to t = {} is the log-det.", number(end, 2)), "∫ tr(∂f/∂x) dt".into()),
            ]
        }
        Portrait::Linear(corners) => linear(config, layer, corners, from, to),
    }
}

/// Actnorm, an order, a matrix, the last scale of NICE: the same for every point.
fn linear(config: &Config, layer: usize, [origin, first, second]: &[Point; 3], from: Point, to: Point) -> Vec<Step> {
    let motion = |sentence: String, words: String| vec![Step::moving(sentence, from, to, Ink::Whole, words)];
    let entry = |image: &Point, axis: usize| f64::from(image[axis] - origin[axis]);
    let across = entry(first, 1).abs().max(entry(second, 0).abs());
    let [x, y] = [number(entry(first, 0), 2), number(entry(second, 1), 2)];
    let shift = place(*origin);
    match config.stage_title(layer) {
        "reverse" => motion("Reverse: x₁ and x₂ change places.".into(), "reversed".into()),
        title if across < 1e-6 => {
            let and = if *origin == [0.0; 2] { String::new() } else { format!(" plus ({}, {})", shift[0], shift[1]) };
            let name = if title == "actnorm" { "Actnorm" } else { "Scale" };
            motion(format!("{name}: x₁ times {x}, x₂ times {y}{and}."), format!("× {x}, × {y}"))
        }
        _ => {
            let [b, c] = [number(entry(second, 0), 2), number(entry(first, 1), 2)];
            motion(format!("Matrix: rows ({x}, {b}) and ({c}, {y}), for every point."), "L U P x".into())
        }
    }
}
