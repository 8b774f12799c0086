//! Formulas: where their numbers are, what a pointer on them does, what a screen reader hears.

use std::cell::RefCell;
use std::rc::Rc;

use egui::{Color32, Rect, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tractable::ui::bars::ProbabilityBars;
use tractable::ui::link;
use tractable::ui::math::Math;

/// What a frame showed: the boxes of the numbers, the widget's rectangle, the name that is lit, the error.
#[derive(Clone, Default)]
struct Seen {
    marks: Vec<(String, Rect)>,
    rect: Option<Rect>,
    lit: Option<String>,
    error: Option<String>,
}

/// A window with one formula of a size whose number `p` reads as `text` says.
fn formula(tex: &'static str, size: f32, text: &Rc<RefCell<String>>) -> (Harness<'static>, Rc<RefCell<Seen>>) {
    let seen = Rc::new(RefCell::new(Seen::default()));
    let (out, text) = (seen.clone(), text.clone());
    let mut window = Harness::builder().with_size(vec2(600.0, 300.0)).build_ui(move |ui| {
        let number = |name: &str| (name == "p").then(|| (text.borrow().clone(), Color32::RED));
        let shown = Math::new(tex).size(size).numbers(&number).show(ui);
        let (lit, error) = (link::lit_name(ui.ctx()), shown.error);
        *out.borrow_mut() = Seen { marks: shown.marks, rect: Some(shown.response.rect), lit, error };
    });
    window.run();
    (window, seen)
}

fn text(text: &str) -> Rc<RefCell<String>> {
    Rc::new(RefCell::new(text.to_owned()))
}

#[test]
fn a_number_has_its_own_box_of_the_right_size_at_any_size() {
    let at = |size: f32| {
        let (_, seen) = formula(r"q = \live{p} + x", size, &text("0.59"));
        let seen = seen.borrow().clone();
        assert_eq!(seen.marks[0].0, "p");
        assert!(seen.rect.unwrap().contains_rect(seen.marks[0].1.shrink(2.0)), "{:?} in {:?}", seen.marks, seen.rect);
        seen.marks[0].1
    };
    let (small, large) = (at(20.0), at(40.0));
    // Three digits of 0.5 em and a point of 0.278 em; the upright digits stand on the baseline.
    assert!((small.width() / 20.0 - 1.778).abs() < 0.05, "{}", small.width());
    assert!((large.width() / small.width() - 2.0).abs() < 0.01 && (large.height() / small.height() - 2.0).abs() < 0.01);
}

#[test]
fn a_number_that_changes_moves_nothing() {
    let number = text("-12.59");
    let (mut window, seen) = formula(r"\live{p} = \term{q}{q}", 20.0, &number);
    let before = seen.borrow().marks[1].1;
    *number.borrow_mut() = "0.1".into();
    window.run();
    assert!((seen.borrow().marks[1].1.left() - before.left()).abs() < 0.1, "{:?} and {before:?}", seen.borrow().marks);
}

#[test]
fn a_pointer_on_the_number_lights_its_name_and_no_other() {
    let (mut window, seen) = formula(r"\live{p} + \frac{a}{\term{q}{b}}", 30.0, &text("0.59"));
    let marks = seen.borrow().marks.clone();
    for (name, hit) in marks {
        window.hover_at(hit.center());
        window.run();
        assert_eq!(seen.borrow().lit.as_ref(), Some(&name));
    }
    window.hover_at(egui::pos2(590.0, 290.0));
    window.run();
    assert_eq!(seen.borrow().lit, None);
}

#[test]
fn a_formula_and_a_bar_light_each_other() {
    let seen = Rc::new(RefCell::new((Rect::NOTHING, Rect::NOTHING, None)));
    let out = seen.clone();
    let mut window = Harness::builder().with_size(vec2(420.0, 300.0)).build_ui(move |ui| {
        let shown = Math::new(r"p = \live{p}").numbers(&|_| Some(("0.80".into(), Color32::RED))).show(ui);
        let names = ["p0".to_owned(), "p".to_owned()];
        let (bars, _) = ProbabilityBars::new("Distribution", &[0.2, 0.8]).chosen(Some(1)).u(Some(0.4)).links(&names, "u").show(ui);
        *out.borrow_mut() = (shown.marks[0].1, bars.rect, link::lit_name(ui.ctx()));
    });
    window.run();
    let (number, bars, _) = seen.borrow().clone();
    let row = |i: f32| egui::pos2(bars.left() + 60.0, bars.top() + (i + 0.5) * 24.0);
    let places = [(number.center(), "p"), (row(0.0), "p0"), (row(1.0), "p"), (egui::pos2(bars.right() - 20.0, bars.center().y), "u")];
    for (place, name) in places {
        window.hover_at(place);
        window.run();
        assert_eq!(seen.borrow().2.as_deref(), Some(name));
    }
}

#[test]
fn tex_that_is_wrong_is_shown_with_the_reason() {
    let (window, seen) = formula(r"\frac{1}", 20.0, &text("0.59"));
    let error = seen.borrow().error.clone().unwrap();
    assert!(!error.is_empty());
    assert!(window.query_by_label_contains(&error).is_some());
    let (window, seen) = formula(r"\live{p", 20.0, &text("0.59"));
    assert!(seen.borrow().error.is_some() && window.query_by_label_contains("in braces").is_some());
}

#[test]
fn a_screen_reader_hears_words() {
    let (window, _) = formula(r"p(x_{87} \mid x_{<87}) = \live{p}", 20.0, &text("0.41"));
    assert!(window.query_by_label("p(x sub 87 given x sub before 87) equals 0.41").is_some());
}

#[test]
fn a_formula_wider_than_its_column_gets_smaller_and_stays_inside() {
    let tex = r"a + b + c + d + e + f + g + h + i + j + k + l + m + n + o + \live{p}";
    let (_, seen) = formula(tex, 60.0, &text("0.59"));
    let seen = seen.borrow();
    assert!(seen.marks[0].1.right() <= 600.0 && seen.marks[0].1.width() > 15.0, "{:?}", seen.marks);
}
