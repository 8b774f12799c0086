//! What the palette can offer beside the commands: models, classes, temperatures, samplers, tasks, and all that can lie over the picture or
//! stand beside it.

use serde_json::{Value, json};

use super::lab::{PRESETS, PixelcnnLab, Shown};
use super::side::Side;
use super::study::Task;
use super::versus::TWINS;
use crate::labs::Action;
use crate::train::pixelcnn_job::Method;

/// Temperatures that the palette offers.
const TEMPERATURES: [f64; 4] = [0.5, 0.7, 1.0, 1.3];

/// All of them.
pub(super) fn list(lab: &PixelcnnLab) -> Vec<Action> {
    let action = |title: String, patch: Value| Action { title, patch };
    let mut actions: Vec<Action> =
        PRESETS.iter().map(|(name, label)| action(format!("Model {label}"), json!({ "preset": name }))).collect();
    let classes = lab.classes();
    actions.extend((0..classes).map(|class| action(format!("Class {class}"), json!({ "class": class }))));
    if classes > 0 && lab.offers_no_class() {
        actions.push(action("No class".into(), json!({ "class": null })));
    }
    actions.extend(TEMPERATURES.map(|t| action(format!("Temperature {t}"), json!({ "temperature": t }))));
    actions.extend(Method::ALL.map(|method| action(format!("Sampler: {}", method.name()), json!({ "method": method }))));
    for (task, name) in [(Task::Sample, "sample"), (Task::Complete, "complete"), (Task::Score, "score")] {
        actions.push(action(format!("Task: {name}"), json!({ "task": task, "compare": { "on": false } })));
    }
    let [plain, gated] = TWINS;
    let (class, temperature) = (lab.settings.class, lab.settings.temperature);
    let beside = json!({ "on": true, "preset": gated, "class": class, "temperature": temperature });
    actions.push(action("Compare: plain against gated".into(), json!({ "task": Task::Sample, "preset": plain, "compare": beside })));
    actions.extend(overlays(lab));
    let layers = lab.fields.as_ref().map_or(0, |fields| fields.layers());
    actions.extend((1..=layers).map(|depth| {
        // All of them is no number: another model has more or fewer.
        let patch = json!({ "overlays": { "depth": (depth < layers).then_some(depth) } });
        action(format!("Masked layers: {depth} of {layers}"), patch)
    }));
    for (side, name) in [(Side::Layers, "layers and training"), (Side::Mask, "mask editor"), (Side::Costs, "costs")] {
        actions.push(action(format!("Panel: {name}"), json!({ "inside": { "side": side } })));
    }
    actions
}

/// What is shown or hidden over the picture or in its cells.
fn overlays(lab: &PixelcnnLab) -> Vec<Action> {
    let (view, insight) = (&lab.view, &lab.insight);
    let switch = |title: &str, shown: bool, patch: Value| {
        let title = format!("{} the {title}", if shown { "Hide" } else { "Show" });
        Action { title, patch }
    };
    let mut actions = vec![
        switch("field", view.field, json!({ "overlays": { "field": !view.field } })),
        switch("blind spot", view.blind, json!({ "overlays": { "blind": !view.blind } })),
        switch("gradient", insight.gradient, json!({ "inside": { "gradient": !insight.gradient } })),
        switch("channels", insight.channels, json!({ "inside": { "channels": !insight.channels } })),
    ];
    for (shown, title) in [(Shown::Surprise, "surprise"), (Shown::Hesitation, "hesitation")] {
        let on = view.shown == shown;
        actions.push(switch(title, on, json!({ "shown": if on { Shown::Picture } else { shown } })));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::super::field::Fields;
    use super::*;
    use crate::labs::{Lab, Shared};
    use crate::train::{Lesson, Model};

    #[test]
    fn every_action_is_understood_and_changes_what_it_says() {
        let mut lab = PixelcnnLab::new(541);
        let Model::Pixelcnn { config, .. } = Lesson::preset("pixelcnn-small").unwrap().model else { panic!("a PixelCNN") };
        lab.fields = Fields::new(&config);
        let mut shared = Shared::default();
        let names: Vec<String> = list(&lab).into_iter().map(|action| action.title).collect();
        for part in ["Hide the field", "Show the hesitation", "Task: score", "Masked layers: 2 of", "Panel: mask editor"] {
            assert!(names.iter().any(|name| name.starts_with(part)), "{part}: {names:?}");
        }
        for name in names {
            let action = list(&lab).into_iter().find(|action| action.title == name).unwrap_or_else(|| panic!("{name} is gone"));
            let before = lab.state();
            lab.restore(&action.patch, &mut shared).unwrap_or_else(|error| panic!("{name}: {error}"));
            let state = lab.state();
            for (key, value) in action.patch.as_object().unwrap() {
                let there = &state[key];
                let same = value.as_object().map_or(there == value, |parts| parts.iter().all(|(part, value)| there[part] == *value));
                assert!(same, "{name}: {there} after {value}");
            }
            if name.starts_with("Show") || name.starts_with("Hide") {
                assert_ne!(before, state, "{name}");
                assert!(list(&lab).iter().all(|action| action.title != name), "{name} is offered again");
            }
        }
    }

    #[test]
    fn a_task_is_opened_as_a_click_opens_it_and_left_as_it_was() {
        let mut lab = PixelcnnLab::new(541);
        let mut shared = Shared::default();
        let mut set = |lab: &mut PixelcnnLab, patch: Value| lab.restore(&patch, &mut shared).unwrap();
        set(&mut lab, json!({ "place": 40, "playing": true }));
        set(&mut lab, json!({ "task": "score" }));
        assert_eq!(lab.state()["playing"], false);
        assert!(lab.state()["place"].as_u64().is_some_and(|place| place > 40), "a scored image is there as a whole");
        set(&mut lab, json!({ "task": "sample" }));
        assert_eq!(lab.state()["place"], 40);
        // A state that names a place means it.
        set(&mut lab, json!({ "task": "score", "place": 12 }));
        assert_eq!(lab.state()["place"], 12);
    }
}
