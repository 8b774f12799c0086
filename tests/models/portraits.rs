//! What a layer is drawn from, against what the layer does: for every family, every layer alone.

use tractable::data::noise;
use tractable::flows::{self, Conditioning, Config, Family};
use tractable::graph::Direction;

use crate::program::Program;

const LINE: usize = 21;
const PLACES: usize = 16;

/// Every value is f64; what is drawn and what the layer does differ by the order of additions only.
const TOLERANCE: f64 = 1e-9;

fn near(a: f64, b: f64, what: &str) {
    assert!((a - b).abs() < TOLERANCE * (1.0 + a.abs().max(b.abs())), "{what}: {a} {b}");
}

fn normals(stream: u64, count: usize) -> Vec<f64> {
    noise::normals(29, stream, count).into_iter().map(f64::from).collect()
}

/// One layer of the drawn flow, alone: a flow of which all others are left out.
struct Alone {
    config: Config,
    stage: usize,
    drawn: Program,
}

impl Alone {
    /// Points through the layer, and its log-determinants.
    fn forward(&self, x: &[[f64; 2]]) -> (Vec<[f64; 2]>, Vec<f64>) {
        self.forward_as(&self.config, self.stage, x)
    }

    fn forward_as(&self, config: &Config, stage: usize, x: &[[f64; 2]]) -> (Vec<[f64; 2]>, Vec<f64>) {
        let all = (1u64 << config.stages()) - 1;
        let alone = Config { muted: all & !(1 << stage), ..config.clone() };
        let mut program = Program::<f64>::new(flows::evaluation(&alone, x.len(), Direction::Forward).unwrap());
        for name in program.store.names().map(str::to_owned).collect::<Vec<_>>() {
            program.store.set(&name, self.drawn.store.get(&name).unwrap()).unwrap();
        }
        program.run("x", x.as_flattened());
        let to = program.output(&format!("point.{}", config.stages())).as_chunks::<2>().0.to_vec();
        (to, program.output(&format!("log_det.{stage}")))
    }

    fn drawn(&self, name: &str) -> Vec<f64> {
        self.drawn.output(&format!("{name}.{}", self.stage))
    }
}

fn line() -> Vec<f64> {
    (0..LINE).map(|i| 5.0 * (2.0 * i as f64 / (LINE - 1) as f64 - 1.0)).collect()
}

/// The drawing of one layer at a point, once it is known where the layer brings it.
fn draw(config: &Config, stage: usize, x: [f64; 2], places: &[[f64; 2]]) -> (Alone, [f64; 2], f64) {
    let graph = flows::portraits(config, LINE, PLACES).unwrap().unwrap();
    let mut alone = Alone { config: config.clone(), stage, drawn: Program::new(graph).randomise(0.3, 8) };
    let (to, log_det) = alone.forward(&[x]);
    let mut path = vec![[0.0; 2]; config.stages() + 1];
    (path[stage], path[stage + 1]) = (x, to[0]);
    alone.drawn.program.set_input("line", &line()).unwrap();
    alone.drawn.program.set_input("places", places.as_flattened()).unwrap();
    alone.drawn.run("path", path.as_flattened());
    (alone, to[0], log_det[0])
}

/// A point with these two coordinates, the one that is read first.
fn pair(conditioning: Conditioning, read: f64, moved: f64) -> [f64; 2] {
    let mut at = [0.0; 2];
    (at[conditioning.reads], at[conditioning.moves()]) = (read, moved);
    at
}

fn check_map(alone: &Alone, conditioning: Conditioning, x: [f64; 2], z: [f64; 2], log_det: f64) {
    let what = format!("{:?} layer {}", alone.config.family, alone.stage);
    let (reads, moves) = (conditioning.reads, conditioning.moves());
    let first = if conditioning.both_move { alone.drawn("first_log_slope_here")[0] } else { 0.0 };
    let (map, slopes) = (alone.drawn("map"), alone.drawn("log_slope"));
    if conditioning.latent {
        // The map takes noise to data: the layer brings what it gives back to the line.
        let back: Vec<[f64; 2]> = map.iter().map(|&v| pair(conditioning, x[reads], v)).collect();
        let (to, log_dets) = alone.forward(&back);
        for (i, at) in line().into_iter().enumerate() {
            near(to[i][moves], at, &what);
            near(log_dets[i], -slopes[i] - first, &what);
        }
        let firsts = alone.drawn("first_map").into_iter().map(|v| pair(conditioning, v, x[moves])).collect::<Vec<_>>();
        alone.forward(&firsts).0.iter().zip(line()).for_each(|(to, at)| near(to[reads], at, &what));
        near(log_det, -alone.drawn("log_slope_here")[0] - first, &what);
        return;
    }
    let along: Vec<[f64; 2]> = line().into_iter().map(|v| pair(conditioning, x[reads], v)).collect();
    let (to, log_dets) = alone.forward(&along);
    for i in 0..LINE {
        near(map[i], to[i][moves], &what);
        near(slopes[i] + first, log_dets[i], &what);
    }
    near(alone.drawn("log_slope_here")[0] + first, log_det, &what);
    if conditioning.both_move {
        let firsts: Vec<[f64; 2]> = line().into_iter().map(|v| pair(conditioning, v, x[moves])).collect();
        let to = alone.forward(&firsts).0;
        let (map, slopes) = (alone.drawn("first_map"), alone.drawn("first_log_slope"));
        // The other coordinate's slope is another one for each of these points: the first one's alone is a difference of the layer's images.
        const H: f64 = 1e-6;
        let beside = |h: f64| alone.forward(&line().into_iter().map(|v| pair(conditioning, v + h, x[moves])).collect::<Vec<_>>()).0;
        let (above, below) = (beside(H), beside(-H));
        for i in 0..LINE {
            near(map[i], to[i][reads], &what);
            let slope = (above[i][reads] - below[i][reads]) / (2.0 * H);
            assert!((slope.ln() - slopes[i]).abs() < 1e-6, "{what}: {} {}", slope.ln(), slopes[i]);
        }
        near(z[reads], interpolated(alone, x[reads]), &what);
    }
    match alone.config.family {
        Family::CubicSpline(spline) | Family::RationalQuadratic(spline) | Family::SplineAutoregressive(spline) => {
            let (xs, ys) = (alone.drawn("knots_x"), alone.drawn("knots_y"));
            assert_eq!(xs.len(), spline.bins + 1);
            assert!(xs.is_sorted() && ys.is_sorted());
            near(xs[0], -(spline.bound as f64), &what);
            near(ys[spline.bins], spline.bound as f64, &what);
            let knots: Vec<[f64; 2]> = xs.iter().map(|&v| pair(conditioning, x[reads], v)).collect();
            alone.forward(&knots).0.iter().zip(ys).for_each(|(to, y)| near(to[moves], y, &what));
        }
        Family::Sos { .. } | Family::Umnn { .. } => {
            let nodes: Vec<[f64; 2]> = alone.drawn("nodes_x").iter().map(|&v| pair(conditioning, x[reads], v)).collect();
            let (_, log_dets) = alone.forward(&nodes);
            alone.drawn("nodes_y").iter().zip(log_dets).for_each(|(y, log_det)| near(y.ln() + first, log_det, &what));
        }
        _ => {}
    }
}

/// The first coordinate's own map at a number: by the layer itself, whatever the other coordinate is.
fn interpolated(alone: &Alone, v: f64) -> f64 {
    let conditioning = alone.config.conditioning(alone.stage).unwrap();
    alone.forward(&[pair(conditioning, v, -1.3)]).0[0][conditioning.reads]
}

fn check_whole(alone: &Alone, x: [f64; 2], z: [f64; 2], log_det: f64, places: &[[f64; 2]]) {
    let what = format!("{:?} layer {}", alone.config.family, alone.stage);
    let both = |moved: [f64; 2]| [0, 1].into_iter().for_each(|axis| near(x[axis] + moved[axis], z[axis], &what));
    match alone.config.family {
        Family::Planar => {
            let (u, w, bias, along) = (alone.drawn("u"), alone.drawn("w"), alone.drawn("bias")[0], alone.drawn("along")[0]);
            let (bend, steep) = (alone.drawn("bend")[0], alone.drawn("steep")[0]);
            near(bend, (w[0] * x[0] + w[1] * x[1] + bias).tanh(), &what);
            // The length of w is held a hundred-millionth away from 0.
            assert!((along - (w[0] * u[0] + w[1] * u[1])).abs() < 1e-6, "{what}");
            both([u[0] * bend, u[1] * bend]);
            near((1.0 + along * steep).ln(), log_det, &what);
        }
        Family::Radial => {
            let (centre, alpha, beta) = (alone.drawn("centre"), alone.drawn("alpha")[0], alone.drawn("beta")[0]);
            assert!(alpha > 0.0 && beta > -alpha);
            let from = [x[0] - centre[0], x[1] - centre[1]];
            let h = beta / (alpha + from[0].hypot(from[1]));
            both([h * from[0], h * from[1]]);
        }
        Family::Sylvester { .. } => {
            let (q, r1, r2, bias, bend) =
                (alone.drawn("q"), alone.drawn("r1"), alone.drawn("r2"), alone.drawn("bias"), alone.drawn("bend"));
            let turned = [q[0] * x[0] + q[2] * x[1], q[1] * x[0] + q[3] * x[1]];
            for i in [0, 1] {
                near(bend[i], (r2[2 * i] * turned[0] + r2[2 * i + 1] * turned[1] + bias[i]).tanh(), &what);
            }
            let v = [r1[0] * bend[0] + r1[1] * bend[1], r1[2] * bend[0] + r1[3] * bend[1]];
            both([q[0] * v[0] + q[1] * v[1], q[2] * v[0] + q[3] * v[1]]);
            let factors = [0, 1].map(|i| 1.0 + (1.0 - bend[i] * bend[i]) * r1[3 * i] * r2[3 * i]);
            near(factors[0].ln() + factors[1].ln(), log_det, &what);
        }
        Family::Residual => {
            let (field, jacobian) = (alone.drawn("field"), alone.drawn("jacobian"));
            let (to, log_dets) = alone.forward(places);
            for (i, at) in places.iter().enumerate() {
                [0, 1].into_iter().for_each(|axis| near(at[axis] + field[2 * i + axis], to[i][axis], &what));
                let j = &jacobian[4 * i..4 * i + 4];
                near(((1.0 + j[0]) * (1.0 + j[3]) - j[1] * j[2]).ln(), log_dets[i], &what);
            }
        }
        Family::Ffjord { steps } => {
            let motion = alone.drawn("motion");
            let finer = Config { layers: alone.config.layers * steps, family: Family::Ffjord { steps: 1 }, ..alone.config.clone() };
            let mut at = places.to_vec();
            for step in 0..steps {
                at = alone.forward_as(&finer, alone.stage * steps + step, &at).0;
                for (i, at) in at.iter().enumerate() {
                    [0, 1].into_iter().for_each(|axis| near(motion[2 * (i * steps + step) + axis], at[axis], &what));
                }
            }
            assert_eq!(at, alone.forward(places).0);
        }
        _ => {
            let corners = alone.drawn("corners");
            for axis in [0, 1] {
                let origin = corners[axis];
                let by = [corners[2 + axis] - origin, corners[4 + axis] - origin];
                near(origin + by[0] * x[0] + by[1] * x[1], z[axis], &what);
            }
        }
    }
}

#[test]
fn what_is_drawn_of_every_layer_is_what_the_layer_does() {
    let places = normals(1, 2 * PLACES).as_chunks::<2>().0.to_vec();
    for family in Family::ALL {
        let config = Config { layers: 2, width: 12, ..Config::of(family) };
        for stage in 0..config.stages() {
            for (i, x) in normals(2, 8).as_chunks::<2>().0.iter().enumerate() {
                let x = x.map(|v| v * (1.0 + i as f64));
                let (alone, z, log_det) = draw(&config, stage, x, &places);
                match config.conditioning(stage) {
                    Some(conditioning) => check_map(&alone, conditioning, x, z, log_det),
                    None => check_whole(&alone, x, z, log_det, &places),
                }
            }
        }
    }
}

#[test]
fn s_and_t_of_every_affine_layer_are_those_that_move_the_point() {
    for family in Family::ALL {
        let config = Config { layers: 2, width: 12, ..Config::of(family) };
        let graph = flows::conditioners(&config, LINE).unwrap();
        let stages: Vec<usize> = (0..config.stages()).filter(|&stage| config.says_scale_and_shift(stage)).collect();
        assert_eq!(graph.is_some(), !stages.is_empty(), "{family:?}");
        let Some(graph) = graph else { continue };
        let mut said = Program::<f64>::new(graph).randomise(0.3, 8);
        said.run("passive", &line());
        for stage in stages {
            let conditioning = config.conditioning(stage).unwrap();
            let shift = said.output(&format!("shift.{stage}"));
            let log_scale = if config.additive() { vec![0.0; LINE] } else { said.output(&format!("log_scale.{stage}")) };
            let drawn = flows::portraits(&config, LINE, PLACES).unwrap().unwrap();
            let mut alone = Alone { config: config.clone(), stage, drawn: Program::new(drawn) };
            for name in said.store.names().map(str::to_owned).collect::<Vec<_>>() {
                alone.drawn.store.set(&name, said.store.get(&name).unwrap()).unwrap();
            }
            // Points whose read coordinate, on the side where it is read, is on the line.
            let other = 0.7;
            let mut x: Vec<[f64; 2]> = line().into_iter().map(|v| pair(conditioning, v, other)).collect();
            if conditioning.latent {
                // The first coordinate's map is affine: two points say where the line came from.
                let (ends, _) = alone.forward(&[pair(conditioning, 0.0, other), pair(conditioning, 1.0, other)]);
                let [a, b] = [ends[0][conditioning.reads], ends[1][conditioning.reads]];
                x.iter_mut().for_each(|x| x[conditioning.reads] = (x[conditioning.reads] - a) / (b - a));
            }
            let (z, _) = alone.forward(&x);
            for i in 0..LINE {
                let [from, to] = [x[i][conditioning.moves()], z[i][conditioning.moves()]];
                let [from, to] = if conditioning.latent { [to, from] } else { [from, to] };
                near(to, from * log_scale[i].exp() + shift[i], &format!("{family:?} layer {stage}"));
            }
        }
    }
}
