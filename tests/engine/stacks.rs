//! Small autoregressive models for the tests: the production PixelCNN, and bare stacks that only the tests need.

use tractable::autoregressive::pixelcnn;
use tractable::graph::causal::{CausalError, Order, Schedule};
use tractable::graph::{Builder, Graph, Init, MaskKind, Mode, NodeId, Taps};

/// A model of one image size: data input, logits, graph.
pub(crate) struct Stack {
    pub(crate) graph: Graph,
    pub(crate) data: NodeId,
    pub(crate) logits: NodeId,
}

impl Stack {
    /// Name of the data input.
    pub(crate) fn data_name(&self) -> &str {
        self.graph.node(self.data).name.as_deref().unwrap()
    }

    pub(crate) fn schedule(&self) -> Result<Schedule, CausalError> {
        let positions = self.graph.shape(self.data).positions();
        Schedule::analyse(&self.graph, self.data, self.logits, Order::raster(positions))
    }
}

/// One masked convolution after the other on an image of one channel, nothing between them.
pub(crate) fn plain(height: usize, width: usize, layers: &[Taps]) -> Stack {
    let mut b = Builder::new(Mode::Evaluate);
    let data = b.input("x", &[1, height, width, 1]);
    let mut h = data;
    for (index, taps) in layers.iter().enumerate() {
        h = b.scope(format!("conv_{index}"), |b| {
            let channels = b.shape(h).last();
            let weight = b.parameter("weight", &[taps.len(), channels, 2], Init::Normal(0.5));
            let bias = b.parameter("bias", &[2], Init::Normal(0.5));
            b.masked_conv(taps, h, weight, Some(bias))
        });
        b.name(h, &format!("layer_{index}"));
    }
    b.output("logits", h);
    Stack { graph: b.finish().unwrap(), data, logits: h }
}

/// Kernel sizes to raster masks: A first, then B.
pub(crate) fn raster(sizes: &[usize]) -> Vec<Taps> {
    let kind = |index: usize| if index == 0 { MaskKind::A } else { MaskKind::B };
    sizes.iter().enumerate().map(|(index, &size)| Taps::raster(size, kind(index))).collect()
}

/// The shipped kind of PixelCNN, from the production builder: one-hot levels and coordinates, residual blocks, three classes.
pub(crate) struct PixelCnn {
    pub(crate) batch: usize,
    pub(crate) size: (usize, usize),
    pub(crate) levels: usize,
    pub(crate) channels: usize,
    pub(crate) blocks: usize,
    /// Mask of the first layer; B is a mutant.
    pub(crate) first: MaskKind,
}

impl PixelCnn {
    pub(crate) fn config(&self) -> pixelcnn::Config {
        pixelcnn::Config {
            height: self.size.0,
            width: self.size.1,
            levels: self.levels,
            channels: self.channels,
            blocks: self.blocks,
            first_kernel: 5,
            kernel: 3,
            head: 2 * self.channels,
            classes: 3,
            coordinates: true,
            residual: true,
            first_taps: None,
            wiring: pixelcnn::Wiring::Plain,
        }
    }

    pub(crate) fn build(&self) -> Stack {
        production(&self.config(), self.batch, self.first)
    }
}

/// A model of `autoregressive::pixelcnn` as a stack, with the first layer's mask of choice.
pub(crate) fn production(config: &pixelcnn::Config, batch: usize, first: MaskKind) -> Stack {
    let mut b = Builder::new(Mode::Evaluate);
    let nodes = pixelcnn::record_with(&mut b, config, batch, first);
    b.output("logits", nodes.logits);
    b.output("nll", nodes.nll);
    Stack { graph: b.finish().unwrap(), data: nodes.levels, logits: nodes.logits }
}

/// A masked convolution with its parameters under its own name.
pub(crate) fn conv(b: &mut Builder, name: &str, taps: &Taps, x: NodeId, channels: usize) -> NodeId {
    b.scope(name, |b| {
        let fan_in = taps.len() * b.shape(x).last();
        let weight = b.parameter("weight", &[taps.len(), b.shape(x).last(), channels], Init::lecun(fan_in));
        let bias = b.parameter("bias", &[channels], Init::Normal(0.3));
        let y = b.masked_conv(taps, x, weight, Some(bias));
        b.name(y, "out")
    })
}

/// The two stacks of a gated PixelCNN without its gates: a vertical one over the rows above, a horizontal one along the row, and the link
/// from the first to the second in every layer.
pub(crate) fn two_stacks(height: usize, width: usize, layers: usize) -> Stack {
    let wide = |rows: std::ops::RangeInclusive<i32>| -> Taps {
        let offsets: Vec<(i32, i32)> = rows.flat_map(|dy| (-1..=1).map(move |dx| (dy, dx))).collect();
        Taps::new(&offsets)
    };
    let mut b = Builder::new(Mode::Evaluate);
    let data = b.input("x", &[1, height, width, 1]);
    // The one shift: the first vertical layer reads strictly above.
    let mut v = conv(&mut b, "v_0", &wide(-2..=-1), data, 2);
    let h = conv(&mut b, "h_0", &Taps::new(&[(0, -1)]), data, 2);
    let mut h = b.add(h, v);
    for index in 1..layers {
        v = conv(&mut b, &format!("v_{index}"), &wide(-1..=0), v, 2);
        let along = conv(&mut b, &format!("h_{index}"), &Taps::new(&[(0, -1), (0, 0)]), h, 2);
        let link = conv(&mut b, &format!("link_{index}"), &Taps::point(), v, 2);
        h = b.add(along, link);
    }
    let logits = conv(&mut b, "logits", &Taps::point(), h, 2);
    b.output("logits", logits);
    Stack { graph: b.finish().unwrap(), data, logits }
}
