use crate::autoregressive::pixelcnn::{self, Config, Nodes};
use crate::graph::Graph;
use crate::graph::causal::{self, Field, Order};

/// The exact receptive fields of one model, from its graph; the last few are kept.
pub(super) struct Fields {
    config: Config,
    graph: Graph,
    nodes: Nodes,
    order: Order,
    known: Vec<((usize, usize), Field)>,
}

/// Fields that are kept: the next pixel's, the hovered one's, and the one before.
const KEPT: usize = 4;

impl Fields {
    /// Records the model; `None` if its shapes do not fit, in which case there is no model to look at either.
    pub(super) fn new(config: &Config) -> Option<Fields> {
        let (graph, nodes) = pixelcnn::evaluation(config, 1).ok()?;
        Some(Fields { config: config.clone(), graph, nodes, order: Order::raster(config.pixels()), known: Vec::new() })
    }

    /// The model.
    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Number of masked layers.
    pub(super) fn layers(&self) -> usize {
        self.nodes.layers.len()
    }

    /// A field that was shown lately.
    pub(super) fn known(&self, pixel: usize, layers: usize) -> Option<&Field> {
        self.known.iter().find(|(key, _)| *key == (pixel, layers)).map(|(_, field)| field)
    }

    /// What the prediction of a pixel sees after the first `layers` masked layers, from 1 to all.
    pub(super) fn field(&mut self, pixel: usize, layers: usize) -> &Field {
        let layers = layers.clamp(1, self.layers());
        let key = (pixel, layers);
        if let Some(i) = self.known.iter().position(|(k, _)| *k == key) {
            return &self.known[i].1;
        }
        let node = if layers == self.layers() { self.nodes.logits } else { self.nodes.layers[layers - 1] };
        let field = causal::field(&self.graph, node, pixel, self.nodes.levels, &self.order);
        if self.known.len() == KEPT {
            self.known.remove(0);
        }
        self.known.push((key, field));
        &self.known.last().expect("just pushed").1
    }
}
