//! Ancestral sampling: an autoregressive model draws its data position by position.
//!
//! Randomness is data: every position has one uniform number u, fixed beforehand, and its level is read off the inverse distribution
//! function at u ([`draw`]). So the three samplers (cached, full forward, [Jacobi](super::iterate::Jacobi)) give the same levels for the
//! same u, going back and forward again changes nothing, and a branch at step k keeps the noise of what follows.

mod cpu;
mod trajectory;

use std::ops::Range;

pub use cpu::{CpuRegions, CpuSampler, SamplerError};
pub use trajectory::{Trajectory, draw, temper};

use crate::graph::causal::{CausalError, Order, Schedule};
use crate::graph::{Graph, NodeId};

/// A prepared graph of which single positions can be computed; the whole batch at a time.
///
/// Values must stay until they are computed anew, so each node needs a buffer of its own.
pub trait Regions {
    /// Computes these positions of a node from its operands' present values.
    fn compute(&mut self, node: NodeId, positions: Range<usize>);

    /// Computes all of a node.
    fn compute_whole(&mut self, node: NodeId);

    /// A node's present values, row-major.
    fn value(&self, node: NodeId) -> &[f32];

    /// An input's values, to be written.
    fn input_mut(&mut self, node: NodeId) -> &mut [f32];
}

/// The cached sampler: walks a [`Schedule`], so that a whole image costs about one forward pass.
///
/// The data input holds the level of each position as a whole number, `[B,H,W,1]`. Weights and other inputs (the class) must be in the
/// program before [`CachedSampler::start`]; between two calls nobody else may compute in the same program.
#[derive(Clone, Debug)]
pub struct CachedSampler {
    schedule: Schedule,
    trajectory: Trajectory,
    drawn: usize,
    /// Steps whose tasks have been run.
    computed: usize,
}

impl CachedSampler {
    /// Prepares to draw the input `data [B,H,W,1]` from `logits [B,H,W,K]`.
    ///
    /// # Errors
    /// A model that is not autoregressive in this order, see [`Schedule::analyse`].
    pub fn new(graph: &Graph, data: NodeId, logits: NodeId, order: Order) -> Result<CachedSampler, CausalError> {
        let shape = graph.shape(logits);
        let schedule = Schedule::analyse(graph, data, logits, order)?;
        let trajectory = Trajectory::new(shape.batch(), shape.positions(), shape.last());
        Ok(CachedSampler { schedule, trajectory, drawn: 0, computed: 0 })
    }

    /// Begins anew: takes the noise `u [B,P]`, in `[0, 1)` by position, and a temperature (0 takes the likeliest level), and computes what
    /// depends on no pixel.
    ///
    /// # Panics
    /// If `u` does not have one number for each position.
    pub fn start(&mut self, program: &mut impl Regions, u: &[f32], temperature: f32) {
        self.trajectory.u.copy_from_slice(u);
        self.trajectory.temperature = temperature;
        (self.drawn, self.computed) = (0, 0);
        for &node in self.schedule.prologue() {
            program.compute_whole(node);
        }
    }

    /// Computes the distribution of the next position into the trajectory, without drawing it. Gives the position; `None` at the end.
    pub fn predict(&mut self, program: &mut impl Regions) -> Option<usize> {
        if self.drawn == self.steps() {
            return None;
        }
        while self.computed <= self.drawn {
            for task in self.schedule.tasks(self.computed) {
                program.compute(task.node, task.positions());
            }
            self.computed += 1;
        }
        let position = self.schedule.order().position(self.drawn);
        self.trajectory.predict(program.value(self.schedule.logits()), position);
        Some(position)
    }

    /// Draws the next position and gives it; `None` at the end.
    pub fn step(&mut self, program: &mut impl Regions) -> Option<usize> {
        let position = self.predict(program)?;
        self.trajectory.draw(position);
        self.write(program, position);
        self.drawn += 1;
        Some(position)
    }

    /// Draws all that is left.
    pub fn finish(&mut self, program: &mut impl Regions) -> &Trajectory {
        while self.step(program).is_some() {}
        &self.trajectory
    }

    /// Goes back: keeps the first `step` positions and forgets the others. What follows is drawn from the same noise.
    ///
    /// # Panics
    /// If fewer have been drawn.
    pub fn resume_from(&mut self, step: usize) {
        assert!(step <= self.drawn, "{step} positions are to be kept, {} are drawn", self.drawn);
        self.drawn = step;
        self.computed = self.computed.min(step + 1);
    }

    /// Branches: the next position gets this level in every row of the batch instead of the drawn one, at the price that the model asks
    /// for it. Gives the position; `None` at the end.
    ///
    /// # Panics
    /// If there is no such level.
    pub fn force(&mut self, program: &mut impl Regions, level: u16) -> Option<usize> {
        let position = self.predict(program)?;
        for image in 0..self.trajectory.batch {
            self.trajectory.put(image, position, level);
        }
        self.write(program, position);
        self.drawn += 1;
        Some(position)
    }

    /// Everything that was drawn so far; positions of the steps from [`CachedSampler::drawn`] on hold what an earlier run left.
    pub fn trajectory(&self) -> &Trajectory {
        &self.trajectory
    }

    /// Number of positions drawn.
    pub fn drawn(&self) -> usize {
        self.drawn
    }

    /// Number of positions in all.
    pub fn steps(&self) -> usize {
        self.schedule.steps()
    }

    /// The schedule that is walked.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// After something else has used the program: puts back the levels drawn, and has every activation computed anew.
    fn invalidate(&mut self, input: &mut [f32]) {
        self.computed = 0;
        input.iter_mut().zip(&self.trajectory.levels).for_each(|(to, &level)| *to = f32::from(level));
    }

    fn write(&self, program: &mut impl Regions, position: usize) {
        let input = program.input_mut(self.schedule.data());
        for (image, levels) in self.trajectory.levels.chunks(self.trajectory.positions).enumerate() {
            input[image * self.trajectory.positions + position] = f32::from(levels[position]);
        }
    }
}

/// The plain sampler: one full forward pass for each position. Slow; kept as what the others are compared with.
///
/// `forward` gets the levels `[B,P]` and writes the logits `[B,P,K]`.
///
/// # Errors
/// What `forward` reports.
pub fn full_forward<E>(
    order: &Order,
    level_count: usize,
    u: &[f32],
    temperature: f32,
    mut forward: impl FnMut(&[f32], &mut [f32]) -> Result<(), E>,
) -> Result<Trajectory, E> {
    let mut trajectory = Trajectory::with_noise(order.len(), level_count, u, temperature);
    let mut data = vec![0.0; u.len()];
    let mut logits = vec![0.0; u.len() * level_count];
    for step in 0..order.len() {
        forward(&data, &mut logits)?;
        let position = order.position(step);
        trajectory.predict(&logits, position);
        trajectory.draw(position);
        for image in 0..trajectory.batch {
            let index = image * order.len() + position;
            data[index] = f32::from(trajectory.levels[index]);
        }
    }
    Ok(trajectory)
}
