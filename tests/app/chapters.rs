//! The rail and the five places.

use egui::Vec2;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::json;
use tractable::labs::document::Document;
use tractable::labs::registry::CHAPTERS;
use tractable::ui::theme::Theme;

use crate::harness::{chapters, echo, window};

#[test]
fn every_chapter_is_reached_by_its_name_and_an_unbuilt_one_only_asks_its_question() {
    let mut window = echo();
    for chapter in chapters() {
        window.get_by_role_and_label(egui::accesskit::Role::Tab, chapter.title).click();
        window.run_steps(3);
        assert_eq!(window.state().chapter(), chapter.id);
        if chapter.open.is_none() {
            assert!(window.query_by_label(chapter.question).is_some(), "{}", chapter.id);
            assert!(window.query_by_label("Run").is_none(), "nothing pretends to work in {}", chapter.id);
        }
    }
}

#[test]
fn the_window_opens_on_a_built_chapter_and_says_so_when_asked_for_an_unknown_one() {
    let window = window(Vec2::new(1280.0, 720.0), Theme::Dark, "no such chapter");
    assert!(window.state().shared().toasts[0].text.contains("no such chapter"));
    assert_eq!(window.state().chapter(), "pixelcnn");
}

#[test]
fn a_lab_that_was_left_is_found_as_it_was_and_stands_still() {
    let mut window = echo();
    window.key_press(egui::Key::ArrowRight);
    window.key_press(egui::Key::Space);
    window.run_steps(3);
    assert!(window.query_by_label("Position, place 1 running").is_some());
    window.get_by_label("NADE · MADE").click();
    window.run_steps(3);
    window.get_by_label("PixelCNN").click();
    window.run_steps(3);
    assert!(window.query_by_label("Position, place 1 standing").is_some());
}

#[test]
fn places_stay_inside_the_window_in_every_theme_and_size() {
    for theme in [Theme::Dark, Theme::Light, Theme::Projector] {
        for size in [Vec2::new(760.0, 480.0), Vec2::new(1280.0, 720.0), Vec2::new(1920.0, 1080.0)] {
            let mut window = window(size, theme, "flow");
            window.run_steps(4);
            let canvas = window.get_by_label("last command: ").rect();
            let Some(explain) = window.query_by_label("an explanation") else {
                assert!(window.ctx.content_rect().width() < 700.0, "only a narrow window folds its sides by itself");
                continue;
            };
            let explain = explain.rect();
            let run = window.get_by_label("Run").rect();
            let inside = window.ctx.content_rect();
            for rect in [canvas, explain, run] {
                assert!(inside.contains_rect(rect), "{theme:?} {size:?}: {rect:?} is not inside {inside:?}");
            }
            assert!(canvas.right() < explain.left(), "{theme:?} {size:?}");
        }
    }
}

#[test]
fn an_error_is_a_sentence_above_the_canvas_until_it_is_solved() {
    let mut window = echo();
    window.get_by_label("a switch").click();
    window.run_steps(3);
    assert!(window.query_all_by_label("The file ends too early; choose another.").next().is_some());
    window.get_by_label("a switch").click();
    window.run_steps(3);
    assert!(window.query_all_by_label("The file ends too early; choose another.").next().is_none());
}

#[test]
fn a_lab_whose_worker_died_is_restarted_by_the_button_below_the_sentence() {
    let mut window = echo();
    window.get_by_label("a switch").click();
    window.run_steps(3);
    assert!(window.query_by_label("Restart the lab").is_none(), "a file that ends too early is no dead worker");
    let dead = json!({ "on": true, "number": 0.75 });
    let document = Document { format_version: 1, chapter: "pixelcnn".into(), view: dead, ..Document::default() };
    let ctx = window.ctx.clone();
    window.state_mut().open_document(&document, &ctx).unwrap();
    window.run_steps(3);
    window.get_by_label("Restart the lab").click();
    window.run_steps(3);
    assert!(window.query_by_label("switch false").is_some() && window.query_by_label("number 0.75").is_some());
    assert!(window.query_by_label("Restart the lab").is_none());
}

#[test]
fn the_screen_reader_hears_where_the_picture_stands() {
    let mut window = echo();
    window.key_press(egui::Key::End);
    window.run_steps(3);
    assert!(window.query_by_label("Standing at place 20.").is_some());
}

#[test]
fn the_seed_can_be_typed_and_nonsense_keeps_the_old_one() {
    let mut window = echo();
    for (typed, expected) in [("77", 77), ("seven", 77)] {
        let chip = format!("Seed {}", window.state().shared().seed);
        window.get_by_label(&chip).click();
        window.run_steps(3);
        let field = window.get_by_role_and_label(egui::accesskit::Role::TextInput, "Seed");
        assert!(field.accesskit_node().is_focused(), "the field takes the keyboard");
        window.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        window.event(egui::Event::Text(typed.into()));
        window.run_steps(2);
        window.key_press(egui::Key::Enter);
        window.run_steps(3);
        assert_eq!(window.state().shared().seed, expected);
    }
    assert!(window.query_by_label("last command: reset").is_some(), "a new seed starts again");
}

#[test]
fn the_rail_lists_the_whole_lecture() {
    assert_eq!(CHAPTERS.len(), 17);
}
