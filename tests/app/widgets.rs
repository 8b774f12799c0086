//! The shared canvases: named, walked by keys, and quiet about bad numbers.

use egui::{Color32, Key, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::ui::bars::{ProbabilityBars, signed_bars, spikes};
use tractable::ui::canvas2d::{Canvas2d, View};
use tractable::ui::colormap::{Colormap, Scale, colorbar};
use tractable::ui::math::Math;
use tractable::ui::pixel_grid::PixelGrid;
use tractable::ui::plot::{LossCurves, loss_chart};
use tractable::ui::units::Units;

#[test]
fn a_grid_is_hovered_clicked_and_walked() {
    let seen = std::rc::Rc::new(std::cell::RefCell::new((None, None, egui::Rect::NOTHING)));
    let out = seen.clone();
    let mut harness = Harness::builder().with_size(Vec2::splat(300.0)).build_ui(move |ui| {
        let grid = PixelGrid::new("Image", 7, 7).fill(|_| Color32::GRAY).hatch(|cell| cell == 3).show(ui, vec2(210.0, 210.0));
        let clicked = grid.clicked.or(out.borrow().1);
        *out.borrow_mut() = (grid.hovered, clicked, grid.layout.rect);
    });
    harness.run();
    let rect = seen.borrow().2;
    let cell = |row: f32, col: f32| rect.min + vec2((col + 0.5) * 30.0, (row + 0.5) * 30.0);
    harness.hover_at(cell(2.0, 5.0));
    harness.run();
    assert_eq!(seen.borrow().0, Some(19));
    harness.drag_at(cell(1.0, 1.0));
    harness.drop_at(cell(1.0, 1.0));
    harness.run();
    assert_eq!(seen.borrow().1, Some(8));
    harness.remove_cursor();
    harness.get_by_label_contains("Image").focus();
    harness.run();
    assert_eq!(seen.borrow().0, Some(24), "the cursor starts in the middle");
    harness.key_press(Key::ArrowRight);
    harness.key_press(Key::ArrowUp);
    harness.run();
    assert_eq!(seen.borrow().0, Some(18));
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(seen.borrow().1, Some(18));
}

#[test]
fn a_plane_zooms_at_the_pointer_and_pans() {
    let view = std::rc::Rc::new(std::cell::RefCell::new(View::default()));
    let shared = view.clone();
    let mut harness = Harness::builder().with_size(Vec2::splat(400.0)).build_ui(move |ui| {
        let mut view = shared.borrow_mut();
        let canvas = Canvas2d::new("Plane", &mut view, vec2(300.0, 300.0)).show(ui, |plane| {
            plane.points(&[[0.0, 0.0], [f32::NAN, 1.0], [1e30, 0.0]], 2.0, Color32::WHITE);
            plane.polyline(&[[0.0, 0.0], [f32::INFINITY, 1.0]], egui::Stroke::new(1.0, Color32::WHITE));
            plane.grid(&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [f32::NAN, 1.0]], 2, 2, 1.0, Color32::WHITE);
            plane.cells(&[[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0]], 2, 2, &[Color32::RED]);
            plane.message("draw here");
        });
        assert!(canvas.rect.width() > 0.0);
    });
    harness.run();
    let middle = harness.get_by_label("Plane").rect().center();
    harness.hover_at(middle);
    harness.event(egui::Event::MouseWheel {
        source: egui::MouseWheelSource::Wheel,
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 120.0),
        modifiers: egui::Modifiers::NONE,
        phase: egui::TouchPhase::Move,
    });
    harness.run();
    let zoomed = *view.borrow();
    assert!(zoomed.reach < 3.0, "the wheel zooms in");
    assert!(zoomed.center[0].abs() < 0.05 && zoomed.center[1].abs() < 0.05, "at the pointer");
}

#[test]
fn charts_and_bars_survive_what_a_run_can_produce() {
    for values in [vec![], vec![0.2_f32, 0.8], vec![f32::NAN, 0.0, f32::INFINITY]] {
        let mut harness = Harness::builder().with_size(vec2(420.0, 700.0)).build_ui(move |ui| {
            ProbabilityBars::new("Next pixel", &values).chosen(Some(1)).u(Some(0.731)).show(ui);
            spikes(ui, "Surprise", &values, Some(0), 4.0, 40.0);
            let wide: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
            let labels: Vec<String> = (0..wide.len()).map(|i| format!("layer {i}")).collect();
            signed_bars(ui, "Log-determinants", &labels, &wide, 1.0, Some(0));
            colorbar(ui, &Scale::new(Colormap::Surprise, 0.0, 4.0), "surprise", "bits");
            Math::new(r"p(x_{490}) = \live{p}").numbers(&|_| Some(("0.59".into(), Color32::RED))).show(ui);
            let curve: Vec<[f64; 2]> = wide.iter().enumerate().map(|(i, &v)| [i as f64, v]).collect();
            let curves = LossCurves {
                train: &curve,
                test: &curve,
                ceiling: Some((2.0, "untrained")),
                floor: Some((0.5, "entropy")),
                per: "per point",
                looked: None,
            };
            loss_chart(ui, "loss", &curves, Units::Bits, 120.0);
        });
        harness.run_steps(3);
        assert!(harness.query_by_label_contains("Next pixel").is_some());
        assert!(harness.query_by_label("p(x sub 490) equals 0.59").is_some());
    }
}
