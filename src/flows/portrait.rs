//! What a layer of the plane is drawn from: numbers of the model's own nodes, so that a picture never is a second formula.
//!
//! | layer | outputs, each followed by `.k`, the layer's number |
//! |---|---|
//! | coupling, autoregressive | `map`, `log_slope` `[N,1]` along the line; `log_slope_here [1,1]` at the point; `first_map`, `first_log_slope`, `first_log_slope_here` of the coordinate that reads nothing, where it moves too; `knots_x`, `knots_y` of splines; `nodes_x`, `nodes_y` of a quadrature: where the slope is looked at, and what it is there |
//! | planar | `u`, `w` `[1,D]`, `bias`, `along` `[1,1]` as used; `bend`, `steep` `[1,1]`: tanh and its slope at the point |
//! | radial | `centre [1,D]`, `alpha`, `beta` `[1,1]` as used |
//! | Sylvester | `q`, `r1`, `r2` `[D,D]`, `bias [1,D]` as used; `bend [1,D]` at the point |
//! | residual | `field [M,D]`, g at the places, and `jacobian [M,D D]`, its derivatives row by row |
//! | stretch of time | `motion [M, D steps]`, where each step brings the places |
//! | without a network | `corners [3,D]`, the images of (0, 0), (1, 0), (0, 1) |

use super::family::{Family, Jacobian};
use super::record::{class, layers};
use super::{Config, Scene};
use crate::graph::{Builder, Graph, GraphError, Mode};

/// In a layer of the plane, the coordinate that decides how the other one moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conditioning {
    /// The coordinate that is read.
    pub reads: usize,
    /// It is read after the layer, on the latent side, where the map is known that takes noise to data: IAF.
    pub latent: bool,
    /// The coordinate that is read moves as well, by a map that is the same for every point.
    pub both_move: bool,
}

impl Conditioning {
    /// The coordinate that is moved by what is read.
    pub fn moves(self) -> usize {
        1 - self.reads
    }
}

impl Config {
    /// Which coordinate decides in layer `stage` of a flow of the plane; none where no network reads one coordinate alone.
    pub fn conditioning(&self, stage: usize) -> Option<Conditioning> {
        if let Some(reads) = self.passive_axis(stage) {
            return Some(Conditioning { reads, latent: false, both_move: false });
        }
        let autoregressive = self.dim == 2 && self.family.jacobian() == Jacobian::Autoregressive;
        autoregressive.then(|| Conditioning { reads: stage % 2, latent: self.family == Family::Iaf, both_move: true })
    }

    /// Whether layer `stage` is an affine map of one coordinate whose log-scale s and shift t a network says.
    pub fn says_scale_and_shift(&self, stage: usize) -> bool {
        let affine = matches!(self.family, Family::Nice | Family::RealNvp | Family::Glow { .. } | Family::Maf | Family::Iaf);
        affine && self.conditioning(stage).is_some()
    }
}

/// The graph of every layer's drawing: inputs `path [K+1,2]`, a point before and after each layer, `line [N,1]`, `places [M,2]` and, with
/// classes, `class [1,1]`; outputs as in the table above. A layer that is left out has none. None for points that are not of the plane.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn portraits(config: &Config, along: usize, places: usize) -> Result<Option<Graph>, GraphError> {
    if config.dim != 2 {
        return Ok(None);
    }
    let mut b = Builder::new(Mode::Evaluate);
    let path = b.input("path", &[config.stages() + 1, config.dim]);
    let line = b.input("line", &[along, 1]);
    let places = b.input("places", &[places, config.dim]);
    // An input that no layer of the family reads would be none of the program's.
    for (name, node) in [("path", path), ("line", line), ("places", places)] {
        let read = b.scale(node, 1.0);
        b.output(name, read);
    }
    let class = class(&mut b, config, 1);
    for (stage, layer) in layers(&mut b, config, class).iter().enumerate() {
        let Some(layer) = layer else { continue };
        let (before, after) = (b.slice(path, 0, stage, 1), b.slice(path, 0, stage + 1, 1));
        let drawn = layer.portrait(&mut b, &Scene { before, after, line, places });
        for (name, node) in drawn {
            // A parameter is no output: it is copied.
            let read = b.scale(node, 1.0);
            b.output(&format!("{name}.{stage}"), read);
        }
    }
    b.finish().map(Some)
}
