use crate::graph::{Graph, NodeId, Op, Reads, Shape, Taps};

/// Rows and columns of a value's positions; `(1, n)` for sequences, `(1, 1)` for values without positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Grid {
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Grid {
    pub(super) fn of(shape: Shape) -> Grid {
        let (height, width) = if shape.rank() == 4 { shape.grid() } else { (1, shape.positions()) };
        Grid { height, width }
    }

    pub(super) fn len(self) -> usize {
        self.height * self.width
    }

    /// The position at an offset from `p`, if it lies inside.
    fn offset(self, from: Grid, p: usize, dy: i32, dx: i32) -> Option<usize> {
        let y = (p / from.width) as i32 + dy;
        let x = (p % from.width) as i32 + dx;
        let inside = y >= 0 && x >= 0 && (y as usize) < self.height && (x as usize) < self.width;
        inside.then(|| y as usize * self.width + x as usize)
    }
}

/// Which positions of an operand a position of the result reads, with the shapes taken into account.
#[derive(Clone, Copy, Debug)]
enum Rule<'a> {
    /// The same position.
    Same,
    /// The same position, where an axis of length 1 is stretched.
    Stretched,
    /// The position at one offset: slices, padding and concatenation along an axis of the grid.
    Shifted(i32, i32),
    /// The positions at these offsets.
    Taps(&'a Taps),
    /// Every position.
    All,
}

/// One operand of one node: the dependency of positions in both directions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'a> {
    rule: Rule<'a>,
    result: Grid,
    operand: Grid,
}

impl<'a> Link<'a> {
    /// The link from operand `slot` to node `id`.
    pub(super) fn new(graph: &'a Graph, id: NodeId, slot: usize) -> Link<'a> {
        let node = graph.node(id);
        let shape = graph.shape(node.inputs[slot]);
        let (result, operand) = (Grid::of(node.shape), Grid::of(shape));
        let same_rank = node.shape.rank() == shape.rank();
        let rule = match node.op.reads(slot) {
            Reads::Taps(taps) => Rule::Taps(taps),
            Reads::Same if !same_rank => Rule::All,
            Reads::Same if node.op.keeps_grid() => match () {
                () if result == operand => Rule::Same,
                () if stretches(operand.height, result.height) && stretches(operand.width, result.width) => Rule::Stretched,
                () => Rule::All,
            },
            Reads::Same => shift(graph, id, slot).map_or(Rule::All, |(dy, dx)| Rule::Shifted(dy, dx)),
            // A reshape that leaves the batch and the number of positions alone only regroups channels.
            Reads::All if node.op == Op::Reshape && node.shape.batch() == shape.batch() && result.len() == operand.len() => Rule::Same,
            Reads::All => Rule::All,
        };
        Link { rule, result, operand }
    }

    /// Calls `visit` with each operand position that result position `p` reads.
    pub(super) fn reads(&self, p: usize, mut visit: impl FnMut(usize)) {
        match self.rule {
            Rule::Same => visit(p),
            Rule::Stretched => {
                let y = if self.operand.height == 1 { 0 } else { p / self.result.width };
                let x = if self.operand.width == 1 { 0 } else { p % self.result.width };
                visit(y * self.operand.width + x);
            }
            Rule::Shifted(dy, dx) => self.operand.offset(self.result, p, dy, dx).into_iter().for_each(visit),
            Rule::Taps(taps) => {
                for &(dy, dx) in taps.offsets() {
                    self.operand.offset(self.result, p, dy, dx).into_iter().for_each(&mut visit);
                }
            }
            Rule::All => (0..self.operand.len()).for_each(visit),
        }
    }

    /// Calls `visit` with each result position that reads operand position `q`.
    pub(super) fn readers(&self, q: usize, mut visit: impl FnMut(usize)) {
        match self.rule {
            Rule::Same => visit(q),
            Rule::Stretched => {
                let (y, x) = (q / self.operand.width, q % self.operand.width);
                let rows = if self.operand.height == 1 { 0..self.result.height } else { y..y + 1 };
                for y in rows {
                    let columns = if self.operand.width == 1 { 0..self.result.width } else { x..x + 1 };
                    columns.for_each(|x| visit(y * self.result.width + x));
                }
            }
            Rule::Shifted(dy, dx) => self.result.offset(self.operand, q, -dy, -dx).into_iter().for_each(visit),
            Rule::Taps(taps) => {
                for &(dy, dx) in taps.offsets() {
                    self.result.offset(self.operand, q, -dy, -dx).into_iter().for_each(&mut visit);
                }
            }
            Rule::All => (0..self.result.len()).for_each(visit),
        }
    }

    /// Whether every position of the result reads every position of the operand: done once, not once per position.
    pub(super) fn is_all(&self) -> bool {
        matches!(self.rule, Rule::All)
    }

    /// Whether positions correspond one to one.
    pub(super) fn is_same(&self) -> bool {
        matches!(self.rule, Rule::Same)
    }

    /// How far the link reaches, `[rows, columns]`: the largest offsets of its taps, or the whole image.
    pub(super) fn reach(&self) -> [usize; 2] {
        let far = |&(dy, dx): &(i32, i32)| [dy.unsigned_abs() as usize, dx.unsigned_abs() as usize];
        match self.rule {
            Rule::Same | Rule::Stretched => [0, 0],
            Rule::Shifted(dy, dx) => far(&(dy, dx)),
            Rule::Taps(taps) => taps.offsets().iter().map(far).fold([0, 0], |[y, x], [dy, dx]| [y.max(dy), x.max(dx)]),
            Rule::All => [self.operand.height - 1, self.operand.width - 1],
        }
    }
}

fn stretches(from: usize, to: usize) -> bool {
    from == to || from == 1
}

/// The offset `(dy, dx)` from a position of the result to the position of the operand that it copies, for operations along the grid's axes.
fn shift(graph: &Graph, id: NodeId, slot: usize) -> Option<(i32, i32)> {
    let node = graph.node(id);
    let (axis, along) = match node.op {
        Op::Slice { axis, start } => (axis, start as i32),
        Op::Pad { axis, before } => (axis, -(before as i32)),
        Op::Concat { axis } => {
            let before = node.inputs[..slot].iter().map(|&i| graph.shape(i).dims()[axis]).sum::<usize>();
            (axis, -(before as i32))
        }
        _ => return None,
    };
    match (node.shape.rank(), axis) {
        (4, 1) => Some((along, 0)),
        (4, 2) | (3, 1) => Some((0, along)),
        _ => None,
    }
}
