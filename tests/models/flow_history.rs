//! Looking back, layers left out, layers left as they are, and the loss without its log-determinant: compared with fits and flows made apart.

use std::collections::BTreeMap;
use std::sync::Arc;

use tractable::data::Toy;
use tractable::exec::cpu::CpuSession;
use tractable::flows::Config;
use tractable::train::flow_job::{FlowCommand, FlowSnapshot, Wiring, cooled};
use tractable::train::{Fit, Lesson, Model, PointData, Source, Weights};

use crate::flow_job::Lab;

type Arrays = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

fn arrays(lab: &mut Lab, step: u64) -> Arrays {
    lab.ask(FlowCommand::Hand);
    let handed = lab.wait("the weights", |s| s.handed.as_ref().is_some_and(|w| w.step() == step)).handed.unwrap();
    handed.arrays.clone()
}

/// What a fit of its own has after so many steps.
fn fresh_fit(lesson: &Lesson, steps: u64) -> Weights {
    let mut fit = Fit::new(lesson.clone(), Source::open(lesson).unwrap(), Box::new(CpuSession::new(1))).unwrap();
    for step in 0..steps {
        fit.set_rate(cooled(lesson.training.adam.rate, Some(0), step));
        fit.advance().unwrap();
    }
    fit.weights().unwrap()
}

fn at_rest(lab: &mut Lab, least: u64) -> FlowSnapshot {
    lab.wait("progress", |s| s.step >= least);
    lab.ask(FlowCommand::Train(false));
    lab.wait("rest", |s| !s.training)
}

#[test]
fn a_step_that_is_looked_back_at_is_that_of_a_fresh_fit_bit_for_bit_and_training_goes_on_from_the_newest() {
    let mut lab = Lab::open();
    let rest = at_rest(&mut lab, 250);
    let newest = arrays(&mut lab, rest.step);
    let kept = &rest.timeline.kept;
    assert_eq!((kept[0], rest.timeline.newest), (0, rest.step));
    assert!(rest.timeline.every.is_power_of_two() && kept.iter().all(|step| step.is_multiple_of(rest.timeline.every)));
    for wish in [0, 77, 200] {
        let shown = *kept.iter().rev().find(|step| **step <= wish).unwrap();
        lab.ask(FlowCommand::LookAt(wish));
        let back = lab.wait("the past", |s| s.step == shown && s.pictures.as_ref().is_some_and(|p| p.step == shown));
        assert_eq!((back.timeline.shown, back.timeline.newest), (shown, rest.step));
        assert_eq!(arrays(&mut lab, shown), fresh_fit(&Lab::lesson(), shown).arrays, "step {shown}");
    }
    lab.ask(FlowCommand::LookAt(u64::MAX));
    lab.wait("the newest", |s| s.timeline.shown == rest.step);
    assert_eq!(arrays(&mut lab, rest.step), newest);
    lab.ask(FlowCommand::LookAt(20));
    lab.wait("the past", |s| s.timeline.shown <= 20);
    lab.ask(FlowCommand::Train(true));
    lab.wait("training from the newest", |s| s.training && s.step > rest.step);
}

#[test]
fn training_from_an_earlier_step_makes_the_same_steps_again_and_forgets_the_others() {
    let mut lab = Lab::open();
    let rest = at_rest(&mut lab, 150);
    let from = *rest.timeline.kept.iter().rev().find(|step| **step <= 64).unwrap();
    lab.ask(FlowCommand::LookAt(from));
    lab.wait("the past", |s| s.step == from);
    lab.ask(FlowCommand::GoOnFromHere);
    lab.ask(FlowCommand::Train(false));
    let again = lab.wait("the other way", |s| !s.training && s.timeline.newest == s.step);
    lab.ask(FlowCommand::Update(40));
    let step = again.step + 40;
    lab.wait("forty updates", |s| s.step == step);
    assert_eq!(arrays(&mut lab, step), fresh_fit(&Lab::lesson(), step).arrays);
}

#[test]
fn after_a_failure_the_line_ends_at_the_last_good_step_and_goes_back_twenty() {
    let mut lab = Lab::open();
    lab.wait("progress", |s| s.step > 120 && s.pictures.as_ref().is_some_and(|p| p.step > 60));
    lab.ask(FlowCommand::Rate(1.0));
    let stopped = lab.wait("the explosion", |s| s.diverged.is_some());
    let broke = stopped.timeline.broke.unwrap();
    assert!(broke > stopped.step && stopped.timeline.newest == stopped.step);
    assert!(stopped.timeline.kept.iter().all(|step| *step <= stopped.step));
    lab.ask(FlowCommand::GoBack(20));
    let back = lab.wait("before it", |s| s.step + 20 <= stopped.step);
    assert!(back.timeline.broke.is_none() && back.diverged.is_none() && !back.training);
    assert_eq!(back.timeline.newest, back.step);
    lab.ask(FlowCommand::Rate(5e-4));
    lab.ask(FlowCommand::Train(true));
    lab.wait("going on", |s| s.training && s.step > back.step + 10);
    lab.ask(FlowCommand::Rate(1.0));
    lab.wait("another explosion", |s| s.diverged.is_some() && s.timeline.broke.is_some());
    lab.ask(FlowCommand::Data(PointData::Toy { toy: Toy::Rings }));
    lab.wait("other data", |s| s.diverged.is_none() && s.timeline.broke.is_none());
}

/// `hidden_2(relu(hidden_1(relu(v))))` of a coupling's conditioner, in f64 and without any graph.
fn conditioner(arrays: &Arrays, layer: usize, v: f64) -> Vec<f64> {
    let mut values = vec![v];
    for (name, rectified) in [("hidden_1", true), ("hidden_2", true), ("out", false)] {
        let weight = &arrays[&format!("coupling.{layer}.{name}.weight")].1;
        let bias = &arrays[&format!("coupling.{layer}.{name}.bias")].1;
        let out = bias.len();
        let sum = |j: usize| values.iter().enumerate().fold(f64::from(bias[j]), |sum, (i, v)| sum + v * f64::from(weight[i * out + j]));
        values = (0..out).map(sum).map(|v| if rectified { v.max(0.0) } else { v }).collect();
    }
    values
}

/// `ln p(x)` of the layers that are not muted, worked by hand from the paper's formulas.
fn log_prob(arrays: &Arrays, config: &Config, muted: u64, x: [f64; 2]) -> f64 {
    let (mut at, mut log_det) = (x, 0.0);
    for layer in (0..config.layers).filter(|layer| muted >> layer & 1 == 0) {
        let (passive, moved) = (layer % 2, 1 - layer % 2);
        let said = conditioner(arrays, layer, at[passive]);
        let s = 2.0 * (said[0] / 2.0).tanh();
        at[moved] = at[moved] * s.exp() + said[1];
        log_det += s;
    }
    log_det - 0.5 * (at[0] * at[0] + at[1] * at[1]) - std::f64::consts::TAU.ln()
}

#[test]
fn a_muted_flow_is_the_flow_without_that_layer_and_its_integral_is_one() {
    let mut lab = Lab::open();
    let rest = at_rest(&mut lab, 200);
    let weights = arrays(&mut lab, rest.step);
    let x = [0.4, 0.9];
    lab.ask(FlowCommand::Probe(x));
    for muted in [0b100u64, 0b1010_0001, 0b1111_1111] {
        lab.ask(FlowCommand::Wire(Wiring { muted, ..Wiring::default() }));
        let heard = lab.wait("the muted flow", |s| {
            let drawn =
                s.pictures.as_ref().is_some_and(|p| p.wiring.muted == muted && p.density.size == [256, 256] && p.integral.is_some());
            s.wiring.muted == muted && drawn && s.probe.as_ref().is_some_and(|p| p.at == x)
        });
        let (probe, pictures) = (heard.probe.unwrap(), heard.pictures.unwrap());
        let expected = log_prob(&weights, &heard.config, muted, x);
        // f32 against f64 over eight layers.
        assert!((probe.log_prob - expected).abs() < 1e-4, "{muted:b}: {} {expected}", probe.log_prob);
        assert!((pictures.integral.unwrap().mass - 1.0).abs() < 1e-3, "{muted:b}: {:?}", pictures.integral);
        for layer in (0..8).filter(|layer| muted >> layer & 1 == 1) {
            assert_eq!((probe.log_dets[layer], probe.points[layer + 1]), (0.0, probe.points[layer]));
        }
        // s and t are those of the layer whether it takes part or not.
        for (layer, said) in probe.conditioners.iter().enumerate() {
            let [s, t] = said.unwrap();
            let said = conditioner(&weights, layer, probe.points[layer][layer % 2].into());
            assert!((s - 2.0 * (said[0] / 2.0).tanh()).abs() < 1e-5 && (t - said[1]).abs() < 1e-5);
        }
        assert_eq!(arrays(&mut lab, rest.step), weights, "muting changes no parameter");
    }
}

#[test]
fn a_frozen_layer_keeps_its_parameters_and_moments_while_the_others_learn() {
    let mut lab = Lab::open();
    let rest = at_rest(&mut lab, 60);
    let before = arrays(&mut lab, rest.step);
    lab.ask(FlowCommand::Wire(Wiring { frozen: 0b100, muted: 0b1, log_det: true }));
    lab.ask(FlowCommand::Update(30));
    lab.wait("thirty updates", |s| s.step == rest.step + 30);
    let after = arrays(&mut lab, rest.step + 30);
    for (name, (_, values)) in &after {
        let still = name.contains("coupling.2.") || name.contains("coupling.0.");
        assert_eq!(*values == before[name].1, still, "{name}");
    }
    lab.ask(FlowCommand::Wire(Wiring { frozen: 0xff, ..Wiring::default() }));
    lab.ask(FlowCommand::Train(true));
    lab.wait("nothing to train", |s| s.wiring.frozen == 0xff && !s.training);
}

#[test]
fn without_the_log_determinant_the_shown_loss_falls_to_its_least_while_the_true_one_rises() {
    let mut lab = Lab::open();
    lab.wait("a fit", |s| s.step > 300);
    let before = lab.wait("a score", |s| s.pictures.as_ref().is_some_and(|p| p.step > 250 && p.test.is_some()));
    let truth = before.pictures.unwrap().test.unwrap().nats;
    lab.ask(FlowCommand::Wire(Wiring { log_det: false, ..Wiring::default() }));
    let later = lab.wait("the collapse", |s| !s.wiring.log_det && s.curves.test.last().is_some_and(|p| p[1] > truth + 3.0));
    let shown = later.curves.train.last().unwrap()[1];
    let least = std::f64::consts::TAU.ln();
    assert!(shown >= least - 1e-4 && shown < truth, "{shown} {truth} {least}");
    // Every squeeze is there to be seen: the layers together squeeze by much more than the data's law asks for.
    let sum: f64 = later.pictures.unwrap().mean_log_dets.iter().sum();
    assert!(sum < -3.0, "{sum}");
}

#[test]
fn the_next_update_is_told_without_being_made() {
    let mut lab = Lab::open();
    let rest = at_rest(&mut lab, 100);
    let before = arrays(&mut lab, rest.step);
    lab.ask(FlowCommand::TellUpdate);
    let story = lab.wait("the story", |s| s.story.is_some()).story.unwrap();
    assert_eq!(arrays(&mut lab, rest.step), before);
    assert_eq!((story.step, story.batch.len(), story.z.len()), (rest.step, 128, 128));
    let config = rest.config;
    // The loss, its two parts and the gradient by the point, all worked by hand.
    let mean = story.batch.iter().map(|x| -log_prob(&before, &config, 0, x.map(f64::from))).sum::<f64>() / 128.0;
    assert!((story.loss - mean).abs() < 1e-4 && (story.loss + story.log_base + story.log_det).abs() < 1e-4);
    for (x, rise) in story.batch.iter().zip(&story.rise).take(20) {
        let h = 1e-6;
        for axis in 0..2 {
            let at = |d: f64| {
                let mut x = x.map(f64::from);
                x[axis] += d;
                log_prob(&before, &config, 0, x)
            };
            // Where a rectified unit bends within h of the point, the slopes on its sides differ and the gradient is one of them.
            let sides = [(at(h) - at(0.0)) / h, (at(0.0) - at(-h)) / h];
            let rise = f64::from(rise[axis]);
            assert!(sides.iter().any(|slope| (slope - rise).abs() < 1e-3 * (1.0 + slope.abs())), "{sides:?} {rise}");
        }
    }
    // Made, it is what was told.
    lab.ask(FlowCommand::Update(1));
    lab.wait("one update", |s| s.step == rest.step + 1);
    let after = arrays(&mut lab, rest.step + 1);
    let mean = story.batch.iter().map(|x| -log_prob(&after, &config, 0, x.map(f64::from))).sum::<f64>() / 128.0;
    assert!((story.loss_after - mean).abs() < 1e-4);
    let moved = after.iter().filter(|(name, _)| !name.starts_with("adam.")).flat_map(|(name, (_, v))| v.iter().zip(&before[name].1));
    let moved = moved.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt();
    assert!((story.moved - moved).abs() < 1e-6 * moved.max(1.0));
}

#[test]
fn the_error_map_and_the_ledger_agree_with_the_other_proofs() {
    let mut lab = Lab::open();
    at_rest(&mut lab, 200);
    lab.ask(FlowCommand::Window([-6.0, -6.0, 6.0, 6.0]));
    lab.ask(FlowCommand::ErrorMap(true));
    let seen = lab.wait("the map", |s| {
        s.pictures.as_ref().is_some_and(|p| p.round_trip_map.is_some() && p.density.bounds[0] == -6.0 && p.density.size == [256, 256])
    });
    let pictures = seen.pictures.unwrap();
    let map = pictures.round_trip_map.clone().unwrap();
    let highest = map.log10.values.iter().copied().fold(f32::MIN, f32::max);
    assert!((f64::from(highest) - map.error.max(1e-9).log10()).abs() < 1e-5 && map.error < 1e-2, "{}", map.error);
    let inside = pictures.ledger.inside();
    let sum = pictures.density.values.iter().map(|&p| f64::from(p)).sum::<f64>() * 144.0 / 65_536.0;
    assert!((inside - sum).abs() < 1e-9 && inside > 0.9 && inside < 1.0 + 1e-3, "{inside} {sum}");
}

#[test]
fn weights_go_from_one_worker_to_another() {
    let (mut one, mut other) = (Lab::open(), Lab::open());
    let rest = at_rest(&mut one, 50);
    let weights = arrays(&mut one, rest.step);
    let handed = one.wait_again(FlowCommand::Hand, |s| s.handed.is_some()).handed.unwrap();
    other.ask(FlowCommand::Take(Arc::clone(&handed)));
    other.wait("the taken weights", |s| s.step == rest.step && !s.training);
    assert_eq!(arrays(&mut other, rest.step), weights);
    let Model::Realnvp { config, .. } = Lab::lesson().model else { panic!() };
    assert_eq!(rest.config, config);
}
