use std::sync::Arc;

/// The live taps of a masked convolution: offsets `(dy, dx)` from the output position to the input positions that it reads.
///
/// A mask is kept as the list of what it lets through. Dilation is a spacing of the offsets, an asymmetric kernel their choice.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Taps(Arc<[(i32, i32)]>);

/// The two masks of PixelCNN (1601.06759, section 3.4): whether the centre is visible.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MaskKind {
    /// The centre is hidden: the first layer, which must not see the pixel that it predicts.
    A,
    /// The centre is visible: later layers, whose input at the centre already hides it.
    B,
}

impl Taps {
    /// These offsets, in this order (which is the order of summation).
    pub fn new(offsets: &[(i32, i32)]) -> Taps {
        Taps(offsets.into())
    }

    /// The single tap of a 1x1 convolution.
    pub fn point() -> Taps {
        Taps::new(&[(0, 0)])
    }

    /// The raster mask of a `size x size` kernel: all rows above, the own row left of the centre, the centre for mask B.
    pub fn raster(size: usize, kind: MaskKind) -> Taps {
        let reach = (size / 2) as i32;
        let mut offsets = Vec::new();
        for dy in -reach..=0 {
            for dx in -reach..=reach {
                let earlier = dy < 0 || dx < 0;
                let centre = dy == 0 && dx == 0;
                if earlier || (centre && kind == MaskKind::B) {
                    offsets.push((dy, dx));
                }
            }
        }
        Taps(offsets.into())
    }

    /// Every tap of a `size x size` kernel: an ordinary convolution.
    pub fn full(size: usize) -> Taps {
        let reach = (size / 2) as i32;
        let rows = -reach..=reach;
        Taps(rows.flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx))).collect())
    }

    /// The taps seen from the input: each offset negated, in the same order.
    pub fn mirrored(&self) -> Taps {
        Taps(self.0.iter().map(|&(dy, dx)| (-dy, -dx)).collect())
    }

    /// The offsets `(dy, dx)`.
    pub fn offsets(&self) -> &[(i32, i32)] {
        &self.0
    }

    /// Number of live taps.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no tap is live.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
