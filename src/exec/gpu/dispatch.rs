use std::ops::Range;
use std::sync::Arc;

use super::shader::{Shader, Tile};
use crate::exec::cpu::Region;
use crate::graph::{Op, Shape};

/// Declares the Rust twin of a shader's uniform struct, with the fields' places for the test that compares the two.
macro_rules! uniform {
    ($(#[$meta:meta])* $name:ident { $($field:ident: $kind:ty),* $(,)? }) => {
        $(#[$meta])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug, Default, bytemuck::Pod, bytemuck::Zeroable)]
        pub(super) struct $name {
            $(pub(super) $field: $kind),*
        }

        impl $name {
            /// Names and offsets of the fields.
            #[cfg(test)]
            pub(super) const FIELDS: &'static [(&'static str, usize)] = &[$((stringify!($field), std::mem::offset_of!($name, $field))),*];
        }
    };
}
pub(super) use uniform;

uniform! {
    /// `Region` of `shaders/lib/region.wgsl`.
    RegionUniform {
        first_row: u32,
        rows: u32,
        first_position: u32,
        positions: u32,
    }
}

/// What a binding of a dispatch is.
#[derive(Clone, Debug)]
pub(super) enum Binding {
    /// The value of an operand, by its slot.
    Operand(usize),
    /// The node's own value.
    Result,
    /// A buffer of the node's own for intermediate sums, by number.
    Scratch(usize),
    /// Constant data.
    Table(Arc<[u8]>),
}

/// How many workgroups a dispatch wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Work {
    /// One thread of 64 for each channel of each pixel in the region, so many times.
    Elements(usize),
    /// So many rows of the region a workgroup.
    Rows(usize),
    /// A tile for each 4 x 4 results a thread, for so many columns and chunks; the rows are the region's pixels.
    Tiles(Tile, usize, usize),
    /// The same number whatever the region.
    Fixed(usize),
}

/// One run of a kernel.
#[derive(Clone, Debug)]
pub(super) struct Dispatch {
    pub(super) shader: Shader,
    /// The uniform at binding 1.
    pub(super) params: Vec<u8>,
    /// The storage bindings, in the shader's order.
    pub(super) bindings: Vec<Binding>,
    /// Rows, positions and channels that the region cuts.
    pub(super) extent: [u32; 4],
    pub(super) work: Work,
}

/// The dispatches of a node, and the lengths of the scratch buffers that they need.
#[derive(Debug, Default)]
pub(super) struct Lowered {
    pub(super) dispatches: Vec<Dispatch>,
    pub(super) scratch: Vec<usize>,
}

impl Lowered {
    /// A node of one dispatch.
    pub(super) fn one(dispatch: Dispatch) -> Lowered {
        Lowered { dispatches: vec![dispatch], scratch: Vec::new() }
    }
}

/// The region as the shaders read it; `None` is everything.
pub(super) fn region_uniform(region: Option<&Region>) -> RegionUniform {
    let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match region {
        None => RegionUniform { first_row: 0, rows: u32::MAX, first_position: 0, positions: u32::MAX },
        Some(Region { batch, positions }) => RegionUniform {
            first_row: narrow(batch.start),
            rows: narrow(batch.len()),
            first_position: narrow(positions.start),
            positions: narrow(positions.len()),
        },
    }
}

/// Rows and positions that a region has of a result, as `covered` of `shaders/lib/region.wgsl` counts them.
fn covered(region: Option<&Region>, extent: [u32; 4]) -> (usize, usize) {
    let cut = |range: Option<&Range<usize>>, all: u32| match (range, all as usize) {
        (None, all) => all,
        (_, 1) => 1,
        (Some(range), all) => range.end.min(all).saturating_sub(range.start),
    };
    (cut(region.map(|r| &r.batch), extent[0]), cut(region.map(|r| &r.positions), extent[1]))
}

impl Dispatch {
    /// Workgroups for a region; 0 where it has nothing of this result. The kernels' loops take up what is beyond the limit.
    pub(super) fn workgroups(&self, region: Option<&Region>, limit: u32) -> u32 {
        let (rows, positions) = covered(region, self.extent);
        let wanted = match self.work {
            Work::Elements(times) => (rows * positions * self.extent[2] as usize * times).div_ceil(64),
            Work::Rows(each) => rows.div_ceil(each),
            Work::Tiles(tile, columns, chunks) => {
                let (down, across) = tile.size();
                (rows * positions).div_ceil(down) * columns.div_ceil(across) * chunks
            }
            Work::Fixed(count) => count,
        };
        u32::try_from(wanted).unwrap_or(u32::MAX).min(limit)
    }
}

/// Rows, positions and channels of a result, as the region cuts them.
///
/// Results whose elements do not stay with a batch row and a position count as one row and one position: every region has all of them.
pub(super) fn extent(op: &Op, shape: Shape) -> [u32; 4] {
    let grid = op.keeps_grid() && shape.rank() > 1;
    let [rows, positions, channels] = if grid { [shape.batch(), shape.positions(), shape.last()] } else { [1, 1, shape.elements()] };
    [rows as u32, positions as u32, channels as u32, 0]
}

/// Row-major strides of a shape, aligned to four axes.
pub(super) fn strides(shape: Shape) -> [u32; 4] {
    let dims = shape.aligned();
    let mut strides = [1u32; 4];
    for axis in (0..3).rev() {
        strides[axis] = strides[axis + 1] * dims[axis + 1] as u32;
    }
    strides
}

/// Strides of an operand inside a result that it broadcasts to: 0 where it is repeated.
pub(super) fn broadcast_strides(operand: Shape) -> [u32; 4] {
    let (dims, mut strides) = (operand.aligned(), strides(operand));
    for axis in 0..4 {
        if dims[axis] == 1 {
            strides[axis] = 0;
        }
    }
    strides
}

/// Axis lengths aligned to four axes.
pub(super) fn dims(shape: Shape) -> [u32; 4] {
    shape.aligned().map(|d| d as u32)
}
