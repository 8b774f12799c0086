//! What the eye sees, measured: sizes of type in the lecture hall, words cut off or on top of each other, controls outside of their places.

use std::time::{Duration, Instant};

use egui::epaint::{ClippedShape, Shape, TextShape};
use egui::{FontFamily, Rect, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};
use tractable::flows::{Config, Family};
use tractable::labs::document::Document;
use tractable::labs::{AppOptions, TractableApp};
use tractable::ui::theme::Theme;

type Window = Harness<'static, TractableApp>;

const LABS: [&str; 8] =
    ["pixelcnn", "flow", "stack", "blind-spot", "taxonomy", "change-of-variables", "planar-sylvester", "residual-ffjord"];
const SIZES: [[f32; 2]; 3] = [[1280.0, 720.0], [1920.0, 1080.0], [3840.0, 2160.0]];

/// A lab on a screen of so many pixels, once its first picture is complete.
fn open(chapter: &str, size: [f32; 2], theme: Theme) -> Window {
    open_page(chapter, json!({}), size, theme)
}

/// A lab with a part of its state set.
fn open_page(chapter: &str, view: Value, [width, height]: [f32; 2], theme: Theme) -> Window {
    let document = Document { format_version: 1, chapter: chapter.into(), seed: Some(541), view, ..Document::default() };
    let document = Document { theme: Some(theme.name().to_lowercase()), ..document };
    let options = AppOptions {
        chapter: Some(chapter.into()),
        document: Some(document),
        theme,
        threads: Some(1),
        still: true,
        ..AppOptions::default()
    };
    let mut window =
        Harness::builder().with_size(Vec2::new(width, height)).build_eframe(move |cc| TractableApp::new(&cc.egui_ctx, &options));
    let start = Instant::now();
    let mut calm = 0;
    while calm < 5 {
        window.step();
        calm = if window.state().settled() { calm + 1 } else { 0 };
        assert!(start.elapsed() < Duration::from_secs(120), "{chapter} never settles");
        std::thread::sleep(Duration::from_millis(10));
    }
    window
}

/// A text that is at least partly in sight.
struct Words {
    text: String,
    rect: Rect,
    clip: Rect,
    /// Pixels, the smallest of its sections.
    pixels: f32,
    /// Set by the formula's own painter.
    formula: bool,
}

fn words(window: &Window) -> Vec<Words> {
    let scale = window.output().pixels_per_point;
    let mut all = Vec::new();
    for ClippedShape { clip_rect, shape, .. } in &window.output().shapes {
        collect(shape, *clip_rect, scale, &mut all);
    }
    all
}

fn collect(shape: &Shape, clip: Rect, scale: f32, all: &mut Vec<Words>) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| collect(shape, clip, scale, all)),
        Shape::Text(TextShape { galley, pos, angle, .. }) if *angle == 0.0 && !galley.text().trim().is_empty() => {
            let sections = &galley.job.sections;
            let pixels = sections.iter().map(|section| section.format.font_id.size * scale).fold(f32::INFINITY, f32::min);
            let formula = sections.iter().any(|section| matches!(section.format.font_id.family, FontFamily::Name(_)));
            // Line by line, from the first letter to the last: a wrapped text may begin in the middle of a line.
            for line in &galley.rows {
                let letters: Vec<_> = line.row.glyphs.iter().filter(|glyph| !glyph.chr.is_whitespace()).collect();
                let (Some(first), Some(last)) = (letters.first(), letters.last()) else { continue };
                let top = pos.y + line.pos.y;
                let left = pos.x + line.pos.x;
                let rect = Rect::from_min_max(
                    egui::pos2(left + first.pos.x, top),
                    egui::pos2(left + last.pos.x + last.advance_width, top + line.row.size.y),
                );
                if clip.intersect(rect).is_positive() {
                    all.push(Words { text: letters.iter().map(|glyph| glyph.chr).collect(), rect, clip, pixels, formula });
                }
            }
        }
        _ => {}
    }
}

#[test]
fn in_the_lecture_hall_everything_is_large_enough() {
    for size in SIZES {
        // In proportion to the screen's lines: 28 and 48 pixels on 1080.
        let (least, key) = (28.0 * size[1] / 1080.0, 48.0 * size[1] / 1080.0);
        for lab in LABS {
            let window = open(lab, size, Theme::Projector);
            let all = words(&window);
            assert!(all.len() > 30, "{lab}: {} texts", all.len());
            for words in all.iter().filter(|words| !words.formula) {
                assert!(words.pixels >= least - 0.1, "{lab} {size:?}: “{}” has {} pixels", words.text, words.pixels);
            }
            let number = |words: &&Words| words.text.chars().any(|c| c.is_ascii_digit()) && words.pixels >= key - 0.1;
            assert!(all.iter().any(|words| number(&words) && !words.formula), "{lab} {size:?}: no key number");
            // An index is seven tenths as large as what it belongs to.
            for words in all.iter().filter(|words| words.formula) {
                assert!(words.pixels >= 0.7 * least - 0.1, "{lab} {size:?}: “{}” of a formula has {} pixels", words.text, words.pixels);
            }
            assert!(all.iter().any(|words| words.formula && words.pixels >= least), "{lab} {size:?}: no formula");
        }
    }
}

#[test]
fn no_words_are_cut_off_at_the_side_or_lie_on_others() {
    let mut wrong = Vec::new();
    let pages = [
        ("pixelcnn", json!({}), &SIZES[..]),
        ("flow", json!({}), &SIZES[..]),
        ("stack", json!({}), &SIZES[..]),
        ("blind-spot", json!({}), &SIZES[..]),
        ("taxonomy", json!({}), &SIZES[..]),
        ("taxonomy", json!({ "page": "costs" }), &SIZES[..1]),
        ("taxonomy", json!({ "page": "race" }), &SIZES[..1]),
        ("planar-sylvester", json!({}), &SIZES[..]),
        ("planar-sylvester", json!({ "page": "constraint", "kind": "radial" }), &SIZES[..1]),
        ("planar-sylvester", json!({ "page": "constraint", "kind": "sylvester" }), &SIZES[..1]),
        ("residual-ffjord", json!({}), &SIZES[..]),
        ("residual-ffjord", json!({ "page": "roulette" }), &SIZES[..1]),
        ("residual-ffjord", json!({ "page": "motion" }), &SIZES[..1]),
        // What is not on the first page, where it is tightest.
        ("blind-spot", json!({ "page": "rain" }), &SIZES[..1]),
        ("blind-spot", json!({ "page": "block" }), &SIZES[..1]),
        ("pixelcnn", json!({ "task": "complete" }), &SIZES[..1]),
        ("pixelcnn", json!({ "task": "score" }), &SIZES[..1]),
        ("pixelcnn", json!({ "compare": { "on": true, "preset": "pixelcnn-binary" } }), &SIZES[..1]),
    ];
    for theme in [Theme::Dark, Theme::Projector] {
        for (lab, view, sizes) in &pages {
            for &size in *sizes {
                let window = open_page(lab, view.clone(), size, theme);
                let screen = window.ctx.content_rect();
                let all: Vec<Words> = words(&window).into_iter().filter(|words| !words.formula).collect();
                let mut report = |what: String| wrong.push(format!("{lab} {size:?} {theme:?}: {what}"));
                for words in &all {
                    let place = words.clip.intersect(screen).expand(1.0);
                    if words.rect.left() < place.left() || words.rect.right() > place.right() {
                        report(format!("“{}” at {:?} is cut by {:?}", words.text, words.rect, words.clip));
                    }
                }
                for (i, a) in all.iter().enumerate() {
                    for b in &all[i + 1..] {
                        let common = a.rect.intersect(a.clip).intersect(b.rect.intersect(b.clip));
                        // Lines of type may share the empty part of their height.
                        if common.width() > 2.0 && common.height() > 0.35 * a.rect.height().min(b.rect.height()) {
                            report(format!("“{}” lies on “{}” at {common:?}", a.text, b.text));
                        }
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} places:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_control_is_inside_of_its_place() {
    let mut wrong = Vec::new();
    for theme in [Theme::Light, Theme::Projector] {
        for size in SIZES {
            for lab in LABS {
                let window = open(lab, size, theme);
                let (screen, canvas) = (window.ctx.content_rect(), window.state().canvas_rect());
                let places = [(0.0, canvas.left()), (canvas.left(), canvas.right()), (canvas.right(), screen.right())];
                for node in window.root().children_recursive() {
                    let role = node.accesskit_node().role();
                    use egui::accesskit::Role;
                    if !matches!(role, Role::Button | Role::CheckBox | Role::RadioButton | Role::Slider | Role::ComboBox | Role::Label) {
                        continue;
                    }
                    let rect = node.rect();
                    // The bars reach over the whole width.
                    let bar = rect.center().y < canvas.top() || rect.center().y > canvas.bottom();
                    let inside = |(left, right): (f32, f32)| rect.left() >= left - 1.0 && rect.right() <= right + 1.0;
                    let fine = if bar { inside((0.0, screen.right())) } else { places.into_iter().any(inside) };
                    if !fine {
                        let label = node.accesskit_node().label();
                        wrong.push(format!("{lab} {size:?} {theme:?}: {role:?} {label:?} at {rect:?}, canvas {canvas:?}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} controls:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_index_brings_each_part_of_the_flows_column_into_sight() {
    for (size, theme) in [(SIZES[0], Theme::Dark), (SIZES[1], Theme::Projector)] {
        let mut window = open("flow", size, theme);
        for (part, wanted) in [("closer", "Look closer"), ("layer", "Mute"), ("tools", "Tools"), ("data", "Two moons")] {
            window.get_by_label(part).click();
            window.run_steps(4);
            let rect = window.get_by_label(wanted).rect();
            let canvas = window.state().canvas_rect();
            assert!(rect.top() >= canvas.top() && rect.bottom() <= canvas.bottom(), "{size:?} {theme:?}: {wanted} is at {rect:?}");
        }
    }
}

/// The page of the Flow lab on a family of so many layers, standing after one of them.
fn layers(family: Family, count: usize, depth: f64, size: [f32; 2], theme: Theme) -> Window {
    let config = Config { layers: count, ..Config::of(family) };
    let view = json!({ "config": config, "depth": depth, "playing": false, "training": false, "overlays": { "log_det": true } });
    open_page("flow", view, size, theme)
}

#[test]
fn the_bar_of_the_present_layer_is_in_sight_among_many() {
    for depth in [1.0, 9.0, 16.0] {
        let mut window = layers(Family::Planar, 16, depth, SIZES[0], Theme::Dark);
        window.run_steps(30);
        let name = format!("layer{depth}");
        let seen = words(&window).into_iter().any(|words| words.text == name && words.clip.expand(1.0).contains_rect(words.rect));
        assert!(seen, "{name} is not in sight: {:?}", words(&window).iter().map(|words| words.text.clone()).collect::<Vec<_>>());
    }
}

#[test]
fn nices_scale_has_its_name_in_both_lists_and_the_log_determinants_one_colour_bar() {
    for theme in [Theme::Dark, Theme::Light, Theme::Projector] {
        for size in [SIZES[0], SIZES[1]] {
            let mut window = layers(Family::Nice, 8, 9.0, size, theme);
            window.run_steps(30);
            let all = words(&window);
            let canvas = window.state().canvas_rect();
            let named = |left: f32, right: f32| {
                all.iter().any(|words| words.text == "scale" && words.rect.left() > left && words.rect.right() < right)
            };
            assert!(named(canvas.left(), canvas.right()), "{theme:?} {size:?}: the rail of layers");
            // In a hall the bars are below what the panel shows.
            assert!(named(canvas.right(), f32::INFINITY) || theme == Theme::Projector, "{theme:?} {size:?}: the bars");
            let bars = all.iter().filter(|words| words.text.starts_with("log|detJ|")).count();
            assert_eq!(bars, 1, "{theme:?} {size:?}: one colour bar");
        }
    }
}

#[test]
fn in_the_lecture_hall_the_explanation_is_cut_only_where_the_column_is_full() {
    for size in [SIZES[0], SIZES[1]] {
        let mut window = open("flow", size, Theme::Projector);
        window.run_steps(10);
        let canvas = window.state().canvas_rect();
        let column: Vec<Words> = words(&window).into_iter().filter(|words| words.rect.left() > canvas.right()).collect();
        // Lines of the text of the step, whose place is narrower than the column.
        let text: Vec<&Words> = column.iter().filter(|words| !words.formula && words.clip.bottom() < canvas.bottom() - 4.0).collect();
        let cut = text.iter().any(|words| words.rect.bottom() > words.clip.bottom() + 1.0);
        let lowest = column.iter().map(|words| words.rect.intersect(words.clip).bottom()).fold(0.0, f32::max);
        assert!(!cut || lowest > canvas.bottom() - 40.0, "{size:?}: cut, and the column ends at {lowest} of {}", canvas.bottom());
        assert!(!cut || size == SIZES[0], "{size:?}: the text is cut");
    }
}
