//! What the flow lab draws: plain numbers, shared by `Arc`, all of one set of weights.

use std::path::PathBuf;
use std::sync::Arc;

use super::{Asked, Conditioner, Jacobians, Ledger, Portrait, RoundTrip, Timeline, Trace, UpdateStory, Velocities, Wiring};
use crate::data::table::Standard;
use crate::data::{Drawing, Points};
use crate::exec::BackendInfo;
use crate::flows::Config;
use crate::train::{PointData, Score, Weights};

/// A point of the plane.
pub type Point = [f32; 2];

/// What the window may ask of the worker.
#[derive(Clone, Debug)]
pub enum FlowCommand {
    /// Train, or stand still.
    Train(bool),
    /// Another model on the same data, from its initial values.
    Model {
        /// Size, shape and family.
        config: Config,
        /// Points in a training step.
        batch: usize,
    },
    /// Another learning rate from the next step on.
    Rate(f64),
    /// Other data; the weights stay, so the fit goes on from where it is.
    Data(PointData),
    /// The drawing as it is now; `finished` when no stroke is under way, so that its entropy is worth computing.
    Draw {
        /// The strokes.
        drawing: Drawing,
        /// No stroke is under way.
        finished: bool,
    },
    /// Where the probe stands in data space.
    Probe([f64; 2]),
    /// Where it stands in latent space: its place in data space is computed by the inverse.
    ProbeLatent([f64; 2]),
    /// Where the probe stands in the plane after `depth` layers: its place in data space is computed by the inverse of those layers.
    ProbeAt {
        /// Layers that have been applied there.
        depth: usize,
        /// The place.
        at: [f64; 2],
    },
    /// Up to three pinned points of data space.
    Pins(Vec<[f64; 2]>),
    /// A pinned point, led from the plane after `depth` layers.
    PinAt {
        /// Which one.
        index: usize,
        /// Layers that have been applied there.
        depth: usize,
        /// The place.
        at: [f64; 2],
    },
    /// A curve, drawn in the plane after `depth` layers, to be seen in all of them; without points it is taken away.
    Trace {
        /// Layers that have been applied there.
        depth: usize,
        /// The curve.
        points: Vec<Point>,
    },
    /// What is in view in data space, `[left, bottom, right, top]`: where densities and fields are computed.
    Window([f64; 4]),
    /// From the initial values of this seed.
    Restart(u64),
    /// Keeps the present fit under this number, so that it can be taken back after another one was begun.
    Keep(u64),
    /// Takes back the fit that was kept under this number; if it is kept no more, begins anew with these settings.
    TakeBack {
        /// The number that it was kept under.
        run: u64,
        /// Its model.
        config: Config,
        /// Its points in a training step.
        batch: usize,
        /// Its seed.
        seed: u64,
    },
    /// Trains up to this step without stopping for pictures.
    Ahead(u64),
    /// Shows the kept parameters of this training step, or of the newest one before it; training stands meanwhile, and goes on from the
    /// newest.
    LookAt(u64),
    /// What is shown becomes the newest: training goes on from here, and what came after is forgotten.
    GoOnFromHere,
    /// So many updates back from the newest step, or a few more.
    GoBack(u64),
    /// Which layers take part, which are trained, and by which loss.
    Wire(Wiring),
    /// Whether the round-trip error is mapped.
    ErrorMap(bool),
    /// What else lies over the planes.
    Overlay(Asked),
    /// Computes the next update without making it; training stands.
    TellUpdate,
    /// Makes so many updates; training stands.
    Update(u64),
    /// Puts the weights that are shown into the snapshots, for another worker.
    Hand,
    /// Takes model and weights from another worker, and stands still.
    Take(Arc<Weights>),
    /// Writes the weights that are shown to a file.
    Save(PathBuf),
    /// Writes the newest weights, whichever are shown, without a word: a session keeps itself.
    KeepNewest(PathBuf),
    /// Takes model and weights from a file.
    Load(PathBuf),
    /// The sentence about the lost graphics device was read.
    Understood,
    /// The class that the pictures are of; none is the mixture of all by their shares.
    Show(Option<usize>),
}

/// A scalar field over a rectangle of data space.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Field {
    /// `[left, bottom, right, top]`.
    pub bounds: [f64; 4],
    /// Cells in x and in y.
    pub size: [usize; 2],
    /// Values at the centres of the cells, row by row from the top.
    pub values: Vec<f32>,
}

/// A lattice of data space and what every layer does to it: node (row, column) is the centre of a cell, row 0 at the top.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lattice {
    /// `[left, bottom, right, top]` of data space.
    pub bounds: [f64; 4],
    /// Nodes along a side.
    pub side: usize,
    /// Where the nodes are after k layers, `[K+1][side * side]`.
    pub points: Vec<Vec<Point>>,
    /// `log|det J_k|` at the nodes, `[K][side * side]`, nats.
    pub log_dets: Vec<Vec<f32>>,
    /// `ln p(x)` at the nodes, nats; given the first class where the mixture is shown.
    pub log_prob: Vec<f32>,
    /// `ln p(x)` of all classes together at the nodes, where the mixture is shown.
    pub mixture: Option<Vec<f32>>,
}

impl Lattice {
    /// `ln p(x)` of what is shown: of a class, or of all together.
    pub fn shown_log_prob(&self) -> &[f32] {
        self.mixture.as_deref().unwrap_or(&self.log_prob)
    }

    /// `log|det J|` of the first layers together at the nodes, `[side * side]`, nats.
    pub fn log_det_of(&self, layers: usize) -> Vec<f32> {
        (0..self.log_prob.len()).map(|node| self.log_dets.iter().take(layers).map(|layer| layer[node]).sum()).collect()
    }
}

/// Lines of latent space, pulled back through the layers: the straight grid, then the circles of the base density.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Lines {
    /// Points of one line.
    pub length: usize,
    /// How many of the lines are grid lines; the others are circles of radius 1, 2, 3.
    pub straight: usize,
    /// `[K+1][lines * length]`: depth 0 is data space, the last is latent space, where the grid is straight.
    pub points: Vec<Vec<Point>>,
}

/// The sum of p over a stated grid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Integral {
    /// The sum of `p(x)` times the cell's area: 1 if the model is a density.
    pub mass: f64,
    /// The grid covers `[-reach, reach]^2`.
    pub reach: f64,
    /// Cells along a side.
    pub side: usize,
}

/// Every picture of one set of weights.
#[derive(Clone, Debug, Default)]
pub struct Pictures {
    /// Counts up: two pictures with one version are the same.
    pub version: u64,
    /// Training step of the weights.
    pub step: u64,
    /// [`DataView::version`] of the data that was drawn and scored.
    pub data_version: u64,
    /// Which layers took part.
    pub wiring: Wiring,
    /// Data points after k layers, `[K+1][N]`.
    pub points: Vec<Vec<Point>>,
    /// `log|det J_k|` at each of those points, `[K][N]`, nats.
    pub log_dets: Vec<Vec<f32>>,
    /// `ln N(z)` of each of them, `[N]`, nats.
    pub log_base: Vec<f32>,
    /// `ln p(x)` of each of them, `[N]`, nats.
    pub log_prob: Vec<f32>,
    /// Mean of `log|det J_k|` over those points, nats.
    pub mean_log_dets: Vec<f64>,
    /// Mean of `ln N(z)` over those points, nats.
    pub mean_log_base: f64,
    /// Draws of the model after k layers, `[K+1][M]`: depth 0 are the samples x, the last the normal z that they came from.
    pub samples: Vec<Vec<Point>>,
    /// The latent grid, pulled back.
    pub lines: Lines,
    /// A lattice of the data window, pushed forward.
    pub lattice: Lattice,
    /// `p(x)` per unit area over the data window.
    pub density: Field,
    /// Largest distance between a data point and what comes back from its z.
    pub round_trip: f64,
    /// What every layer's conditioner says; none where a layer has no shift of its own.
    pub conditioners: Vec<Option<Conditioner>>,
    /// The mass in view.
    pub ledger: Ledger,
    /// The map of the round-trip error, where it was asked for.
    pub round_trip_map: Option<RoundTrip>,
    /// The Jacobians on a lattice, where they were asked for; of the class whose grids are shown.
    pub jacobians: Option<Jacobians>,
    /// The velocity of a continuous flow, where it was asked for.
    pub velocity: Option<Velocities>,
    /// The class that they are of; none is the mixture, whose grids are those of the first class.
    pub shown: Option<usize>,
    /// Class of each of the samples; empty where the flow reads none.
    pub sample_classes: Vec<u8>,
    /// The sum of p over the plane; not computed for every picture.
    pub integral: Option<Integral>,
    /// The loss on held-out points.
    pub test: Option<Score>,
}

/// What the layers do to one point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeReading {
    /// The probe in data space.
    pub at: [f64; 2],
    /// Training step of the weights.
    pub step: u64,
    /// The point after k layers, `[K+1]`.
    pub points: Vec<Point>,
    /// `log|det J_k|` at the point, nats.
    pub log_dets: Vec<f64>,
    /// `[s, t]` of every affine layer at the point; s is 0 where the layer only shifts.
    pub conditioners: Vec<Option<[f64; 2]>>,
    /// What every layer is drawn from; only of the probe, and none of a layer that is left out.
    pub portraits: Vec<Option<Portrait>>,
    /// `ln N(z)`, nats.
    pub log_base: f64,
    /// `ln p(x)` as the model computes it, nats.
    pub log_prob: f64,
    /// Side of the little square around the probe.
    pub side: f64,
    /// The square's outline after k layers, `[K+1][OUTLINE]`.
    pub outline: Vec<Vec<Point>>,
    /// `log|det J|` of the whole map by central differences: it knows nothing of the formulas.
    pub numeric_log_det: f64,
    /// `ln p(x | c)` of every class, nats; empty where the flow reads none.
    pub given: Vec<f64>,
    /// `p(c | x)` of every class.
    pub posterior: Vec<f64>,
    /// `ln p(x)` of all classes together, nats, where the pictures are of that: the layers' numbers are then those of the first class.
    pub mixture: Option<f64>,
}

impl ProbeReading {
    /// `ln p(x)` of what is shown, nats: of a class, or of all together.
    pub fn shown_log_prob(&self) -> f64 {
        self.mixture.unwrap_or(self.log_prob)
    }

    /// `sum_{j <= k} log|det J_j|`: how the first k layers change an area, in nats.
    pub fn cumulative(&self, k: usize) -> f64 {
        self.log_dets.iter().take(k).sum()
    }
}

/// The data that is learned from.
#[derive(Clone, Debug, Default)]
pub struct DataView {
    /// Counts up with every change.
    pub version: u64,
    /// Title on the screen.
    pub title: String,
    /// Some of the points, to draw.
    pub points: Vec<Point>,
    /// Class of each of them; empty where they have none.
    pub classes: Vec<u8>,
    /// Share of each class; empty where there are none.
    pub shares: Vec<f64>,
    /// What the classes are called, where a table says.
    pub class_names: Vec<String>,
    /// What the two coordinates are called and their units, where a table says.
    pub standard: Option<Standard>,
    /// Names of all columns that the table has.
    pub offered: Vec<String>,
    /// Points in a finite set, dabs of a drawing; `None` where fresh points come without end.
    pub count: Option<usize>,
    /// Entropy of the law that the points come from, nats.
    pub floor: Option<f64>,
    /// The entropy is being computed.
    pub floor_pending: bool,
    /// Largest value of the true density at the points, where it is known: the top of the colour scale.
    pub peak: Option<f64>,
    /// Why nothing can be learned from it, or what was noted while reading it.
    pub note: Option<String>,
    /// Nothing can be learned from it.
    pub unusable: bool,
}

impl DataView {
    /// Takes the points to draw.
    pub(super) fn take(&mut self, points: Points) {
        (self.points, self.classes) = (points.xy, points.classes);
    }
}

/// Learning curves, thinned: a point of `train` is the mean over its steps.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    /// `[step, nats]` on training batches.
    pub train: Vec<[f64; 2]>,
    /// `[step, nats]` on held-out points.
    pub test: Vec<[f64; 2]>,
    /// Steps averaged in a point of `train`.
    pub averaged: u64,
}

/// Everything there is to see, newest wins.
#[derive(Clone, Debug)]
pub struct FlowSnapshot {
    /// The model.
    pub config: Config,
    /// Points in a training step.
    pub batch: usize,
    /// Learning rate at its highest.
    pub rate: f64,
    /// Learning rate of the next step.
    pub rate_now: f64,
    /// Seed of the initial values, batches and noise.
    pub seed: u64,
    /// Which data.
    pub source: PointData,
    /// Updates so far.
    pub step: u64,
    /// Updates a second over the last second, pictures included.
    pub steps_per_second: f64,
    /// Whether it trains.
    pub training: bool,
    /// Commands carried out so far: the window knows from it whether a snapshot answers what it asked last.
    pub heard: u64,
    /// What it runs on.
    pub backend: BackendInfo,
    /// The data.
    pub data: Arc<DataView>,
    /// The learning curves.
    pub curves: Arc<Curves>,
    /// The pictures, once there are some.
    pub pictures: Option<Arc<Pictures>>,
    /// What the layers do to the probe.
    pub probe: Option<Arc<ProbeReading>>,
    /// What they do to the pinned points.
    pub pins: Arc<Vec<ProbeReading>>,
    /// The curve that was drawn, at every depth.
    pub trace: Option<Arc<Trace>>,
    /// Training broke: the sentence that says so.
    pub diverged: Option<String>,
    /// That the graphics device was lost and where the fit goes on, until [`FlowCommand::Understood`].
    pub lost: Option<String>,
    /// Which steps can be seen, and which one is.
    pub timeline: Timeline,
    /// Which layers take part, which are trained, and by which loss.
    pub wiring: Wiring,
    /// The class that the pictures are of, once they are drawn.
    pub shown: Option<usize>,
    /// The next update, once it was asked for.
    pub story: Option<Arc<UpdateStory>>,
    /// Weights, once they were asked for.
    pub handed: Option<Arc<Weights>>,
}
