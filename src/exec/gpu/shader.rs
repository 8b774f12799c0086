//! Shaders as compositions of pieces: `shaders/lib/*.wgsl`, some constants, and one kernel of `shaders/`.

const REGION: &str = include_str!("../../../shaders/lib/region.wgsl");
const MATH: &str = include_str!("../../../shaders/lib/math.wgsl");
const TILE: &str = include_str!("../../../shaders/lib/tile.wgsl");

/// How a product's tile lies: 256 threads of 4 x 4 results each.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Tile {
    /// 64 rows x 64 columns.
    Square,
    /// 256 rows x 16 columns, for results of at most 16 columns.
    Tall,
}

impl Tile {
    /// The tile for a result of so many columns.
    pub(crate) fn for_columns(columns: usize) -> Tile {
        if columns <= 16 { Tile::Tall } else { Tile::Square }
    }

    /// Threads across the columns and down the rows.
    fn threads(self) -> (usize, usize) {
        match self {
            Tile::Square => (16, 16),
            Tile::Tall => (4, 64),
        }
    }

    /// Rows and columns of a tile.
    pub(crate) fn size(self) -> (usize, usize) {
        let (across, down) = self.threads();
        (4 * down, 4 * across)
    }

    fn constants(self) -> String {
        let (across, down) = self.threads();
        format!("const COLUMN_THREADS: u32 = {across}u;\nconst ROW_THREADS: u32 = {down}u;\n")
    }
}

/// One compiled kernel.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Shader {
    /// An elementwise function, by its number in the shader.
    Pointwise(u32),
    /// Sum and maximum over axes.
    Reduce,
    /// Log-softmax and log-sum-exp over the last axis.
    Softmax,
    /// Everything that only moves elements.
    Layout,
    /// Matrix product.
    Matmul(Tile),
    /// Masked convolution.
    MaskedConv(Tile),
    /// Its gradient by the weights.
    ConvWeightGrad(Tile),
    /// Affine coupling, with so many threads on one row.
    AffineCoupling(u32),
    /// One step of Adam.
    Adam,
}

/// Whether a kernel reads or changes a storage binding.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Access {
    /// Reads.
    Read,
    /// Writes, and may read.
    Write,
}

/// Threads on one row of an affine coupling of `D` dimensions: one where a row is short.
pub(crate) const COUPLING_LANES: [u32; 2] = [1, 64];

impl Shader {
    /// Every kernel but the elementwise ones, in every variant.
    #[cfg(test)]
    const FAMILIES: [Shader; 12] = [
        Shader::Reduce,
        Shader::Softmax,
        Shader::Layout,
        Shader::Matmul(Tile::Square),
        Shader::Matmul(Tile::Tall),
        Shader::MaskedConv(Tile::Square),
        Shader::MaskedConv(Tile::Tall),
        Shader::ConvWeightGrad(Tile::Square),
        Shader::ConvWeightGrad(Tile::Tall),
        Shader::AffineCoupling(COUPLING_LANES[0]),
        Shader::AffineCoupling(COUPLING_LANES[1]),
        Shader::Adam,
    ];

    /// Every kernel in every variant.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Shader> {
        super::pointwise::every_function().map(Shader::Pointwise).chain(Shader::FAMILIES)
    }

    /// The composed source.
    pub(crate) fn source(self) -> String {
        let constants = match self {
            Shader::Matmul(tile) | Shader::MaskedConv(tile) | Shader::ConvWeightGrad(tile) => tile.constants(),
            Shader::AffineCoupling(lanes) => format!("const LANES: u32 = {lanes}u;\n"),
            Shader::Pointwise(function) => format!("const FUNCTION: u32 = {function}u;\n"),
            _ => String::new(),
        };
        let pieces: &[&str] = match self {
            Shader::Pointwise(_) => &[REGION, MATH, include_str!("../../../shaders/pointwise.wgsl")],
            Shader::Reduce => &[REGION, include_str!("../../../shaders/reduce.wgsl")],
            Shader::Softmax => &[REGION, MATH, include_str!("../../../shaders/softmax.wgsl")],
            Shader::Layout => &[REGION, include_str!("../../../shaders/layout.wgsl")],
            Shader::Matmul(_) => &[REGION, TILE, include_str!("../../../shaders/matmul.wgsl")],
            Shader::MaskedConv(_) => &[REGION, include_str!("../../../shaders/masked_conv.wgsl")],
            Shader::ConvWeightGrad(_) => &[REGION, TILE, include_str!("../../../shaders/conv_weight_grad.wgsl")],
            Shader::AffineCoupling(_) => &[REGION, MATH, include_str!("../../../shaders/affine_coupling.wgsl")],
            Shader::Adam => &[REGION, include_str!("../../../shaders/adam.wgsl")],
        };
        constants + &pieces.join("\n")
    }

    /// The storage bindings, from binding 2 on (0 is the region, 1 the kernel's parameters).
    pub(crate) fn storage(self) -> &'static [Access] {
        use Access::{Read as R, Write as W};
        match self {
            Shader::Pointwise(_) => &[R, R, R, W],
            Shader::Reduce | Shader::Softmax | Shader::Layout => &[R, W],
            Shader::Matmul(_) => &[R, R, W],
            Shader::MaskedConv(_) => &[R, R, R, R, W],
            Shader::ConvWeightGrad(_) => &[R, R, R, W],
            Shader::AffineCoupling(_) => &[R, R, R, W],
            Shader::Adam => &[W, R, W, W, R, R, W],
        }
    }
}
