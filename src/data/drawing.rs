//! The user's own drawing as a distribution with a known density.
//!
//! A stroke of the brush lays dabs along its path, half a sigma apart. The target is **the mixture of one Gaussian of the brush's
//! sigma at each dab**, not the handful of points that happen to be drawn from it: so a drawing has a density, endless fresh samples,
//! and an entropy that no model can beat. An eraser stroke takes away the dabs laid before it within twice its sigma.

use serde::{Deserialize, Serialize};

use super::{
    Entropy, Mixture, Points,
    mixture::{Component, Grid},
    table::MOST_CLASSES,
};

/// Coordinates are kept inside this square; the canvas is well inside.
const EDGE: f32 = 20.0;
/// Smallest and largest sigma of a brush.
const SIGMAS: (f32, f32) = (0.02, 2.0);
/// Sigma of the eraser stroke that clears everything.
const CLEAR_SIGMA: f32 = 1_000.0;
/// More dabs than this are not laid: the entropy would take seconds.
pub const MAX_DABS: usize = 10_000;

/// What a stroke does with its points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// They are the path of the pointer: dabs are laid (or taken) along it.
    #[default]
    Path,
    /// Each is a dab: spray, text, an image.
    Dabs,
    /// They are a loop, and what was laid inside it before moves by this much.
    Move([f32; 2]),
}

impl Mark {
    fn is_path(&self) -> bool {
        *self == Mark::Path
    }
}

/// One movement of the brush or the eraser.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stroke {
    /// The path of the pointer.
    pub points: Vec<[f32; 2]>,
    /// Standard deviation of the brush, in units of the plane.
    pub sigma: f32,
    /// Whether the stroke takes away instead of adding.
    pub erased: bool,
    /// What the points are.
    #[serde(default, skip_serializing_if = "Mark::is_path")]
    pub mark: Mark,
    /// Class of what is laid: the colour of the brush.
    #[serde(default, skip_serializing_if = "is_first")]
    pub class: u8,
}

fn is_first(class: &u8) -> bool {
    *class == 0
}

/// Strokes in order, with undo and redo. The file holds the strokes; what was undone is forgotten with the session.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Drawing {
    strokes: Vec<Stroke>,
    #[serde(skip)]
    undone: Vec<Stroke>,
}

impl Stroke {
    /// The places where this stroke lays (or takes) dabs: the first point, and every half sigma along the path. Whatever a file
    /// holds, they are finite, inside the square and few.
    fn dabs(&self) -> Vec<[f32; 2]> {
        let spacing = self.sigma.clamp(SIGMAS.0, CLEAR_SIGMA) / 2.0;
        let mut path = self.points.iter().filter(|p| p.iter().all(|v| v.is_finite())).map(|p| p.map(|v| v.clamp(-EDGE, EDGE)));
        match self.mark {
            Mark::Path => {}
            Mark::Dabs => return path.take(MAX_DABS).collect(),
            Mark::Move(_) => return Vec::new(),
        }
        let Some(mut last) = path.next() else {
            return Vec::new();
        };
        let mut dabs = vec![last];
        for point in path {
            // From dab to dab, in a straight line towards the pointer.
            loop {
                let [dx, dy] = [point[0] - last[0], point[1] - last[1]];
                let distance = dx.hypot(dy);
                if distance < spacing || dabs.len() >= MAX_DABS {
                    break;
                }
                let part = spacing / distance;
                last = [last[0] + part * dx, last[1] + part * dy];
                dabs.push(last);
            }
        }
        dabs
    }
}

impl Drawing {
    /// The strokes that count, oldest first.
    pub fn strokes(&self) -> &[Stroke] {
        &self.strokes
    }

    /// Start a stroke; what was undone cannot be redone any more.
    pub fn begin(&mut self, at: [f32; 2], sigma: f32, erase: bool) {
        self.undone.clear();
        self.strokes.push(Stroke { points: vec![at], sigma: sigma.clamp(SIGMAS.0, SIGMAS.1), erased: erase, mark: Mark::Path, class: 0 });
    }

    /// Start a stroke whose points are dabs of their own; [`extend`](Self::extend) adds more.
    pub fn scatter(&mut self, points: Vec<[f32; 2]>, sigma: f32) {
        self.undone.clear();
        self.strokes.push(Stroke { points, sigma: sigma.clamp(SIGMAS.0, SIGMAS.1), erased: false, mark: Mark::Dabs, class: 0 });
    }

    /// Start to move what lies inside a loop.
    pub fn grab(&mut self, outline: Vec<[f32; 2]>) {
        self.undone.clear();
        self.strokes.push(Stroke { points: outline, sigma: SIGMAS.0, erased: false, mark: Mark::Move([0.0; 2]), class: 0 });
    }

    /// The stroke that was begun last lays points of this class.
    pub fn colour(&mut self, class: u8) {
        if let Some(stroke) = self.strokes.last_mut() {
            stroke.class = class;
        }
    }

    /// The stroke that was begun last as a straight line to here, or as a move by this much.
    pub fn aim(&mut self, to: [f32; 2]) {
        match self.strokes.last_mut() {
            Some(Stroke { mark: mark @ Mark::Move(_), .. }) => *mark = Mark::Move(to),
            Some(stroke) => {
                stroke.points.truncate(1);
                stroke.points.push(to);
            }
            None => {}
        }
    }

    /// How many more dabs it holds.
    pub fn room(&self) -> usize {
        MAX_DABS - self.dabs().len()
    }

    /// Move the pointer of the stroke that was begun last.
    pub fn extend(&mut self, to: [f32; 2]) {
        if let Some(stroke) = self.strokes.last_mut() {
            stroke.points.push(to);
        }
    }

    /// Erase everything; can be undone.
    pub fn clear(&mut self) {
        self.undone.clear();
        self.strokes.push(Stroke { points: vec![[0.0; 2]], sigma: CLEAR_SIGMA, erased: true, mark: Mark::Path, class: 0 });
    }

    /// Take back the last stroke; false if there is none.
    pub fn undo(&mut self) -> bool {
        let last = self.strokes.pop();
        let some = last.is_some();
        self.undone.extend(last);
        some
    }

    /// Bring back the stroke that was undone last; false if there is none.
    pub fn redo(&mut self) -> bool {
        let last = self.undone.pop();
        let some = last.is_some();
        self.strokes.extend(last);
        some
    }

    /// Whether [`undo`](Self::undo) and [`redo`](Self::redo) would do something.
    pub fn can_undo_redo(&self) -> (bool, bool) {
        (!self.strokes.is_empty(), !self.undone.is_empty())
    }

    /// The dabs that are left: place and sigma of each.
    pub fn dabs(&self) -> Vec<([f32; 2], f32)> {
        self.coloured_dabs().into_iter().map(|(p, sigma, _)| (p, sigma)).collect()
    }

    /// The same with the class of each.
    fn coloured_dabs(&self) -> Vec<([f32; 2], f32, u8)> {
        let mut dabs: Vec<([f32; 2], f32, u8)> = Vec::new();
        for stroke in &self.strokes {
            let touched = stroke.dabs();
            if let Mark::Move(by) = stroke.mark {
                let by = by.map(|v| if v.is_finite() { v } else { 0.0 });
                let caught = dabs.iter_mut().filter(|(p, ..)| inside(*p, &stroke.points));
                caught.for_each(|(p, ..)| *p = [0, 1].map(|axis| (p[axis] + by[axis]).clamp(-EDGE, EDGE)));
            } else if stroke.erased {
                let reach = 2.0 * stroke.sigma;
                dabs.retain(|(p, ..)| {
                    let far = |t: &[f32; 2]| (p[0] - t[0]).hypot(p[1] - t[1]) > reach;
                    touched.iter().all(far)
                });
            } else {
                let room = MAX_DABS - dabs.len();
                let sigma = stroke.sigma.clamp(SIGMAS.0, SIGMAS.1);
                let class = stroke.class.min(MOST_CLASSES as u8 - 1);
                dabs.extend(touched.into_iter().take(room).map(|p| (p, sigma, class)));
            }
        }
        dabs
    }

    /// Whether no dab is left: there is nothing to train on.
    pub fn is_empty(&self) -> bool {
        self.dabs().is_empty()
    }

    /// The distribution that is drawn: one Gaussian a dab, equally likely. None if no dab is left.
    pub fn mixture(&self) -> Option<Mixture> {
        let component =
            |(p, sigma, class): ([f32; 2], f32, u8)| Component { mean: p.map(f64::from), weight: 1.0, sigma: f64::from(sigma), class };
        Mixture::new(self.coloured_dabs().into_iter().map(component).collect())
    }

    /// `n` points of the drawing; none if no dab is left.
    pub fn sample(&self, n: usize, seed: u64, stream: u64) -> Points {
        self.mixture().map(|m| m.sample(n, seed, stream)).unwrap_or_default()
    }

    /// log p(x, y) in nats; minus infinity if no dab is left. For many points take [`mixture`](Self::mixture) once.
    pub fn log_density(&self, x: f64, y: f64) -> f64 {
        self.mixture().map_or(f64::NEG_INFINITY, |m| m.log_density(x, y))
    }

    /// p on a grid, for a picture; zeros if no dab is left.
    pub fn density_on(&self, grid: &Grid) -> Vec<f64> {
        self.mixture().map_or_else(|| vec![0.0; grid.size[0] * grid.size[1]], |m| m.density_on(grid))
    }

    /// The floor of any model's test loss on this drawing, by quadrature (tens of milliseconds; a second for a page full of fine
    /// strokes). None if no dab is left.
    pub fn entropy(&self) -> Option<Entropy> {
        self.mixture().map(|m| m.entropy())
    }
}

/// Whether a point lies inside a closed outline, by the number of its sides to the right of the point.
pub fn inside([x, y]: [f32; 2], outline: &[[f32; 2]]) -> bool {
    let next = outline.iter().cycle().skip(1);
    let crossings = outline.iter().zip(next).filter(|(a, b)| {
        let straddles = (a[1] > y) != (b[1] > y);
        straddles && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
    });
    crossings.count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::mixture::mean_and_error;

    fn line() -> Drawing {
        let mut drawing = Drawing::default();
        drawing.begin([-1.0, 0.0], 0.2, false);
        drawing.extend([1.0, 0.0]);
        drawing
    }

    #[test]
    fn dabs_lie_half_a_sigma_apart_however_fast_the_pointer_moved() {
        assert!((20..=21).contains(&line().dabs().len()));
        let mut slow = Drawing::default();
        slow.begin([-1.0, 0.0], 0.2, false);
        (-99..=100).for_each(|i| slow.extend([i as f32 / 100.0, 0.0]));
        assert!((20..=21).contains(&slow.dabs().len()));
        for pair in line().dabs().windows(2) {
            assert!((pair[1].0[0] - pair[0].0[0] - 0.1).abs() < 1e-4);
        }
    }

    #[test]
    fn one_dab_is_one_gaussian() {
        let mut drawing = Drawing::default();
        assert!(drawing.is_empty() && drawing.entropy().is_none());
        assert!(drawing.sample(5, 0, 0).is_empty());
        drawing.begin([0.5, 0.5], 0.3, false);
        let exact = (std::f64::consts::TAU * std::f64::consts::E * 0.09).ln();
        // sigma is the f32 nearest to 0.3.
        assert!((drawing.entropy().unwrap().nats - exact).abs() < 1e-6);
    }

    #[test]
    fn samples_have_the_entropy_of_the_quadrature() {
        let mut drawing = line();
        drawing.begin([0.0, 1.0], 0.1, false);
        drawing.extend([0.5, -1.0]);
        let mixture = drawing.mixture().unwrap();
        let floor = drawing.entropy().unwrap();
        let sampled = mean_and_error(drawing.sample(20_000, 1, 0).xy.iter().map(|p| -mixture.log_density(p[0].into(), p[1].into())));
        // Five standard errors.
        assert!((sampled.nats - floor.nats).abs() < 5.0 * sampled.std_error);
        assert!(floor.exact);
    }

    #[test]
    fn the_eraser_takes_and_undo_brings_back() {
        let mut drawing = line();
        let before = drawing.dabs();
        drawing.begin([0.0, 0.0], 0.1, true);
        let erased = drawing.dabs();
        assert!(erased.len() < before.len() && erased.iter().all(|(p, _)| p[0].abs() > 0.2));
        drawing.begin([0.0, 0.0], 0.1, false);
        assert_eq!(drawing.dabs().len(), erased.len() + 1);
        assert!(drawing.undo() && drawing.undo());
        assert_eq!(drawing.dabs(), before);
        assert!(drawing.redo());
        assert_eq!(drawing.dabs(), erased);
        assert_eq!(drawing.can_undo_redo(), (true, true));
        drawing.clear();
        assert!(drawing.is_empty() && !drawing.redo());
        assert!(drawing.undo());
        assert_eq!(drawing.dabs(), erased);
        while drawing.undo() {}
        assert!(drawing.is_empty());
    }

    #[test]
    fn a_loop_moves_what_it_holds_and_nothing_else() {
        let mut drawing = line();
        let before = drawing.dabs();
        // A concave loop: an arrow head whose notch lies at (0, 0).
        let arrow = vec![[-0.55, -1.0], [0.0, 0.0], [0.55, -1.0], [0.0, 1.0]];
        assert!(inside([0.0, 0.5], &arrow) && !inside([0.0, -0.5], &arrow) && !inside([2.0, 0.0], &arrow));
        drawing.grab(vec![[-0.25, -1.0], [0.25, -1.0], [0.25, 1.0], [-0.25, 1.0]]);
        drawing.aim([0.5, 2.0]);
        for ((a, _), (b, _)) in before.iter().zip(drawing.dabs()) {
            let by = if a[0].abs() < 0.25 { [0.5, 2.0] } else { [0.0; 2] };
            assert!((0..2).all(|axis| (b[axis] - a[axis] - by[axis]).abs() < 1e-6), "{a:?} {b:?}");
        }
        assert!(drawing.undo());
        assert_eq!(drawing.dabs(), before);
    }

    #[test]
    fn scattered_points_are_dabs_and_a_line_has_two_ends() {
        let mut drawing = Drawing::default();
        drawing.scatter(vec![[1.0, 2.0]], 0.05);
        drawing.extend([5.0, 2.0]);
        assert_eq!(drawing.dabs(), [([1.0, 2.0], 0.05), ([5.0, 2.0], 0.05)]);
        drawing.begin([0.0, 0.0], 0.5, false);
        drawing.aim([9.0, 9.0]);
        drawing.aim([1.0, 0.0]);
        assert_eq!(drawing.strokes()[1].points, [[0.0, 0.0], [1.0, 0.0]]);
        assert_eq!(drawing.room(), MAX_DABS - drawing.dabs().len());
        let json = serde_json::to_string(&drawing).unwrap();
        assert_eq!(serde_json::from_str::<Drawing>(&json).unwrap(), drawing);
    }

    #[test]
    fn a_colour_is_the_class_of_what_is_drawn_with_it() {
        let mut drawing = line();
        let shares = drawing.mixture().unwrap().class_shares();
        assert!(shares.len() == 1 && (shares[0] - 1.0).abs() < 1e-12, "{shares:?}");
        assert!(drawing.sample(100, 1, 0).classes.is_empty(), "one colour is no class");
        drawing.begin([3.0, 3.0], 0.2, false);
        drawing.colour(2);
        let dabs = drawing.dabs().len() as f64;
        let shares = drawing.mixture().unwrap().class_shares();
        assert!(
            (shares[0] - (dabs - 1.0) / dabs).abs() < 1e-12 && shares[1] == 0.0 && (shares[2] - 1.0 / dabs).abs() < 1e-12,
            "{shares:?}"
        );
        let points = drawing.sample(2_000, 1, 0);
        // Nine sigma apart: no point of one lies among the other's.
        assert!(points.xy.iter().zip(&points.classes).all(|(p, &class)| (p[1] > 1.5) == (class == 2)));
        let json = serde_json::to_string(&drawing).unwrap();
        assert_eq!(serde_json::from_str::<Drawing>(&json).unwrap(), drawing);
    }

    #[test]
    fn a_drawing_survives_its_file_and_bad_files_stay_finite() {
        let drawing = line();
        let json = serde_json::to_string(&drawing).unwrap();
        assert_eq!(serde_json::from_str::<Drawing>(&json).unwrap(), drawing);
        let bad = Drawing {
            strokes: vec![Stroke {
                points: vec![[f32::NAN, 0.0], [1e38, -1e38], [-1e38, f32::INFINITY]],
                sigma: 0.0,
                erased: false,
                mark: Mark::Path,
                class: 255,
            }],
            undone: vec![],
        };
        assert_eq!(bad.dabs().len(), 1);
        assert!(bad.entropy().unwrap().nats.is_finite());
    }
}
