//! Maps of the plane, with their Jacobians and inverses.

/// A matrix of two rows.
pub type Matrix = [[f64; 2]; 2];

/// The determinant: the signed area of the parallelogram of the columns.
#[must_use]
pub fn det(m: &Matrix) -> f64 {
    m[0][0] * m[1][1] - m[0][1] * m[1][0]
}

/// `a b`
#[must_use]
pub fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |i: usize, j: usize| a[i][0] * b[0][j] + a[i][1] * b[1][j];
    [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
}

/// The signed area inside a closed outline, positive where it runs counter-clockwise (the shoelace formula).
#[must_use]
pub fn area(outline: &[[f64; 2]]) -> f64 {
    let next = outline.iter().cycle().skip(1);
    0.5 * outline.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]).sum::<f64>()
}

fn times(m: &Matrix, [x, y]: [f64; 2]) -> [f64; 2] {
    [m[0][0] * x + m[0][1] * y, m[1][0] * x + m[1][1] * y]
}

/// Turn at the middle of the swirl, radians, and by how much more than its distance a point near the middle moves out.
const TURN: f64 = 1.8;
const OUT: f64 = 0.8;

/// A map of the plane.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum PlaneMap {
    /// `y = M x`, with M by rows.
    Linear(Matrix),
    /// Turns by `1.8 e^(-r^2/4)` and moves out by the factor `1 + 0.8 e^(-r^2/2)`: the middle is stretched, a ring around it squeezed.
    Swirl,
    /// An affine coupling that moves the second coordinate: `y_2 = x_2 e^s(x_1) + t(x_1)`, `s = 0.8 sin(1.4 x_1)`, `t = 0.7 cos(1.1 x_1)`.
    CoupleSecond,
    /// An affine coupling that moves the first coordinate: `y_1 = x_1 e^s(x_2) + t(x_2)`, `s = 0.6 cos(1.2 x_2)`, `t = 0.8 sin(x_2)`.
    CoupleFirst,
    /// A layer of RealNVP (1605.08803): the second coordinate is moved, then the first.
    RealNvp,
    /// `y = (x_1^2, x_2)`: folds the plane along an axis.
    Fold,
}

/// Scale and shift of a coupling, and their slopes.
struct Net {
    s: f64,
    t: f64,
    ds: f64,
    dt: f64,
}

fn for_second(x: f64) -> Net {
    Net { s: 0.8 * (1.4 * x).sin(), t: 0.7 * (1.1 * x).cos(), ds: 1.12 * (1.4 * x).cos(), dt: -0.77 * (1.1 * x).sin() }
}

fn for_first(x: f64) -> Net {
    Net { s: 0.6 * (1.2 * x).cos(), t: 0.8 * x.sin(), ds: -0.72 * (1.2 * x).sin(), dt: 0.8 * x.cos() }
}

impl PlaneMap {
    /// `f(x)`
    #[must_use]
    pub fn forward(&self, x: [f64; 2]) -> [f64; 2] {
        match self {
            PlaneMap::Linear(m) => times(m, x),
            PlaneMap::Swirl => {
                let (grown, [[c, ms], [s, _]], _) = swirl(x);
                [grown * (c * x[0] + ms * x[1]), grown * (s * x[0] + c * x[1])]
            }
            PlaneMap::CoupleSecond => {
                let net = for_second(x[0]);
                [x[0], x[1] * net.s.exp() + net.t]
            }
            PlaneMap::CoupleFirst => {
                let net = for_first(x[1]);
                [x[0] * net.s.exp() + net.t, x[1]]
            }
            PlaneMap::RealNvp => PlaneMap::CoupleFirst.forward(PlaneMap::CoupleSecond.forward(x)),
            PlaneMap::Fold => [x[0] * x[0], x[1]],
        }
    }

    /// The matrix of partial derivatives at x, row i for output i.
    #[must_use]
    pub fn jacobian(&self, x: [f64; 2]) -> Matrix {
        match self {
            PlaneMap::Linear(m) => *m,
            PlaneMap::Swirl => {
                let (grown, turn, [by_out, by_turn]) = swirl(x);
                let out = times(&turn, x);
                // A quarter turn on: the derivative of a rotation by its angle.
                let along = [-out[1], out[0]];
                // Both factors depend on r alone, so their gradients point along x.
                let entry = |i: usize, j: usize| grown * turn[i][j] + (out[i] * by_out + grown * along[i] * by_turn) * x[j];
                [[entry(0, 0), entry(0, 1)], [entry(1, 0), entry(1, 1)]]
            }
            PlaneMap::CoupleSecond => {
                let net = for_second(x[0]);
                [[1.0, 0.0], [x[1] * net.s.exp() * net.ds + net.dt, net.s.exp()]]
            }
            PlaneMap::CoupleFirst => {
                let net = for_first(x[1]);
                [[net.s.exp(), x[0] * net.s.exp() * net.ds + net.dt], [0.0, 1.0]]
            }
            PlaneMap::RealNvp => {
                let between = PlaneMap::CoupleSecond.forward(x);
                product(&PlaneMap::CoupleFirst.jacobian(between), &PlaneMap::CoupleSecond.jacobian(x))
            }
            PlaneMap::Fold => [[2.0 * x[0], 0.0], [0.0, 1.0]],
        }
    }

    /// The one x with `f(x) = y`; `None` if there is none, or more than one.
    #[must_use]
    pub fn inverse(&self, y: [f64; 2]) -> Option<[f64; 2]> {
        match self {
            PlaneMap::Linear(m) => {
                let area = det(m);
                (area.abs() > 1e-9).then(|| times(&[[m[1][1] / area, -m[0][1] / area], [-m[1][0] / area, m[0][0] / area]], y))
            }
            PlaneMap::Swirl => Some(unswirl(y)),
            PlaneMap::CoupleSecond => {
                let net = for_second(y[0]);
                Some([y[0], (y[1] - net.t) * (-net.s).exp()])
            }
            PlaneMap::CoupleFirst => {
                let net = for_first(y[1]);
                Some([(y[0] - net.t) * (-net.s).exp(), y[1]])
            }
            PlaneMap::RealNvp => PlaneMap::CoupleFirst.inverse(y).and_then(|between| PlaneMap::CoupleSecond.inverse(between)),
            PlaneMap::Fold => None,
        }
    }
}

/// The factor outward, the rotation, and what each derivative is along x: `grad factor = by_out x`, `grad angle = by_turn x`.
fn swirl(x: [f64; 2]) -> (f64, Matrix, [f64; 2]) {
    let square = x[0] * x[0] + x[1] * x[1];
    let (out, angle) = (OUT * (-0.5 * square).exp(), TURN * (-0.25 * square).exp());
    let (s, c) = angle.sin_cos();
    (1.0 + out, [[c, -s], [s, c]], [-out, -0.5 * angle])
}

/// The radius by bisection (it grows with slope at least `1 - 2 OUT e^-1.5 = 0.64`), then the turn back.
fn unswirl(y: [f64; 2]) -> [f64; 2] {
    let radius = y[0].hypot(y[1]);
    let (mut low, mut high) = (radius / (1.0 + OUT), radius);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if middle * (1.0 + OUT * (-0.5 * middle * middle).exp()) < radius {
            low = middle;
        } else {
            high = middle;
        }
    }
    let r = 0.5 * (low + high);
    let (s, c) = (TURN * (-0.25 * r * r).exp()).sin_cos();
    let shrink = if radius > 0.0 { r / radius } else { 0.0 };
    [shrink * (c * y[0] + s * y[1]), shrink * (c * y[1] - s * y[0])]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [PlaneMap; 6] = [
        PlaneMap::Linear([[1.4, -0.6], [0.3, 0.8]]),
        PlaneMap::Swirl,
        PlaneMap::CoupleSecond,
        PlaneMap::CoupleFirst,
        PlaneMap::RealNvp,
        PlaneMap::Fold,
    ];

    fn places() -> impl Iterator<Item = [f64; 2]> {
        (-6..=6).flat_map(|i| (-6..=6).map(move |j| [0.4 * f64::from(i) + 0.03, 0.4 * f64::from(j) - 0.02]))
    }

    #[test]
    fn jacobians_are_those_of_differences() {
        let h = 1e-6;
        for map in ALL {
            for x in places() {
                let jacobian = map.jacobian(x);
                for j in 0..2 {
                    let (mut more, mut less) = (x, x);
                    more[j] += h;
                    less[j] -= h;
                    let (up, down) = (map.forward(more), map.forward(less));
                    for i in 0..2 {
                        let measured = (up[i] - down[i]) / (2.0 * h);
                        assert!((jacobian[i][j] - measured).abs() < 1e-7 * (1.0 + measured.abs()), "{map:?} at {x:?}: {i}, {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn inverses_undo_and_what_cannot_be_undone_says_so() {
        for map in &ALL[..5] {
            for x in places() {
                let back = map.inverse(map.forward(x)).unwrap();
                assert!((back[0] - x[0]).hypot(back[1] - x[1]) < 1e-10, "{map:?} at {x:?}");
            }
        }
        assert_eq!(PlaneMap::Fold.inverse([1.0, 0.0]), None);
        assert_eq!(PlaneMap::Linear([[1.0, 2.0], [2.0, 4.0]]).inverse([1.0, 0.0]), None);
        assert_eq!(PlaneMap::Swirl.inverse([0.0, 0.0]), Some([0.0, 0.0]));
    }

    #[test]
    fn a_little_square_changes_its_area_by_the_determinant() {
        for map in ALL {
            for [x, y] in places() {
                let h = 1e-4;
                let square = [[x - h, y - h], [x + h, y - h], [x + h, y + h], [x - h, y + h]];
                let ratio = area(&square.map(|corner| map.forward(corner))) / area(&square);
                let expected = det(&map.jacobian([x, y]));
                assert!((ratio - expected).abs() < 1e-6 * (1.0 + expected.abs()), "{map:?} at {x}, {y}: {ratio}, not {expected}");
            }
        }
    }

    #[test]
    fn determinants_multiply() {
        let (a, b) = ([[1.0, 2.0], [3.0, 4.5]], [[0.5, -1.0], [2.0, 0.1]]);
        assert!((det(&product(&a, &b)) - det(&a) * det(&b)).abs() < 1e-12);
    }
}
