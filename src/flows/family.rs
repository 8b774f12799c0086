//! Which flow: the families of the lecture's taxonomy, with what makes a member of each.

use serde::{Deserialize, Serialize};

/// A family of flows and its own settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Family {
    /// Additive couplings and one diagonal scale at the end (1410.8516).
    Nice,
    /// Affine couplings (1605.08803).
    #[default]
    RealNvp,
    /// Actnorm, a mixing of the coordinates, an affine coupling (1807.03039).
    Glow {
        /// How the coordinates are mixed before each coupling.
        mixing: Mixing,
    },
    /// Couplings by monotone cubic splines (1906.02145).
    CubicSpline(Spline),
    /// Couplings by rational-quadratic splines (1906.04032).
    RationalQuadratic(Spline),
    /// Affine autoregressive: scale and shift of a coordinate read the data before it (1705.07057).
    Maf,
    /// The same map read the other way: scale and shift read the noise (1606.04934).
    Iaf,
    /// Autoregressive, each coordinate by a sum of sigmoids (1804.00779).
    Naf {
        /// Number of sigmoids.
        units: usize,
    },
    /// Autoregressive, each coordinate by the integral of a sum of squared polynomials (1905.02325).
    Sos {
        /// Number of polynomials.
        polynomials: usize,
        /// Degree of each.
        degree: usize,
    },
    /// Autoregressive, each coordinate by the integral of a positive network (1908.05164).
    Umnn {
        /// Order N of the quadrature: N + 1 nodes.
        order: usize,
    },
    /// Autoregressive, each coordinate by a rational-quadratic spline.
    SplineAutoregressive(Spline),
    /// `x + u tanh(w'x + b)` (1505.05770).
    Planar,
    /// A contraction or expansion around a point (1505.05770).
    Radial,
    /// `x + Q R1 tanh(R2 Q'x + b)` (1803.05649).
    Sylvester {
        /// How the orthogonal matrix is made.
        basis: Basis,
    },
    /// `x + g(x)` with `Lip(g) < 1` (1811.00995, 1906.02735).
    Residual,
    /// The solution of `dx/dt = f(x, t)` (1810.01367).
    Ffjord {
        /// Steps of the Runge-Kutta method in each layer's stretch of time.
        steps: usize,
    },
}

/// Settings of a spline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Spline {
    /// Number K of bins.
    pub bins: usize,
    /// The spline acts on `[-bound, bound]`; outside it is the identity.
    pub bound: usize,
}

impl Default for Spline {
    fn default() -> Spline {
        Spline { bins: 8, bound: 4 }
    }
}

/// How a Glow step mixes the coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mixing {
    /// Their order is reversed.
    Reverse,
    /// An invertible matrix in its LU form.
    #[default]
    Linear,
}

/// How the orthogonal matrix of a Sylvester layer is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// A free matrix, orthogonalised by iteration.
    #[default]
    Orthogonal,
    /// A product of Householder reflections.
    Householder,
    /// The identity and the reversal in turn.
    Triangular,
}

/// The four kinds of Jacobian in the lecture's taxonomy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Jacobian {
    /// Triangular in two blocks.
    BlockCoupling,
    /// Triangular.
    Autoregressive,
    /// The identity and a matrix of low rank.
    DeterminantIdentity,
    /// Full, its trace estimated or computed.
    Free,
}

/// How a layer is inverted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inversion {
    /// By a formula.
    ClosedForm,
    /// One coordinate after the other, each by a formula.
    ByDimension,
    /// Each coordinate by a search for a root of a monotone function, with so many evaluations.
    RootSearch {
        /// Evaluations of the function.
        evaluations: usize,
    },
    /// By a fixed-point iteration.
    FixedPoint {
        /// Evaluations of the layer.
        iterations: usize,
    },
    /// By running time backwards.
    ReverseTime {
        /// Evaluations of the velocity.
        evaluations: usize,
    },
}

impl Family {
    /// One member of every family and variant, in the lecture's order, as the tests and the taxonomy list them.
    pub const ALL: [Family; 19] = [
        Family::Nice,
        Family::RealNvp,
        Family::Glow { mixing: Mixing::Reverse },
        Family::Glow { mixing: Mixing::Linear },
        Family::CubicSpline(Spline { bins: 8, bound: 4 }),
        Family::RationalQuadratic(Spline { bins: 8, bound: 4 }),
        Family::Maf,
        Family::Iaf,
        Family::Naf { units: 8 },
        Family::Sos { polynomials: 3, degree: 4 },
        Family::Umnn { order: 20 },
        Family::SplineAutoregressive(Spline { bins: 8, bound: 4 }),
        Family::Planar,
        Family::Radial,
        Family::Sylvester { basis: Basis::Orthogonal },
        Family::Sylvester { basis: Basis::Householder },
        Family::Sylvester { basis: Basis::Triangular },
        Family::Residual,
        Family::Ffjord { steps: 2 },
    ];

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Family::Nice => "NICE",
            Family::RealNvp => "RealNVP",
            Family::Glow { mixing: Mixing::Reverse } => "Glow step, reversed order",
            Family::Glow { mixing: Mixing::Linear } => "Glow step, LU matrix",
            Family::CubicSpline(_) => "Cubic spline coupling",
            Family::RationalQuadratic(_) => "Rational-quadratic coupling",
            Family::Maf => "MAF",
            Family::Iaf => "IAF",
            Family::Naf { .. } => "NAF",
            Family::Sos { .. } => "SOS polynomial",
            Family::Umnn { .. } => "UMNN",
            Family::SplineAutoregressive(_) => "Spline autoregressive",
            Family::Planar => "Planar",
            Family::Radial => "Radial",
            Family::Sylvester { basis: Basis::Orthogonal } => "Sylvester, orthogonal",
            Family::Sylvester { basis: Basis::Householder } => "Sylvester, Householder",
            Family::Sylvester { basis: Basis::Triangular } => "Sylvester, triangular",
            Family::Residual => "Residual flow",
            Family::Ffjord { .. } => "FFJORD",
        }
    }

    /// Its name where there is little room; variants of one family share it.
    pub fn short(self) -> &'static str {
        match self {
            Family::Nice => "NICE",
            Family::RealNvp => "RealNVP",
            Family::Glow { .. } => "Glow",
            Family::CubicSpline(_) => "cubic",
            Family::RationalQuadratic(_) => "RQ spline",
            Family::Maf => "MAF",
            Family::Iaf => "IAF",
            Family::Naf { .. } => "NAF",
            Family::Sos { .. } => "SOS",
            Family::Umnn { .. } => "UMNN",
            Family::SplineAutoregressive(_) => "RQ-AR",
            Family::Planar => "planar",
            Family::Radial => "radial",
            Family::Sylvester { .. } => "Sylvester",
            Family::Residual => "residual",
            Family::Ffjord { .. } => "FFJORD",
        }
    }

    /// Its name on the command line: `maf`, `rq-spline`, `sylvester-householder`.
    pub fn name(self) -> String {
        let variant = match self {
            Family::Glow { mixing: Mixing::Linear } => "-lu",
            Family::Sylvester { basis: Basis::Householder } => "-householder",
            Family::Sylvester { basis: Basis::Triangular } => "-triangular",
            _ => "",
        };
        self.short().to_lowercase().replace(' ', "-") + variant
    }

    /// The member of [`Family::ALL`] of this name.
    pub fn named(name: &str) -> Option<Family> {
        Family::ALL.into_iter().find(|family| family.name() == name)
    }

    /// Whether no variant of the same family comes before it in [`Family::ALL`].
    pub fn is_first_variant(self) -> bool {
        Family::ALL.into_iter().find(|other| other.short() == self.short()) == Some(self)
    }

    /// Its place in the taxonomy.
    pub fn jacobian(self) -> Jacobian {
        match self {
            Family::Nice | Family::RealNvp | Family::Glow { .. } | Family::CubicSpline(_) | Family::RationalQuadratic(_) => {
                Jacobian::BlockCoupling
            }
            Family::Maf | Family::Iaf | Family::Naf { .. } | Family::Sos { .. } | Family::Umnn { .. } | Family::SplineAutoregressive(_) => {
                Jacobian::Autoregressive
            }
            Family::Planar | Family::Radial | Family::Sylvester { .. } => Jacobian::DeterminantIdentity,
            Family::Residual | Family::Ffjord { .. } => Jacobian::Free,
        }
    }

    /// Whether a layer is a coupling of two halves by a conditioner.
    pub fn couples(self) -> bool {
        self.jacobian() == Jacobian::BlockCoupling
    }

    /// Why its layers cannot read a class, where they cannot.
    pub fn without_conditioner(self) -> Option<&'static str> {
        match self {
            Family::Planar | Family::Radial | Family::Sylvester { .. } => {
                Some("its layers have numbers of their own and no conditioner, a network that could read a class")
            }
            Family::Residual => Some("a residual block has no conditioner: its network moves the point itself and must contract"),
            Family::Ffjord { .. } => Some("a velocity has no conditioner: its network moves the point itself"),
            _ => None,
        }
    }

    /// Whether no layer but a last diagonal scale changes an area.
    pub fn keeps_volume(self) -> bool {
        self == Family::Nice
    }
}
