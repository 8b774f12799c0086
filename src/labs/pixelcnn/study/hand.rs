//! The hand that paints: every movement of a frame, and all cells between two of them.

use egui::{Event, PointerButton, Pos2, Ui};

use crate::ui::pixel_grid::{GridLayout, GridResponse};

/// A line is looked at in so many places a cell: it leaves no gap.
const PLACES_A_CELL: f32 = 4.0;
/// A line across any screen has fewer places.
const MOST_PLACES: f32 = 20_000.0;

/// The cells that the hand went over in this frame while it was pressed, in order. Every event counts and not only the last one: on a slow
/// machine a whole stroke may fall into one frame. `last` is where a pressed hand was seen last.
pub(super) fn painted(ui: &Ui, grid: &GridResponse, last: &mut Option<Pos2>) -> Vec<usize> {
    let layout = &grid.layout;
    let mine = |pos: Pos2| {
        let there = layout.rect.contains(pos) && ui.clip_rect().contains(pos);
        there && grid.response.enabled() && ui.ctx().layer_id_at(pos) == Some(ui.layer_id())
    };
    let (events, held) = ui.input(|input| (input.events.clone(), input.pointer.primary_down()));
    let mut cells = Vec::new();
    for event in events {
        match event {
            Event::PointerButton { pos, button: PointerButton::Primary, pressed: true, .. } if mine(pos) => {
                cells.extend(layout.at(pos));
                *last = Some(pos);
            }
            Event::PointerButton { pos, button: PointerButton::Primary, pressed: false, .. } => {
                if let Some(from) = last.take() {
                    cells.extend(between(layout, from, pos));
                }
            }
            Event::PointerMoved(pos) => {
                if let Some(from) = last {
                    cells.extend(between(layout, *from, pos));
                    *from = pos;
                }
            }
            _ => {}
        }
    }
    if !held {
        *last = None;
    }
    // A click is a stroke of one cell already; the key Enter is not.
    cells.extend(grid.clicked);
    cells.dedup();
    cells
}

/// The cells on the straight line between two places, in order; what lies outside the grid belongs to none.
fn between(layout: &GridLayout, from: Pos2, to: Pos2) -> Vec<usize> {
    let side = layout.cell(0).size().min_elem().max(1e-3);
    let places = ((to - from).length() / side * PLACES_A_CELL).ceil().clamp(1.0, MOST_PLACES) as usize;
    let mut cells: Vec<usize> = (0..=places).filter_map(|i| layout.at(from.lerp(to, i as f32 / places as f32))).collect();
    cells.dedup();
    cells
}

#[cfg(test)]
mod tests {
    use egui::{Rect, pos2, vec2};

    use super::*;

    #[test]
    fn a_line_has_no_gap_begins_and_ends_at_its_ends_and_stays_in_the_grid() {
        let layout = GridLayout { rect: Rect::from_min_size(pos2(30.0, 10.0), vec2(140.0, 140.0)), rows: 14, cols: 14 };
        for (from, to) in [(0, 13), (0, 195), (13, 182), (40, 151), (60, 60), (97, 20)] {
            let cells = between(&layout, layout.cell(from).center(), layout.cell(to).center());
            assert_eq!((cells.first(), cells.last()), (Some(&from), Some(&to)));
            for pair in cells.windows(2) {
                let [rows, cols] = [14, 1].map(|by| (pair[0] / by % 14).abs_diff(pair[1] / by % 14));
                assert!(rows <= 1 && cols <= 1, "{from} to {to}: {cells:?}");
            }
        }
        let across = between(&layout, pos2(0.0, 15.0), pos2(300.0, 15.0));
        assert_eq!(across, (0..14).collect::<Vec<_>>());
        assert!(between(&layout, pos2(0.0, 0.0), pos2(300.0, 5.0)).is_empty());
    }
}
