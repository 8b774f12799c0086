use crate::autoregressive::{causal_stack, pixelcnn};
use crate::flows;
use crate::graph::{Builder, Graph, GraphError, Mode, NodeId, op::hyper};

/// Appends the gradients of `loss` by every parameter and one step of Adam for each.
///
/// Adds the input `hyper [8]`, the states `adam.m.NAME` and `adam.v.NAME`, and the outputs `loss` and `gradient_norm_sq`.
pub fn minimise(b: &mut Builder, loss: NodeId) {
    minimise_by(b, loss, |_| true);
}

/// The same for the parameters that `trained` picks by their names: the others and their moments stay as they are.
pub fn minimise_by(b: &mut Builder, loss: NodeId, trained: impl Fn(&str) -> bool) {
    let mut parameters = b.parameters();
    parameters.retain(|(name, _)| trained(name));
    let targets: Vec<NodeId> = parameters.iter().map(|&(_, node)| node).collect();
    let gradients = b.gradients(loss, &targets);
    let mut norm_sq = None;
    for &gradient in &gradients {
        let square = b.square(gradient);
        let sum = b.sum_all(square);
        norm_sq = Some(match norm_sq {
            Some(so_far) => b.add(so_far, sum),
            None => sum,
        });
    }
    b.output("loss", loss);
    let Some(norm_sq) = norm_sq else { return };
    b.output("gradient_norm_sq", norm_sq);
    let settings = b.input("hyper", &[hyper::SLOTS]);
    for ((name, parameter), gradient) in parameters.into_iter().zip(gradients) {
        let dims = b.shape(parameter).dims().to_vec();
        let first = b.state(&format!("adam.m.{name}"), &dims);
        let second = b.state(&format!("adam.v.{name}"), &dims);
        b.adam_step([parameter, gradient, first, second, settings, norm_sq]);
    }
}

/// One training step of a PixelCNN: the loss is the mean of `-ln p(x)` over the batch, nats per image.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn pixelcnn_training(config: &pixelcnn::Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Train);
    let nodes = pixelcnn::record(&mut b, config, batch);
    let loss = b.mean_all(nodes.nll);
    minimise(&mut b, loss);
    b.finish()
}

/// One training step of a causal stack: the loss is the mean of `-ln p(x)` over the batch, nats per sequence.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn causal_stack_training(config: &causal_stack::Config, batch: usize) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Train);
    let nodes = causal_stack::record(&mut b, config, batch);
    let loss = b.mean_all(nodes.nll);
    minimise(&mut b, loss);
    b.finish()
}

/// One training step of a flow of any family: the loss is the mean of `-ln p(x)` over the batch, nats per point.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn realnvp_training(config: &flows::Config, batch: usize) -> Result<Graph, GraphError> {
    realnvp_training_of(config, batch, 0, true)
}

/// The same with the layers in `frozen` (a bit each) left as they are, and, without `log_det`, with the loss `-mean ln N(z)`: the
/// log-determinants are dropped, so nothing keeps the layers from sending every point to z = 0, where that loss is least, `D/2 ln 2 pi`.
///
/// # Errors
/// A configuration whose shapes do not fit.
pub fn realnvp_training_of(config: &flows::Config, batch: usize, frozen: u64, log_det: bool) -> Result<Graph, GraphError> {
    let mut b = Builder::new(Mode::Train);
    let nodes = flows::forward(&mut b, config, batch);
    let mean = b.mean_all(if log_det { nodes.log_prob } else { nodes.log_base });
    let loss = b.neg(mean);
    minimise_by(&mut b, loss, |name| !(0..config.stages()).any(|stage| frozen >> stage & 1 == 1 && config.owns(stage, name)));
    b.finish()
}
