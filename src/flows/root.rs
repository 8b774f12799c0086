//! Roots of increasing functions, as unrolled nodes: the same on both executors, and every step takes the same time.

use crate::graph::{Binary, Builder, NodeId};

/// Evaluations of the function that one search makes.
pub(super) const STEPS: usize = 36;

/// The `x` in `[low, high]` where an increasing `f` has the value `target`, elementwise; the nearer end where it has not.
///
/// `f` gives value and slope. The first two thirds of the steps alternate between Newton's and the middle of the bracket, which so shrinks by at
/// least 2^12; the last third are Newton's, whose error squares with each. A step of Newton's that leaves the bracket gives way to the middle.
pub(super) fn find(
    b: &mut Builder,
    target: NodeId,
    bracket: [NodeId; 2],
    mut f: impl FnMut(&mut Builder, NodeId) -> (NodeId, NodeId),
) -> NodeId {
    let dims = b.shape(target).dims().to_vec();
    let [mut low, mut high] = bracket.map(|end| b.expand(end, &dims));
    let mut x = middle(b, low, high);
    for step in 0..STEPS {
        let (value, slope) = f(b, x);
        let short = b.binary(Binary::Greater, target, value);
        low = b.select(short, x, low);
        high = b.select(short, high, x);
        let halved = middle(b, low, high);
        if step % 2 == 1 && 3 * step < 2 * STEPS {
            x = halved;
            continue;
        }
        let missing = b.sub(target, value);
        let least = b.scalar(1e-30);
        let steep = b.binary(Binary::Max, slope, least);
        let change = b.div(missing, steep);
        let newton = b.add(x, change);
        // An end of the bracket is no departure: it is where a search stands that has arrived.
        let before = b.binary(Binary::Greater, low, newton);
        let past = b.binary(Binary::Greater, newton, high);
        let outside = b.add(before, past);
        x = b.select(outside, halved, newton);
    }
    x
}

fn middle(b: &mut Builder, low: NodeId, high: NodeId) -> NodeId {
    let sum = b.add(low, high);
    b.scale(sum, 0.5)
}
