//! The lattice of data space after some layers: a mesh whose colours are the density or a log-determinant where it is now.

use egui::{Color32, Mesh, Rect, Shape};

use super::numbers::tween;
use crate::train::flow_job::{Lattice, Point};
use crate::ui::canvas2d::Plane;
use crate::ui::colormap::Scale;

/// What colours the lattice.
#[derive(Clone, Copy)]
pub(super) enum Paint {
    /// The density of the pushed-forward model: `p_k = p(x) / |det J_1..k|`.
    Density { scale: Scale, fade: f32 },
    /// `log|det J|` of one layer.
    Layer { index: usize, scale: Scale },
    /// `log|det J|` of the layers so far.
    Sum { scale: Scale },
}

/// Draws the lattice at a depth.
pub(super) fn show(plane: &Plane<'_>, lattice: &Lattice, between: (usize, usize, f32), paint: Paint, dark: bool) {
    let nodes = tween(&lattice.points, between);
    let side = lattice.side as u32;
    if side < 2 || nodes.len() != lattice.side * lattice.side {
        return;
    }
    let mut mesh = Mesh::default();
    for (i, &[x, y]) in nodes.iter().enumerate() {
        mesh.colored_vertex(plane.to_screen([x.into(), y.into()]), node_color(lattice, between, paint, dark, i));
    }
    for row in 0..side - 1 {
        for column in 0..side - 1 {
            let [a, b] = [row * side + column, (row + 1) * side + column];
            let corners = [a, a + 1, b + 1, b].map(|i| mesh.vertices[i as usize]);
            let visible = corners.iter().any(|v| v.color.a() > 0) && corners.iter().all(|v| v.pos.is_finite());
            if visible && Rect::from_points(&corners.map(|v| v.pos)).intersects(plane.rect()) {
                mesh.add_triangle(a, a + 1, b + 1);
                mesh.add_triangle(a, b + 1, b);
            }
        }
    }
    plane.painter().add(Shape::mesh(mesh));
}

fn node_color(lattice: &Lattice, (low, _, part): (usize, usize, f32), paint: Paint, dark: bool, i: usize) -> Color32 {
    let so_far = || {
        let whole: f32 = lattice.log_dets.iter().take(low).map(|column| column[i]).sum();
        whole + lattice.log_dets.get(low).map_or(0.0, |column| part * column[i])
    };
    match paint {
        Paint::Density { scale, fade } => {
            let density = (lattice.log_prob[i] - so_far()).exp();
            let opacity = ((density - scale.low) / (scale.high - scale.low) / fade).clamp(0.0, 1.0);
            scale.color(density, dark).gamma_multiply(opacity)
        }
        Paint::Layer { index, scale } => lattice.log_dets.get(index).map_or(Color32::TRANSPARENT, |column| scale.color(column[i], dark)),
        Paint::Sum { scale } => scale.color(so_far(), dark),
    }
}

/// Every fourth row and column of the lattice, and the last ones: the grid of data space at a depth.
pub(super) fn grid_lines(lattice: &Lattice, between: (usize, usize, f32)) -> Vec<Vec<Point>> {
    let nodes = tween(&lattice.points, between);
    let side = lattice.side;
    if nodes.len() != side * side {
        return Vec::new();
    }
    let picks = || (0..side.saturating_sub(1)).step_by(4).chain([side - 1]);
    let rows = picks().map(|row| nodes[row * side..(row + 1) * side].to_vec());
    let columns = picks().map(|column| (0..side).map(|row| nodes[row * side + column]).collect());
    rows.chain(columns).collect()
}
