//! The explain panel: its texts are right, a step drives the lab, names light up.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use serde_json::{Value, json};
use tractable::flows::{Config, Family};
use tractable::labs::explain::{Explain, TEXTS, built_in};
use tractable::labs::registry::OpenLab;
use tractable::labs::{Command, Lab, LabStatus, Live, Shared};
use tractable::ui::{link, math};

use crate::harness;

/// A loaded machine in debug assertions.
const PATIENCE: Duration = Duration::from_secs(90);

#[test]
fn every_formula_of_every_text_is_understood() {
    for (chapter, _) in TEXTS {
        let script = built_in(chapter).unwrap().unwrap();
        assert!(script.steps.len() >= 5, "{chapter}");
        for step in &script.steps {
            for (tex, _) in step.formulas() {
                assert!(math::check(tex).is_ok(), "{chapter}, {}: {tex}: {:?}", step.title, math::check(tex));
            }
            assert!(step.body.split_whitespace().count() < 80, "{chapter}, {}: too long to be read in a lecture", step.title);
        }
    }
}

/// Every name that the texts use is a number of the lab once its picture is there, and every patch is understood.
#[test]
fn every_number_and_every_patch_of_the_texts_exists_in_its_lab() {
    let labs: &[(&str, OpenLab)] = &[
        ("pixelcnn", tractable::labs::pixelcnn::open),
        ("blind-spot", tractable::labs::blindspot::open),
        ("stack", tractable::labs::stack::open),
        ("change-of-variables", tractable::labs::change::open),
        ("flow", tractable::labs::flow::open),
        ("planar-sylvester", tractable::labs::posterior::open),
        ("residual-ffjord", tractable::labs::estimates::open),
        ("taxonomy", tractable::labs::taxonomy::open),
    ];
    assert!(labs.iter().map(|(chapter, _)| *chapter).eq(TEXTS.iter().map(|(chapter, _)| *chapter)), "every text is tried in its lab");
    // The text of the Flow lab is another one for every family.
    let families = Family::ALL.into_iter().filter(|family| family.is_first_variant()).map(|family| {
        let config = Config { layers: 2, width: 12, ..Config::of(family) };
        ("flow", tractable::labs::flow::open as OpenLab, json!({ "config": config, "training": false }))
    });
    for (chapter, open, view) in labs.iter().map(|&(chapter, open)| (chapter, open, json!({}))).chain(families) {
        let script = built_in(chapter).unwrap().unwrap();
        let mut shared = Shared::default();
        let mut lab = open(&shared);
        lab.restore(&view, &mut shared).unwrap();
        let steps = script.steps_for(&lab.subjects());
        assert!(steps.len() >= 5, "{chapter} {view}");
        // One step more than the others for each of the three places where the families differ.
        assert!(chapter != "flow" || steps.iter().filter(|step| !step.only.is_empty()).count() == 3, "{view}");
        let mut names: Vec<String> = steps.iter().flat_map(|step| step.names().into_iter().chain(step.highlight.clone())).collect();
        names.sort();
        names.dedup();
        let missing = Rc::new(RefCell::new(names));
        let left = missing.clone();
        let patches: Vec<Value> = steps.iter().filter_map(|step| step.set.clone()).collect();
        let mut tried = false;
        let mut window = Harness::builder().with_size(vec2(1000.0, 700.0)).build_ui(move |ui| {
            lab.update(ui.ctx(), &mut shared);
            lab.canvas(ui, &mut shared);
            left.borrow_mut().retain(|name| lab.live(name).is_none());
            if left.borrow().is_empty() && !std::mem::replace(&mut tried, true) {
                for patch in &patches {
                    assert_eq!(lab.restore(patch, &mut shared), Ok(()), "{patch}");
                }
            }
        });
        let start = Instant::now();
        while !missing.borrow().is_empty() {
            window.run_steps(2);
            assert!(start.elapsed() < PATIENCE, "{chapter} {view} has no numbers called {:?}", missing.borrow());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

#[test]
fn keys_and_buttons_walk_through_the_steps_and_a_step_lets_time_stand() {
    let mut window = harness::echo();
    // A message of the echo, which does not know the patches, may name the step too.
    let says = |window: &Harness<'_, _>, text: &str| window.query_all_by_label_contains(text).next().is_some();
    assert!(says(&window, "step 1 of 12") && says(&window, "The product rule"));
    assert!(says(&window, "an explanation"), "the lab's own panels stay");
    window.key_press(Key::Space);
    window.run_steps(3);
    let running = |window: &Harness<'_, _>| says(window, "running");
    assert!(running(&window));
    for step in 2..=5 {
        assert!(running(&window), "step {step}");
        window.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
        window.run_steps(3);
        assert!(says(&window, &format!("step {step} of 12")));
    }
    assert!(!running(&window), "drawing with u is explained while time stands");
    window.get_by_label("Explanation before").click();
    window.run_steps(3);
    assert!(says(&window, "step 4 of 12") && says(&window, "slide 24") && says(&window, "bars add up"));
    window.get_by_label("fold").click();
    window.run_steps(3);
    assert!(!says(&window, "bars add up") && says(&window, "an explanation"));
    window.get_by_label("Next explanation").click();
    window.run_steps(3);
    assert!(says(&window, "step 5 of 12") && says(&window, "Drawing with one number u"), "a step unfolds the text");
}

/// A lab that keeps the last patch.
#[derive(Default)]
struct Patched {
    patch: Option<Value>,
}

impl Lab for Patched {
    fn title(&self) -> &'static str {
        "Patched"
    }
    fn update(&mut self, _: &egui::Context, _: &mut Shared) {}
    fn controls(&mut self, _: &mut egui::Ui, _: &mut Shared) {}
    fn canvas(&mut self, _: &mut egui::Ui, _: &mut Shared) {}
    fn explain(&mut self, _: &mut egui::Ui, _: &mut Shared) {}
    fn command(&mut self, _: Command, _: &mut Shared) -> bool {
        false
    }
    fn restore(&mut self, patch: &Value, _: &mut Shared) -> Result<(), String> {
        if patch.get("clas").is_some() {
            return Err("There is nothing called `clas` to set here.".into());
        }
        self.patch = Some(patch.clone());
        Ok(())
    }
    fn live(&self, name: &str) -> Option<Live> {
        (name == "p").then(|| Live { text: "0.41".into(), color: egui::Color32::RED })
    }
    fn status(&self) -> LabStatus {
        LabStatus::default()
    }
    fn spoken_summary(&self) -> String {
        String::new()
    }
}

const TEXT: &str = "## One\nIt is {{p}}.\n\n## Two\n$$p = \\live{p}$$\n```set\n{\"class\": 3}\n```\n```highlight\np\n```\n\n## Three\n```set\n{\"clas\": 3}\n```\n";

#[test]
fn a_step_sets_the_lab_lights_a_name_and_says_what_it_could_not_set() {
    let (mut lab, mut shared) = (Patched::default(), Shared::default());
    let mut explain = Explain::with_text("test", TEXT).unwrap();
    assert_eq!(lab.patch, None, "opening sets nothing");
    assert!(explain.step(Command::NextExplain, &mut lab, &mut shared));
    assert_eq!(lab.patch, Some(json!({ "class": 3 })));
    let lit = Rc::new(RefCell::new(None));
    let out = lit.clone();
    let mut second = Explain::with_text("test", TEXT).unwrap();
    second.step(Command::NextExplain, &mut lab, &mut shared);
    let mut window = Harness::builder().with_size(vec2(300.0, 400.0)).build_ui(move |ui| {
        second.show(ui, &mut Patched::default(), &mut Shared::default());
        *out.borrow_mut() = link::lit_name(ui.ctx());
    });
    window.run_steps(3);
    assert_eq!(lit.borrow().as_deref(), Some("p"));
    assert!(window.query_by_label("p equals 0.41").is_some());
    explain.step(Command::NextExplain, &mut lab, &mut shared);
    assert!(shared.toasts.iter().any(|toast| toast.text.contains("“Three”") && toast.text.contains("`clas`")));
}

#[test]
fn a_title_longer_than_the_column_wraps_inside_it() {
    let mut explain =
        Explain::with_text("test", "## A title of far more words than any column of this width can ever hold\nWords.").unwrap();
    let mut window = Harness::builder().with_size(vec2(220.0, 400.0)).build_ui(move |ui| {
        explain.show(ui, &mut Patched::default(), &mut Shared::default());
    });
    window.run_steps(3);
    let title = window.get_by_label_contains("A title of far more").rect();
    assert!(title.right() <= 220.0 && title.height() > 40.0, "{title:?}");
}
