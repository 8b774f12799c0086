//! The table: each operation with operands that lie away from its kinks.

use tractable::graph::{Binary, Builder, Direction, MaskKind, NodeId, Taps, Unary};

/// Where an operand's values lie.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Domain {
    /// 0.4 to 2.
    Positive,
    /// 0.1 to 1.5 in size, either sign.
    NotZero,
    /// 0 or 1.
    Mask,
    /// 0, 1 or 2, and a quarter.
    Index,
}

pub(super) struct Operand {
    pub(super) dims: &'static [usize],
    domain: Domain,
}

impl Operand {
    pub(super) fn values(&self, stream: u64) -> Vec<f64> {
        super::draw(self.domain, stream, self.dims.iter().product())
    }
}

/// Records the operation on its operands.
type Record = Box<dyn Fn(&mut Builder, &[NodeId]) -> NodeId>;

pub(super) struct Case {
    pub(super) name: String,
    pub(super) operands: Vec<Operand>,
    pub(super) record: Record,
}

fn case(
    name: impl Into<String>,
    operands: &[(&'static [usize], Domain)],
    record: impl Fn(&mut Builder, &[NodeId]) -> NodeId + 'static,
) -> Case {
    let operands = operands.iter().map(|&(dims, domain)| Operand { dims, domain }).collect();
    Case { name: name.into(), operands, record: Box::new(record) }
}

pub(super) fn cases() -> Vec<Case> {
    [elementwise(), reductions(), products(), convolutions(), layout(), compositions()].into_iter().flatten().collect()
}

use Domain::{Index, Mask, NotZero, Positive};

fn elementwise() -> Vec<Case> {
    let mut all = Vec::new();
    for f in Unary::ALL {
        let domain = if matches!(f, Unary::Log | Unary::Sqrt | Unary::Reciprocal) { Positive } else { NotZero };
        all.push(case(format!("{f:?}"), &[(&[3, 5], domain)], move |b, x| b.unary(f, x[0])));
    }
    for f in Binary::ALL {
        let second = if f == Binary::Div { Positive } else { NotZero };
        all.push(case(format!("{f:?}"), &[(&[3, 5], NotZero), (&[3, 5], second)], move |b, x| b.binary(f, x[0], x[1])));
        // Each side broadcast, over leading, middle and missing axes.
        let row: &[usize] = &[2, 1, 4];
        all.push(case(format!("{f:?} broadcast"), &[(&[3, 4], NotZero), (row, second)], move |b, x| b.binary(f, x[0], x[1])));
        all.push(case(format!("{f:?} scalar"), &[(&[1], NotZero), (&[2, 3], second)], move |b, x| b.binary(f, x[0], x[1])));
    }
    all.push(case("select", &[(&[3, 4], Mask), (&[3, 4], NotZero), (&[3, 4], NotZero)], |b, x| b.select(x[0], x[1], x[2])));
    all.push(case("select broadcast", &[(&[3, 1], Mask), (&[4], NotZero), (&[3, 4], NotZero)], |b, x| b.select(x[0], x[1], x[2])));
    all.push(case("x * x, one operand twice", &[(&[4], NotZero)], |b, x| b.mul(x[0], x[0])));
    all.push(case("stop_gradient beside", &[(&[4], NotZero), (&[4], NotZero)], |b, x| {
        // Its operand must not be a target, or differences would see through it: it is made of a constant.
        let constant = b.fill(0.7, &[4]);
        let stopped = b.stop_gradient(constant);
        let product = b.mul(x[0], stopped);
        b.mul(product, x[1])
    }));
    all
}

fn reductions() -> Vec<Case> {
    let image: &[usize] = &[2, 3, 2, 4];
    let mut all = Vec::new();
    for axes in [&[0][..], &[1, 2], &[3], &[0, 1, 2], &[0, 1, 2, 3]] {
        all.push(case(format!("sum {axes:?}"), &[(image, NotZero)], move |b, x| {
            let square = b.square(x[0]);
            b.sum(square, axes)
        }));
        all.push(case(format!("max {axes:?}"), &[(image, NotZero)], move |b, x| {
            let square = b.square(x[0]);
            b.max(square, axes)
        }));
    }
    all.push(case("log_softmax", &[(image, NotZero)], |b, x| b.log_softmax(x[0])));
    all.push(case("log_softmax of points", &[(&[3, 5], NotZero)], |b, x| b.log_softmax(x[0])));
    all.push(case("log_sum_exp", &[(image, NotZero)], |b, x| b.log_sum_exp(x[0])));
    all.push(case("mean_all", &[(image, NotZero)], |b, x| {
        let cube = b.unary(Unary::Tanh, x[0]);
        b.mean_all(cube)
    }));
    all
}

fn products() -> Vec<Case> {
    let mut all = Vec::new();
    for (ta, tb) in [(false, false), (false, true), (true, false), (true, true)] {
        let a: &[usize] = if ta { &[4, 3] } else { &[3, 4] };
        let b_dims: &[usize] = if tb { &[5, 4] } else { &[4, 5] };
        all.push(case(format!("matmul, transposed {ta} {tb}"), &[(a, NotZero), (b_dims, NotZero)], move |b, x| {
            b.matmul_with(x[0], x[1], ta, tb)
        }));
    }
    for direction in [Direction::Forward, Direction::Inverse] {
        let points: &[usize] = &[4, 3];
        all.push(case(format!("affine_coupling {direction:?}"), &[(points, NotZero); 3], move |b, x| {
            b.affine_coupling(direction, x[0], x[1], x[2])
        }));
    }
    all
}

fn convolutions() -> Vec<Case> {
    let kinds = [
        ("mask A 3x3", Taps::raster(3, MaskKind::A), 4),
        ("mask B 5x5", Taps::raster(5, MaskKind::B), 13),
        ("1x1", Taps::point(), 1),
        ("skewed", Taps::new(&[(-2, 1), (0, -1), (1, 0)]), 3),
    ];
    let mut all = Vec::new();
    for (name, taps, count) in kinds {
        assert_eq!(taps.len(), count);
        let weight: &[usize] = match count {
            4 => &[4, 2, 3],
            13 => &[13, 2, 3],
            1 => &[1, 2, 3],
            _ => &[3, 2, 3],
        };
        let (x, g): (&[usize], &[usize]) = (&[2, 4, 3, 2], &[2, 4, 3, 3]);
        let t = taps.clone();
        all.push(case(format!("masked_conv {name}"), &[(x, NotZero), (weight, NotZero), (&[3], NotZero)], move |b, o| {
            b.masked_conv(&t, o[0], o[1], Some(o[2]))
        }));
        let t = taps.clone();
        all.push(case(format!("masked_conv {name} without bias"), &[(x, NotZero), (weight, NotZero)], move |b, o| {
            b.masked_conv(&t, o[0], o[1], None)
        }));
        all.push(case(format!("conv_weight_grad {name}"), &[(x, NotZero), (g, NotZero)], move |b, o| {
            b.conv_weight_grad(&taps, o[0], o[1])
        }));
    }
    all
}

/// Layout operations are linear: a square behind them gives their second derivatives something to find.
fn layout() -> Vec<Case> {
    let image: &[usize] = &[2, 3, 4, 2];
    let squared = |f: fn(&mut Builder, &[NodeId]) -> NodeId| {
        move |b: &mut Builder, x: &[NodeId]| {
            let y = f(b, x);
            b.square(y)
        }
    };
    let mut all = vec![
        case("reshape", &[(image, NotZero)], squared(|b, x| b.reshape(x[0], &[6, 8]))),
        case("permute", &[(image, NotZero)], squared(|b, x| b.permute(x[0], &[2, 0, 3, 1]))),
        case("permute matrix", &[(&[3, 4], NotZero)], squared(|b, x| b.permute(x[0], &[1, 0]))),
        case("expand", &[(&[2, 1, 4, 1], NotZero)], squared(|b, x| b.expand(x[0], &[2, 3, 4, 2]))),
        case("expand rank", &[(&[3], NotZero)], squared(|b, x| b.expand(x[0], &[2, 4, 3]))),
        case("concat in use twice", &[(&[2, 3], NotZero)], squared(|b, x| b.concat(&[x[0], x[0]], 1))),
        case("one_hot", &[(&[3, 1], Index), (&[3, 3], NotZero)], |b, x| {
            let hot = b.one_hot(x[0], 3);
            b.mul(hot, x[1])
        }),
    ];
    for axis in 0..4 {
        all.push(case(format!("slice axis {axis}"), &[(image, NotZero)], move |b, x| {
            let y = b.slice(x[0], axis, 1, 1);
            b.square(y)
        }));
        all.push(case(format!("pad axis {axis}"), &[(image, NotZero)], move |b, x| {
            let y = b.pad(x[0], axis, 1, 6);
            b.square(y)
        }));
        all.push(case(format!("concat axis {axis}"), &[(image, NotZero), (image, NotZero)], move |b, x| {
            let y = b.concat(&[x[0], x[1]], axis);
            b.square(y)
        }));
    }
    all
}

/// Operations together: rules that are right alone can be joined wrongly.
fn compositions() -> Vec<Case> {
    let taps = Taps::raster(3, MaskKind::A);
    let inner = Taps::raster(3, MaskKind::B);
    let mut all: Vec<Case> = [[0, 2], [2, 0]]
        .into_iter()
        .map(|order| {
            case(format!("halves of channels, {order:?}"), &[(&[2, 3, 2, 4], NotZero)], move |b, x| {
                let [p, q] = order.map(|start| b.slice(x[0], 3, start, 2));
                let (p, q) = (b.tanh(p), b.unary(Unary::Sigmoid, q));
                b.mul(p, q)
            })
        })
        .collect();
    all.push(case("parts that overlap or leave a gap", &[(&[3, 5], NotZero)], |b, x| {
        let [p, q, r] = [(0, 2), (3, 2), (1, 2)].map(|(start, length)| b.slice(x[0], 1, start, length));
        let product = b.mul(p, q);
        b.mul(product, r)
    }));
    all.extend([
        case(
            "a small PixelCNN",
            &[(&[2, 3, 3, 1], NotZero), (&[4, 1, 3], NotZero), (&[5, 3, 2], NotZero), (&[2], NotZero)],
            move |b, x| {
                let h = b.masked_conv(&taps, x[0], x[1], None);
                let h = b.tanh(h);
                let logits = b.masked_conv(&inner, h, x[2], Some(x[3]));
                b.log_softmax(logits)
            },
        ),
        case("a coupling of two-layer networks", &[(&[3, 4], NotZero), (&[2, 5], NotZero), (&[5, 4], NotZero)], |b, x| {
            let kept = b.slice(x[0], 1, 0, 2);
            let moved = b.slice(x[0], 1, 2, 2);
            let hidden = b.matmul(kept, x[1]);
            let hidden = b.tanh(hidden);
            let out = b.matmul(hidden, x[2]);
            let log_scale = b.slice(out, 1, 0, 2);
            let log_scale = b.tanh(log_scale);
            let translation = b.slice(out, 1, 2, 2);
            let y = b.affine_coupling(Direction::Forward, moved, log_scale, translation);
            b.square(y)
        }),
    ]);
    all
}
