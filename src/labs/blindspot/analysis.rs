use super::WiredAs;
use crate::autoregressive::gated::{self, Shift};
use crate::autoregressive::pixelcnn::{self, Config, Nodes, Wiring};
use crate::graph::causal::{Field, Order, field};
use crate::graph::{Builder, Graph, MaskKind, Mode, NodeId};

/// Largest picture of a field, rows and columns; a larger window is cut off at its edges.
const LARGEST: [usize; 2] = [25, 41];
/// Smallest picture.
const SMALLEST: [usize; 2] = [7, 11];

/// Layers, kernel, wiring of the two stacks.
pub(super) type Key = (usize, usize, WiredAs);

struct Recorded {
    graph: Graph,
    nodes: Nodes,
}

impl Recorded {
    /// A model of the plainest kind: its field depends on its wiring and kernels only.
    fn new(layers: usize, kernel: usize, wiring: Wiring, shift: Shift, [height, width]: [usize; 2]) -> Option<Recorded> {
        let config = Config {
            height,
            width,
            levels: 2,
            channels: 1,
            blocks: layers - 1,
            first_kernel: kernel,
            kernel,
            head: 1,
            classes: 0,
            coordinates: false,
            residual: true,
            first_taps: None,
            wiring,
        };
        let mut b = Builder::new(Mode::Evaluate);
        let nodes = match wiring {
            Wiring::Plain => pixelcnn::record(&mut b, &config, 1),
            Wiring::Gated => gated::record_with(&mut b, &config, 1, MaskKind::A, shift),
        };
        b.output("logits", nodes.logits);
        Some(Recorded { graph: b.finish().ok()?, nodes })
    }

    fn field(&self, node: NodeId, pixel: usize) -> Field {
        let shape = self.graph.shape(self.nodes.levels);
        field(&self.graph, node, pixel, self.nodes.levels, &Order::raster(shape.positions()))
    }
}

/// The exact fields of one masked stack, of the vertical stack as the link brings it, and of both stacks.
pub(super) struct Analysis {
    key: Key,
    plain: Recorded,
    gated: Recorded,
    /// Rows and columns of the picture.
    pub(super) size: [usize; 2],
    known: Option<(usize, [Field; 3])>,
}

impl Analysis {
    /// Records both models; `None` if their shapes do not fit, which the ranges of the sliders exclude.
    pub(super) fn new(key: Key) -> Option<Analysis> {
        let (layers, kernel, wired) = key;
        let reach = layers * (kernel / 2);
        let size = [(reach + 3).clamp(SMALLEST[0], LARGEST[0]), (2 * reach + 3).clamp(SMALLEST[1], LARGEST[1])];
        let shift = match wired {
            WiredAs::Right => Shift::Link,
            WiredAs::EveryLayer => Shift::EveryLayer,
            WiredAs::Nowhere => Shift::Nowhere,
        };
        Some(Analysis {
            key,
            plain: Recorded::new(layers, kernel, Wiring::Plain, shift, size)?,
            gated: Recorded::new(layers, kernel, Wiring::Gated, shift, size)?,
            size,
            known: None,
        })
    }

    pub(super) fn key(&self) -> Key {
        self.key
    }

    /// The usual place: in the middle of the last row but one, so that what lies below shows as not seen.
    pub(super) fn usual(&self) -> [usize; 2] {
        [self.size[0] - 2, self.size[1] / 2]
    }

    /// Fields of a pixel: one stack, vertical stack over the link, two stacks.
    pub(super) fn fields(&mut self, pixel: usize) -> &[Field; 3] {
        if self.known.as_ref().is_none_or(|(known, _)| *known != pixel) {
            let link = self.gated.nodes.gated.last().map_or(self.gated.nodes.logits, |layer| layer.link);
            let fields = [
                self.plain.field(self.plain.nodes.logits, pixel),
                self.gated.field(link, pixel),
                self.gated.field(self.gated.nodes.logits, pixel),
            ];
            self.known = Some((pixel, fields));
        }
        &self.known.as_ref().expect("just computed").1
    }
}

/// How the blind spot grows with depth, counted where nothing is cut off by an edge.
pub(super) struct Growth {
    /// Side of the kernels.
    pub(super) kernel: usize,
    /// Blind pixels of one masked stack of 1, 2, ... layers.
    pub(super) missing: Vec<usize>,
    /// Pixels of its window: seen and blind.
    pub(super) window: Vec<usize>,
    /// Blind pixels of two stacks.
    pub(super) missing_gated: Vec<usize>,
}

impl Growth {
    /// Counts for every depth up to `most`.
    pub(super) fn new(kernel: usize, most: usize) -> Option<Growth> {
        let mut growth = Growth { kernel, missing: Vec::new(), window: Vec::new(), missing_gated: Vec::new() };
        for layers in 1..=most {
            let reach = layers * (kernel / 2);
            // Two stacks climb a row further than one.
            let size = [reach + 2, 2 * reach + 1];
            let pixel = (size[0] - 1) * size[1] + reach;
            let plain = Recorded::new(layers, kernel, Wiring::Plain, Shift::Link, size)?;
            let plain = plain.field(plain.nodes.logits, pixel);
            growth.missing.push(plain.blind);
            growth.window.push(plain.seen + plain.blind);
            let gated = Recorded::new(layers, kernel, Wiring::Gated, Shift::Link, size)?;
            growth.missing_gated.push(gated.field(gated.nodes.logits, pixel).blind);
        }
        Some(growth)
    }

    /// Share of the window that one stack of so many layers misses.
    pub(super) fn share(&self, layers: usize) -> f64 {
        self.missing[layers - 1] as f64 / self.window[layers - 1] as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counted_blind_spots_are_the_published_wedge_and_two_stacks_have_none() {
        for kernel in [3, 5, 7] {
            let r = kernel / 2;
            let growth = Growth::new(kernel, 6).unwrap();
            for layers in 1..=6 {
                assert_eq!(growth.missing[layers - 1], r * layers * (layers - 1) / 2, "{layers} layers of side {kernel}");
                assert_eq!(growth.window[layers - 1], 2 * layers * r * (layers * r + 1));
                assert_eq!(growth.missing_gated[layers - 1], 0);
            }
        }
    }

    #[test]
    fn each_mistake_shows() {
        let at = |wired| {
            let mut analysis = Analysis::new((4, 3, wired)).unwrap();
            let [row, column] = analysis.usual();
            let pixel = row * analysis.size[1] + column;
            analysis.fields(pixel)[2].clone()
        };
        let (right, every, nowhere) = (at(WiredAs::Right), at(WiredAs::EveryLayer), at(WiredAs::Nowhere));
        assert_eq!((right.blind, right.ahead), (0, 0));
        assert!(every.blind > 0 && every.ahead == 0, "{} blind, {} ahead", every.blind, every.ahead);
        assert!(nowhere.ahead > 0, "without a shift it sees what is drawn later");
    }
}
