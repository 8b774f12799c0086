//! Two columns of a table as the plane: which ones, what they are called, and what a place is in their own units.

use std::path::Path;

use egui::{Align2, ComboBox, Role, Ui, WidgetInfo, vec2};

use super::FlowLab;
use crate::data::table;
use crate::train::PointData;
use crate::ui::canvas2d::Plane;
use crate::ui::chips;
use crate::ui::theme::letters;

/// A file of points of the plane, or a table, of which two columns make them.
pub(super) fn of_file(path: &Path) -> PointData {
    match table::first_two(path) {
        Ok(Some(columns)) => PointData::Table { table: path.into(), columns: Some(columns) },
        // Points of the plane, or a file whose trouble the worker tells.
        _ => PointData::File { path: path.into() },
    }
}

/// The shipped tables.
pub(super) fn tables(lab: &FlowLab, ui: &mut Ui) -> Option<PointData> {
    let present = match &lab.source {
        PointData::Table { table, .. } => table.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        _ => "tables".into(),
    };
    let mut chosen = None;
    let opened = ComboBox::from_id_salt("tables").selected_text(present).width(ui.available_width() - 8.0).show_ui(ui, |ui| {
        for name in table::SHIPPED {
            let here = matches!(&lab.source, PointData::Table { table, .. } if table == Path::new(name));
            if ui.selectable_label(here, name).clicked() {
                chosen = Some(of_file(Path::new(name)));
            }
        }
    });
    opened.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Tables"));
    chosen
}

/// The two columns, chosen by their names; where the probe is in their units.
pub(super) fn choice(lab: &FlowLab, ui: &mut Ui) -> Option<PointData> {
    let PointData::Table { table, columns: Some(columns) } = &lab.source else { return None };
    let data = lab.data()?;
    let mut chosen = columns.clone();
    for (axis, name) in ["x", "y"].into_iter().enumerate() {
        ui.horizontal(|ui| {
            ui.label(name);
            let combo = ComboBox::from_id_salt(("column", axis)).selected_text(&columns[axis]).width(ui.available_width() - 8.0);
            let opened = combo.show_ui(ui, |ui| {
                for column in data.offered.iter().filter(|column| **column != columns[1 - axis]) {
                    ui.selectable_value(&mut chosen[axis], column.clone(), column);
                }
            });
            opened.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Column {name}")));
        });
    }
    if let Some(standard) = data.standard.as_ref().filter(|standard| standard.columns == *columns) {
        let own = |axis: usize| format!("{} {}", columns[axis], standard.shown(axis, lab.probe[axis]).replace('-', "−"));
        chips::note(ui, &format!("The probe is at {}, {}.", own(0), own(1)));
    }
    (chosen != *columns).then(|| PointData::Table { table: table.clone(), columns: Some(chosen) })
}

/// The names of the columns along the axes of data space.
pub(super) fn label(lab: &FlowLab, plane: &Plane<'_>) {
    let Some(standard) = lab.data().and_then(|data| data.standard.as_ref()) else { return };
    let (rect, palette) = (plane.rect(), plane.palette());
    let [x, y] = &standard.columns[..] else { return };
    let name = |at: egui::Pos2, align: Align2, text: &str| {
        let galley = plane.painter().layout_no_wrap(text.to_owned(), letters::proportional(plane.painter().ctx(), 12.0), palette.text);
        let place = align.anchor_size(at, galley.size());
        // Points may lie under it.
        plane.painter().rect_filled(place.expand(2.0), 2.0, palette.ground.gamma_multiply(0.8));
        plane.painter().galley(place.min, galley, palette.text);
    };
    // The axes are the flow's own: standard deviations from the mean.
    name(rect.right_bottom() + vec2(-8.0, -24.0), Align2::RIGHT_BOTTOM, &format!("{x}, standardised"));
    name(rect.left_top() + vec2(28.0, 8.0), Align2::LEFT_TOP, &format!("{y}, standardised"));
}
