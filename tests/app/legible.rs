//! What the eye sees, measured: sizes of type in the lecture hall, words cut off or on top of each other, controls outside of their places.

use std::time::{Duration, Instant};

use egui::epaint::{ClippedShape, Shape, TextShape};
use egui::{FontFamily, Rect, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use serde_json::{Value, json};
use tractable::flows::{Config, Family};
use tractable::labs::document::Document;
use tractable::labs::explain::Place;
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
fn open_page(chapter: &str, view: Value, size: [f32; 2], theme: Theme) -> Window {
    open_step(chapter, view, 0, size, theme)
}

/// With its explanation at a step.
fn open_step(chapter: &str, view: Value, step: usize, [width, height]: [f32; 2], theme: Theme) -> Window {
    let explain = [(chapter.to_owned(), Place { step, folded: false })].into();
    let document = Document { format_version: 1, chapter: chapter.into(), seed: Some(541), view, explain, ..Document::default() };
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
        ("flow", json!({ "training": false, "playing": false, "depth": 2.0, "bet": { "on": true } }), &SIZES[..]),
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

/// Whether all of a rectangle is in the part of the canvas that is in sight.
fn in_canvas(window: &Window, rect: Rect) -> bool {
    window.state().canvas_rect().expand(1.0).contains_rect(rect)
}

/// The rectangle of what has this name, or begins with it.
fn rect_of(window: &Window, name: &str) -> Rect {
    window.get_by_label_contains(name).rect()
}

#[test]
fn in_the_lecture_hall_the_pixel_its_bars_and_its_number_are_seen_at_once() {
    for size in SIZES {
        let key = 48.0 * size[1] / 1080.0 - 0.1;
        for preset in ["pixelcnn-small", "pixelcnn"] {
            // A short text, one with a slide, and the longest.
            for step in [0, 3, 11] {
                let view = json!({ "preset": preset, "place": 92, "playing": false });
                let window = open_step("pixelcnn", view, step, size, Theme::Projector);
                let case = format!("{preset} {size:?}, step {step}");
                let canvas = window.state().canvas_rect();
                let [picture, bars] = ["Sample, ", "Distribution of the pixel"].map(|name| rect_of(&window, name));
                for (what, rect) in [("the picture", picture), ("its bars", bars)] {
                    assert!(in_canvas(&window, rect), "{case}: {what} at {rect:?}, the canvas at {canvas:?}");
                }
                assert!(bars.left() > picture.right(), "{case}: the bars {bars:?} are not beside the picture {picture:?}");
                let number = |words: &&Words| !words.formula && words.pixels >= key && words.text.ends_with("nats");
                let all = words(&window);
                let number = all.iter().find(number).expect("a key number");
                let seen = number.clip.expand(1.0).contains_rect(number.rect);
                assert!(seen && in_canvas(&window, number.rect), "{case}: {} at {:?}", number.text, number.rect);
                let share = picture.height() / canvas.height();
                assert!(share > 0.55, "{case}: the picture has {share:.2} of the canvas's height");
            }
        }
    }
}

#[test]
fn in_the_lecture_hall_mask_and_costs_take_the_bars_place_and_a_bet_hides_them() {
    let open = |view: Value| open_step("pixelcnn", view, 5, SIZES[0], Theme::Projector);
    for (side, heading) in [("costs", "What an image costs"), ("mask", "The first layer's mask")] {
        let window = open(json!({ "place": 92, "playing": false, "inside": { "side": side } }));
        let (picture, tool) = (rect_of(&window, "Sample, "), rect_of(&window, heading));
        assert!(in_canvas(&window, picture) && in_canvas(&window, tool), "{side}: {picture:?}, {tool:?}");
        assert!(tool.left() > picture.right(), "{side}: {tool:?} is not beside {picture:?}");
        if side == "mask" {
            let meaning = rect_of(&window, "Autoregressive: 24 open cells");
            assert!(in_canvas(&window, meaning), "what the mask means, at {meaning:?}");
        }
        let canvas = window.state().canvas_rect();
        let beside = |words: &&Words| words.rect.left() > picture.right() && canvas.contains(words.rect.left_center());
        for words in words(&window).iter().filter(beside) {
            assert!(words.rect.right() <= canvas.right(), "{side}: “{}” at {:?} leaves the canvas", words.text, words.rect);
        }
    }
    let bet = json!({ "place": 92, "playing": false, "bet": { "on": true } });
    let mut window = open(bet);
    assert!(window.query_by_label_contains("Distribution of the pixel").is_none());
    let question = rect_of(&window, "Guess level 7");
    assert!(in_canvas(&window, question), "the question at {question:?}");
    // Its text is about what the pixel costs: that would tell how likely the answer is.
    let said = |window: &Window| -> Vec<String> {
        window.root().children_recursive().filter_map(|node| node.accesskit_node().value()).filter(|said| said.contains("log")).collect()
    };
    let price = |labels: &[String]| labels.iter().any(|label| label.starts_with("minus log 0."));
    let hidden = said(&window);
    assert!(!price(&hidden), "{hidden:?}");
    window.get_by_label("Guess level 7").click();
    window.run_steps(4);
    let told = said(&window);
    assert!(price(&told), "{told:?}");
    let bars = rect_of(&window, "Distribution of the pixel");
    assert!(in_canvas(&window, bars), "the bars at {bars:?}");
}

#[test]
fn in_the_lecture_hall_two_models_are_compared_as_large_as_the_canvas_is_wide() {
    let compare = json!({ "on": true, "preset": "pixelcnn-gated" });
    let view = json!({ "preset": "pixelcnn", "place": 784, "playing": false, "compare": compare });
    let window = open_step("pixelcnn", view, 8, SIZES[1], Theme::Projector);
    let canvas = window.state().canvas_rect();
    let pictures = ["A, 28 rows", "B, 28 rows", "Where they differ, 28"].map(|name| rect_of(&window, name));
    for rect in pictures {
        assert!(in_canvas(&window, rect) && rect.width() > 0.25 * canvas.width(), "{rect:?} in {canvas:?}");
    }
    // The text's number is there although no picture shows what it counts.
    let text: String = words(&window).into_iter().filter(|words| words.rect.left() > canvas.right()).map(|words| words.text).collect();
    assert!(text.contains("throughthemasks:") && !text.contains("..."), "{text}");
}

#[test]
fn in_the_lecture_hall_the_canvas_has_four_fifths_of_the_height_and_no_slide_number_lies_on_a_button() {
    for size in SIZES {
        for (lab, step) in [("pixelcnn", 3), ("flow", 3)] {
            let window = open_step(lab, json!({ "playing": false }), step, size, Theme::Projector);
            let share = window.state().canvas_rect().height() / window.ctx.content_rect().height();
            assert!(share >= 0.8, "{lab} {size:?}: {share:.3}");
            let next = rect_of(&window, "Next explanation");
            let on_it = words(&window).into_iter().find(|words| words.rect.intersect(next).is_positive());
            assert!(on_it.is_none(), "{lab} {size:?}: “{}” lies on the button for the next step", on_it.unwrap().text);
        }
        for theme in [Theme::Dark, Theme::Projector] {
            let window = open("pixelcnn", size, theme);
            let keys = words(&window).iter().any(|words| words.text.starts_with("Space:"));
            assert_eq!(keys, theme == Theme::Dark, "{size:?} {theme:?}: the line of the keys");
            // All of the bar is on the screen, up to the speed's slider at its end.
            let speed = rect_of(&window, "Speed");
            assert!(speed.bottom() <= window.ctx.content_rect().bottom(), "{size:?} {theme:?}: {speed:?}");
        }
    }
}
