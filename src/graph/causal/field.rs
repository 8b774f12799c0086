use super::Order;
use super::link::{Grid, Link};
use crate::graph::{Graph, NodeId};

/// A set of positions, one bit each.
#[derive(Clone)]
struct Positions(Vec<u64>);

impl Positions {
    fn empty(count: usize) -> Positions {
        Positions(vec![0; count.div_ceil(64)])
    }

    fn insert(&mut self, position: usize) {
        self.0[position / 64] |= 1 << (position % 64);
    }

    fn insert_all(&mut self, count: usize) {
        (0..count).for_each(|p| self.insert(p));
    }

    fn union(&mut self, other: &Positions) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|&word| word == 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().enumerate().flat_map(|(index, &word)| {
            let next = |w: &u64| Some(w & (w - 1)).filter(|&w| w != 0);
            let first = Some(word).filter(|&w| w != 0);
            std::iter::successors(first, next).map(move |w| index * 64 + w.trailing_zeros() as usize)
        })
    }

    fn to_bools(&self, count: usize) -> Vec<bool> {
        let mut all = vec![false; count];
        self.iter().for_each(|p| all[p] = true);
        all
    }
}

/// Which positions of `data` the value of `node` at `position` depends on: the exact set, by walking back from that one element.
///
/// Any node may be asked, so the field of a layer in the middle is the field of a shallower network. Only the structure is read: taps,
/// slices, shapes; a weight that happens to be zero still counts.
pub fn receptive_field(graph: &Graph, node: NodeId, position: usize, data: NodeId) -> Vec<bool> {
    let count = graph.shape(data).positions();
    let mut sets: Vec<Option<Positions>> = vec![None; graph.nodes().len()];
    let mut start = Positions::empty(graph.shape(node).positions());
    start.insert(position);
    sets[node.index()] = Some(start);
    // Operands have smaller ids, so a reader is finished before what it reads.
    for id in graph.ids().take(node.index() + 1).collect::<Vec<_>>().into_iter().rev() {
        if id == data {
            break;
        }
        let Some(set) = sets[id.index()].take().filter(|s| !s.is_empty()) else { continue };
        for (slot, &operand) in graph.node(id).inputs.iter().enumerate() {
            if operand < data {
                continue;
            }
            let link = Link::new(graph, id, slot);
            let positions = graph.shape(operand).positions();
            let target = sets[operand.index()].get_or_insert_with(|| Positions::empty(positions));
            if link.is_same() {
                target.union(&set);
            } else if link.is_all() {
                target.insert_all(positions);
            } else {
                set.iter().for_each(|p| link.reads(p, |q| target.insert(q)));
            }
        }
    }
    sets[data.index()].as_ref().map_or(vec![false; count], |set| set.to_bools(count))
}

/// Which positions of `node` depend on `position` of `data`: the receptive field seen from the other end.
pub fn influence(graph: &Graph, node: NodeId, data: NodeId, position: usize) -> Vec<bool> {
    let count = graph.shape(node).positions();
    let mut sets: Vec<Option<Positions>> = vec![None; graph.nodes().len()];
    let mut start = Positions::empty(graph.shape(data).positions());
    start.insert(position);
    sets[data.index()] = Some(start);
    for id in graph.ids().take(node.index() + 1).skip(data.index() + 1) {
        let positions = graph.shape(id).positions();
        let mut reached = Positions::empty(positions);
        for (slot, &operand) in graph.node(id).inputs.iter().enumerate() {
            let Some(set) = &sets[operand.index()] else { continue };
            let link = Link::new(graph, id, slot);
            if link.is_same() {
                reached.union(set);
            } else if link.is_all() {
                reached.insert_all(positions);
            } else {
                set.iter().for_each(|q| link.readers(q, |p| reached.insert(p)));
            }
        }
        sets[id.index()] = Some(reached).filter(|s| !s.is_empty());
    }
    sets[node.index()].as_ref().map_or(vec![false; count], |set| set.to_bools(count))
}

/// Half-widths of the window of a node, `[rows, columns]`: the largest sum of kernel half-widths on a path from `data` to it, up or down
/// and to the sides.
pub fn window(graph: &Graph, node: NodeId, data: NodeId) -> [usize; 2] {
    let mut reach: Vec<Option<[usize; 2]>> = vec![None; graph.nodes().len()];
    reach[data.index()] = Some([0, 0]);
    for id in graph.ids().take(node.index() + 1).skip(data.index() + 1) {
        for (slot, operand) in graph.node(id).inputs.iter().enumerate() {
            let Some(before) = reach[operand.index()] else { continue };
            let step = Link::new(graph, id, slot).reach();
            let so_far = reach[id.index()].get_or_insert([0, 0]);
            (0..2).for_each(|axis| so_far[axis] = so_far[axis].max(before[axis] + step[axis]));
        }
    }
    reach[node.index()].unwrap_or([0, 0])
}

/// What an element knows of a pixel of the data.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Visibility {
    /// In its receptive field.
    Seen,
    /// Drawn earlier and inside the window of the kernels, but on no path: the blind spot.
    Blind,
    /// Drawn earlier, too far away.
    Outside,
    /// The element's own pixel, or drawn later; not seen, as it should be.
    Later,
}

/// The receptive field of one element, with what it misses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// What the element knows of each pixel.
    pub pixels: Vec<Visibility>,
    /// Rows of the window above the element; all but equal to `columns` in a model of two stacks, whose shift adds one.
    pub rows: usize,
    /// Columns of the window on either side of the element.
    pub columns: usize,
    /// Number of pixels that are seen.
    pub seen: usize,
    /// Number of pixels in the blind spot.
    pub blind: usize,
    /// Number of earlier pixels outside the window.
    pub outside: usize,
    /// Number of seen pixels that are not drawn before the element's own: for logits every one is a leak, inside a network it need not be.
    pub ahead: usize,
}

/// Receptive field and blind spot of `node` at `position`.
///
/// The window has the half-widths [`window`] around the element; in it, an earlier pixel that is not seen is *blind*. For a raster stack of L
/// masked k x k convolutions, r = (k-1)/2, away from the border, the blind spot is the wedge `{(-m, dx): 1 <= m < L, dx > m r}` of
/// `r L (L-1) / 2` pixels in a window of `2 L r (L r + 1)`.
pub fn field(graph: &Graph, node: NodeId, position: usize, data: NodeId, order: &Order) -> Field {
    let grid = Grid::of(graph.shape(data));
    let seen = receptive_field(graph, node, position, data);
    let [rows, columns] = window(graph, node, data);
    let (row, column) = (position / grid.width, position % grid.width);
    let near = |p: usize| (p / grid.width).abs_diff(row) <= rows && (p % grid.width).abs_diff(column) <= columns;
    let earlier = |p: usize| order.step(p) < order.step(position);
    let classify = |p: usize| match () {
        () if seen[p] => Visibility::Seen,
        () if !earlier(p) => Visibility::Later,
        () if near(p) => Visibility::Blind,
        () => Visibility::Outside,
    };
    let pixels: Vec<Visibility> = (0..grid.len()).map(classify).collect();
    let count = |kind: Visibility| pixels.iter().filter(|&&v| v == kind).count();
    Field {
        seen: count(Visibility::Seen),
        blind: count(Visibility::Blind),
        outside: count(Visibility::Outside),
        ahead: (0..grid.len()).filter(|&p| seen[p] && !earlier(p)).count(),
        rows,
        columns,
        pixels,
    }
}
