use crate::graph::{Builder, Init, NodeId, Taps};

/// Masked convolution with bias; declares `name.weight [taps, I, outputs]` (live taps only) and `name.bias [outputs]`.
pub fn masked_conv(b: &mut Builder, name: &str, taps: &Taps, x: NodeId, outputs: usize, init: Init) -> NodeId {
    let inputs = b.shape(x).last();
    b.scope(name, |b| {
        let weight = b.parameter("weight", &[taps.len(), inputs, outputs], init);
        let bias = b.parameter("bias", &[outputs], Init::Zeros);
        let y = b.masked_conv(taps, x, weight, Some(bias));
        b.name(y, "value")
    })
}

/// A 1x1 convolution: the same linear map at every pixel.
pub fn conv_1x1(b: &mut Builder, name: &str, x: NodeId, outputs: usize, init: Init) -> NodeId {
    masked_conv(b, name, &Taps::point(), x, outputs, init)
}

/// A learned vector for each class, `[B, 1, 1, channels]`, to be added at every pixel (1606.05328, eq. 4 without the gate).
///
/// `one_hot` is `[B, classes]`; a row of zeros means no class and adds nothing.
pub fn class_bias(b: &mut Builder, name: &str, one_hot: NodeId, channels: usize) -> NodeId {
    let shape = b.shape(one_hot);
    let embedding = b.parameter(name, &[shape.last(), channels], Init::Normal(0.1));
    let rows = b.matmul(one_hot, embedding);
    b.reshape(rows, &[shape.batch(), 1, 1, channels])
}
