use std::fmt;

/// The most axes that a value may have.
pub const MAX_RANK: usize = 4;

/// A static shape of at most [`MAX_RANK`] axes, row-major and contiguous.
///
/// Images are `[batch, height, width, channel]`, points `[batch, dim]`, vectors `[dim]`; a scalar is `[1]`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    dims: [usize; MAX_RANK],
    rank: usize,
}

impl Shape {
    /// The shape of a scalar, `[1]`.
    pub const SCALAR: Shape = Shape { dims: [1; MAX_RANK], rank: 1 };

    /// A shape from its axis lengths, outermost first; axes beyond [`MAX_RANK`] are refused with `None`.
    pub fn try_new(dims: &[usize]) -> Option<Shape> {
        if dims.is_empty() || dims.len() > MAX_RANK || dims.contains(&0) {
            return None;
        }
        let mut all = [1; MAX_RANK];
        all[..dims.len()].copy_from_slice(dims);
        Some(Shape { dims: all, rank: dims.len() })
    }

    /// Axis lengths, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.dims[..self.rank]
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// Number of elements.
    pub fn elements(&self) -> usize {
        self.dims().iter().product()
    }

    /// Length of the innermost axis: the channels of an image, the dimension of a point.
    pub fn last(&self) -> usize {
        self.dims[self.rank - 1]
    }

    /// Number of rows of length [`Shape::last`].
    pub fn rows(&self) -> usize {
        self.elements() / self.last()
    }

    /// Outermost axis: the batch, for values of rank 2 and more.
    pub fn batch(&self) -> usize {
        self.dims[0]
    }

    /// Positions of one example: height times width for images, 1 for points.
    pub fn positions(&self) -> usize {
        if self.rank < 2 { 1 } else { self.dims()[1..self.rank - 1].iter().product() }
    }

    /// Height and width of an image, `(1, 1)` for anything else.
    pub fn grid(&self) -> (usize, usize) {
        if self.rank == 4 { (self.dims[1], self.dims[2]) } else { (1, 1) }
    }

    /// The axes padded with leading ones to [`MAX_RANK`]: how broadcasting sees a shape.
    pub fn aligned(&self) -> [usize; MAX_RANK] {
        let mut all = [1; MAX_RANK];
        all[MAX_RANK - self.rank..].copy_from_slice(self.dims());
        all
    }

    /// The shape that both broadcast to (axes aligned at the right, a length of 1 stretches), if there is one.
    pub fn broadcast(self, other: Shape) -> Option<Shape> {
        let (a, b) = (self.aligned(), other.aligned());
        let rank = self.rank.max(other.rank);
        let mut dims = [1; MAX_RANK];
        for axis in 0..MAX_RANK {
            dims[axis] = match (a[axis], b[axis]) {
                (m, n) if m == n => m,
                (1, n) => n,
                (m, 1) => m,
                _ => return None,
            };
        }
        Shape::try_new(&dims[MAX_RANK - rank..])
    }

    /// The same shape with one axis of another length.
    pub fn with_axis(mut self, axis: usize, length: usize) -> Shape {
        self.dims[axis] = length;
        self
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.dims()).finish()
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// A set of axes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Axes(u8);

impl Axes {
    /// The set of these axes.
    pub fn of(axes: &[usize]) -> Axes {
        Axes(axes.iter().fold(0, |set, &axis| set | 1 << axis))
    }

    /// Every axis of a shape.
    pub fn all(shape: Shape) -> Axes {
        Axes(((1u32 << shape.rank()) - 1) as u8)
    }

    /// Whether the axis is in the set.
    pub fn contains(self, axis: usize) -> bool {
        self.0 >> axis & 1 == 1
    }

    /// Whether the set is empty.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The shape with these axes reduced to length 1.
    pub fn reduce(self, shape: Shape) -> Shape {
        (0..shape.rank()).filter(|&axis| self.contains(axis)).fold(shape, |s, axis| s.with_axis(axis, 1))
    }
}
