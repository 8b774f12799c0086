//! Classes of points: their shares, and what a flow given the class says of all points together.
//!
//! ```text
//! ln p(x) = ln sum_c p(c) p(x | c),     p(c | x) = p(c) p(x | c) / p(x)        both exact
//! ```

use std::sync::Arc;

use serde::Serialize;

use super::{Examples, PointSource, Score, Source, TableSource, TrainError};
use crate::data::chunks;
use crate::exec::Session;
use crate::flows::{self, Config};
use crate::graph::Reuse;

// A table never has more classes than a flow reads.
const _: () = assert!(flows::MOST_CLASSES == crate::data::table::MOST_CLASSES);

/// Points of a run.
const CHUNK: usize = 2_000;

/// `ln p(x)` from `ln p(x | c)` of every class.
pub fn log_mixture(shares: &[f64], given: &[f64]) -> f64 {
    let joint = || shares.iter().zip(given).filter(|(share, _)| **share > 0.0).map(|(share, log_p)| share.ln() + log_p);
    let highest = joint().fold(f64::NEG_INFINITY, f64::max);
    if highest.is_finite() { highest + joint().map(|l| (l - highest).exp()).sum::<f64>().ln() } else { highest }
}

/// `p(c | x)` by Bayes' rule from `ln p(x | c)` of every class; the shares themselves where no class gives the point any density.
pub fn posterior(shares: &[f64], given: &[f64]) -> Vec<f64> {
    let whole = log_mixture(shares, given);
    if !whole.is_finite() {
        return shares.to_vec();
    }
    shares.iter().zip(given).map(|(share, log_p)| if *share > 0.0 { (share.ln() + log_p - whole).exp() } else { 0.0 }).collect()
}

/// What a flow given the class says of held-out points without it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ByClass {
    /// `p(c)`: the share of each class in the data that were learned from.
    pub shares: Vec<f64>,
    /// The score of the mixture `ln p(x)`, which the entropy of all points bounds.
    pub mixture: Score,
    /// Share of the points whose own class has the largest `p(c | x)`.
    pub accuracy: f64,
}

impl ByClass {
    /// Measures the parameters that a session holds on at most `most` held-out points. The shares `p(c)` are a part of the model, as its weights
    /// keep them: those of the points that are scored may be others.
    ///
    /// # Errors
    /// A device that fails.
    pub fn measure(
        session: &mut dyn Session,
        config: &Config,
        source: &Source,
        shares: &[f64],
        seed: u64,
        most: usize,
    ) -> Result<ByClass, TrainError> {
        let examples = source.flow_test(most, seed);
        let given = given_each_class(session, config, &examples)?;
        let (mut nll, mut right) = (Vec::with_capacity(examples.len()), 0_usize);
        for (given, class) in given.iter().zip(&examples.class) {
            nll.push(-log_mixture(shares, given));
            let posterior = posterior(shares, given);
            let best = (0..posterior.len()).max_by(|&a, &b| posterior[a].total_cmp(&posterior[b]));
            right += usize::from(best.is_some_and(|best| best as f32 == *class));
        }
        let floor = if let Source::Points(points) = source { points.floor() } else { None };
        let mixture = Score::of(&nll, config.dim, floor);
        Ok(ByClass { shares: shares.to_vec(), mixture, accuracy: right as f64 / examples.len().max(1) as f64 })
    }
}

/// `ln p(x | c)` of every class at every point, `[n][C]`.
fn given_each_class(session: &mut dyn Session, config: &Config, examples: &Examples) -> Result<Vec<Vec<f64>>, TrainError> {
    let program = session.prepare(&Arc::new(flows::likelihood(config, CHUNK)?), Reuse::On)?;
    let mut given = vec![Vec::with_capacity(config.classes); examples.len()];
    for class in 0..config.classes {
        for part in chunks(examples.len(), CHUNK) {
            let mut asked = examples.at(config.dim, &part.indices);
            asked.class.fill(class as f32);
            session.run(program, &asked.inputs(true))?;
            let values = session.read_output(program, "log_prob")?;
            part.indices[..part.live].iter().zip(values).for_each(|(&i, log_p)| given[i].push(f64::from(log_p)));
        }
    }
    Ok(given)
}

impl PointSource {
    /// Share of each class; none where the points have no classes.
    pub fn class_shares(&self) -> Vec<f64> {
        match self {
            PointSource::Toy(toy) => several(vec![1.0 / toy.classes() as f64; toy.classes()]),
            PointSource::Drawing(mixture, _) => several(mixture.class_shares()),
            PointSource::Finite { train, test, .. } => counted([&train.classes, &test.classes]),
            PointSource::Table(table) => table.class_shares(),
        }
    }
}

impl TableSource {
    /// Share of each class among all rows; none where they have no classes.
    pub fn class_shares(&self) -> Vec<f64> {
        let [train, test] = &self.prepared().classes;
        counted([train, test])
    }
}

impl Source {
    /// Share of each class among a flow's points; none where they have no classes.
    pub fn class_shares(&self) -> Vec<f64> {
        match self {
            Source::Points(points) => points.class_shares(),
            Source::Table(table) => table.class_shares(),
            Source::Images(_) | Source::Sequence(_) => Vec::new(),
        }
    }
}

/// Points of one class have none, whichever it is.
fn several(shares: Vec<f64>) -> Vec<f64> {
    if shares.iter().filter(|share| **share > 0.0).count() > 1 { shares } else { Vec::new() }
}

/// Shares among the points that train and those that test: a class that was wholly held out is one, too.
fn counted(classes: [&[u8]; 2]) -> Vec<f64> {
    let all = || classes.into_iter().flatten().map(|&class| usize::from(class));
    let mut counts = vec![0.0; all().max().map_or(0, |last| last + 1)];
    all().for_each(|class| counts[class] += 1.0);
    let rows: f64 = counts.iter().sum();
    several(counts.into_iter().map(|count| count / rows).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Drawing, Points};

    #[test]
    fn the_mixture_and_bayes_rule_are_those_of_the_definition() {
        let (shares, given) = ([0.25, 0.0, 0.75], [-1.0, 5.0, -2.5]);
        let p = 0.25 * (-1.0_f64).exp() + 0.75 * (-2.5_f64).exp();
        assert!((log_mixture(&shares, &given) - p.ln()).abs() < 1e-12);
        let posterior = posterior(&shares, &given);
        assert!((posterior[0] - 0.25 * (-1.0_f64).exp() / p).abs() < 1e-12 && posterior[1] == 0.0);
        assert!((posterior.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }

    #[test]
    fn far_points_are_of_some_class_and_impossible_ones_of_each_by_its_share() {
        let shares = [0.5, 0.5];
        assert!((log_mixture(&shares, &[-4000.0, -5000.0]) + 4000.0 + 2.0_f64.ln()).abs() < 1e-9);
        assert_eq!(posterior(&shares, &[-4000.0, -5000.0]), [1.0, 0.0]);
        assert_eq!(posterior(&shares, &[f64::NEG_INFINITY; 2]), shares);
        assert_eq!(log_mixture(&[], &[]), f64::NEG_INFINITY);
    }

    #[test]
    fn a_class_that_is_wholly_held_out_counts_and_a_single_one_does_not() {
        let classed = |classes: &[u8]| Points { xy: vec![[0.0; 2]; classes.len()], classes: classes.to_vec() };
        let source =
            |train: &[u8], test: &[u8]| PointSource::Finite { train: classed(train), test: classed(test), note: None, units: None };
        assert_eq!(source(&[0, 0, 1], &[2]).class_shares(), [0.5, 0.25, 0.25]);
        assert_eq!(source(&[1, 1, 1], &[1]).class_shares(), [0.0; 0]);
        // Ink 2 alone is one class, not two of which one is empty.
        let mut drawing = Drawing::default();
        drawing.begin([0.0; 2], 0.2, false);
        drawing.colour(1);
        drawing.extend([1.0, 0.0]);
        let shares = |drawing: &Drawing| PointSource::Drawing(drawing.mixture().unwrap(), None).class_shares();
        assert_eq!(shares(&drawing), [0.0; 0]);
        drawing.begin([2.0; 2], 0.2, false);
        assert_eq!(shares(&drawing).len(), 2);
    }
}
