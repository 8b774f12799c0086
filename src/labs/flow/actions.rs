//! What the palette can offer beside the commands: every set of data by its name, the models, what lies over the planes, each layer's part,
//! and what stands beside the flow.

use serde_json::{Value, json};

use super::compare::{Named, Other};
use super::tools::Tool;
use super::{FlowLab, overlays};
use crate::data::{Toy, shipped};
use crate::flows::{Config, Family};
use crate::labs::Action;

/// All of them.
pub(super) fn list(lab: &FlowLab) -> Vec<Action> {
    let action = |title: String, patch| Action { title, patch };
    let mut actions: Vec<Action> =
        Toy::ALL.iter().map(|toy| action(format!("Data: {}", toy.title()), json!({ "data": { "source": "toy", "toy": toy } }))).collect();
    actions.push(action("Data: World map".into(), json!({ "data": { "source": "world" } })));
    actions.extend(shipped::shape_names().into_iter().map(|name| {
        let title = name.replace('_', " ");
        action(format!("Data: {title}"), json!({ "data": { "source": "shape", "name": name } }))
    }));
    actions.push(action("Data: your drawing".into(), json!({ "data": { "source": "drawing" }, "tool": "brush" })));
    actions.extend(Family::ALL.iter().map(|&family| action(format!("Model: {}", family.title()), json!({ "config": Config::of(family) }))));
    for (tool, name, _) in Tool::ALL {
        let patch = if tool.draws() { json!({ "tool": tool, "data": { "source": "drawing" } }) } else { json!({ "tool": tool }) };
        // Also found by the word that other programs use for it.
        let also = if tool == Tool::Brush { " (brush)" } else { "" };
        actions.push(action(format!("Tool: {name}{also}"), patch));
    }
    let shows = |title: &str, shown: bool| format!("{} the {title}", if shown { "Hide" } else { "Show" });
    let on = lab.overlays;
    for (title, key, shown) in [
        ("grid", "grid", on.grid),
        ("grid of data space", "grid_of_x", on.grid_of_x),
        ("density", "density", on.density),
        ("samples", "samples", on.samples),
        ("log-determinant", "log_det", on.log_det),
        ("log-determinants of all layers so far", "sum", on.sum),
        ("points", "points", on.points),
    ] {
        actions.push(action(shows(title, shown), json!({ "overlays": { key: !shown } })));
    }
    let (mass, error_map) = (lab.desk.ledger.mass, lab.desk.ledger.error_map);
    actions.push(action(shows("mass ledger", mass), json!({ "mass": !mass })));
    actions.push(action(shows("map of the round-trip error", error_map), json!({ "error_map": !error_map })));
    actions.extend(overlays::offered(lab).map(|(title, key, shown)| action(shows(title, shown), json!({ "overlays": { key: !shown } }))));
    actions.extend(of_layers(lab));
    actions.extend(comparisons(lab));
    actions
}

/// Which layers take part, which are trained, and by which loss.
fn of_layers(lab: &FlowLab) -> Vec<Action> {
    let layers = lab.depth.layers();
    let wiring = lab.desk.wiring;
    let action = |title: String, wiring: Value| Action { title, patch: json!({ "wiring": wiring }) };
    let mut actions = Vec::new();
    for layer in 0..layers {
        let (bit, number) = (1u64 << layer, layer + 1);
        let mute = if wiring.mutes(layer) { "Unmute" } else { "Mute" };
        let freeze = if wiring.freezes(layer) { "Unfreeze" } else { "Freeze" };
        actions.push(action(format!("{mute} layer {number}"), json!({ "muted": wiring.muted ^ bit })));
        let others = ((1u64 << layers) - 1) & !bit;
        if others != wiring.muted {
            actions.push(action(format!("Solo layer {number}"), json!({ "muted": others })));
        }
        actions.push(action(format!("{freeze} layer {number}"), json!({ "frozen": wiring.frozen ^ bit })));
    }
    let title = if wiring.log_det { "Leave the log-det term out of the loss" } else { "Put the log-det term back into the loss" };
    actions.push(action(title.into(), json!({ "log_det": !wiring.log_det })));
    actions
}

/// What may stand beside the flow.
fn comparisons(lab: &FlowLab) -> Vec<Action> {
    let action = |title: String, other: Option<Other>| Action { title, patch: json!({ "compare": other }) };
    let present = lab.desk.compare.as_ref().map(|compare| compare.other);
    let mut others =
        vec![(Other::WithoutLogDet, "itself without the log-det term".to_owned()), (Other::ThisStep, "itself as it is now".to_owned())];
    others.extend(Family::ALL.into_iter().map(|family| (Other::Named(Named(family)), family.title().to_owned())));
    let mut actions: Vec<Action> = (others.into_iter())
        .filter(|(other, _)| Some(*other) != present)
        .map(|(other, name)| action(format!("Compare with {name}"), Some(other)))
        .collect();
    if present.is_some() {
        actions.push(action("Close the comparison".into(), None));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::{Lab, Shared};
    use crate::train::Lesson;

    /// Carries out the action of this title; it changes what it says.
    fn carry_out(lab: &mut FlowLab, title: &str) {
        let action = list(lab).into_iter().find(|action| action.title == title).unwrap_or_else(|| panic!("{title} is not offered"));
        lab.restore(&action.patch, &mut Shared::default()).unwrap_or_else(|error| panic!("{title}: {error}"));
        let state = lab.state();
        for (key, value) in action.patch.as_object().unwrap() {
            let there = &state[key];
            let same = value.as_object().map_or(there == value, |parts| parts.iter().all(|(part, value)| there[part] == *value));
            assert!(same, "{title}: {there} after {value}");
        }
    }

    fn titles(lab: &FlowLab) -> Vec<String> {
        list(lab).into_iter().map(|action| action.title).collect()
    }

    #[test]
    fn every_action_is_understood_and_changes_what_it_says() {
        let lesson = Lesson::preset("realnvp").unwrap();
        let offered = titles(&FlowLab::new(lesson.clone()));
        let after = |title: &str| {
            let mut lab = FlowLab::new(lesson.clone());
            carry_out(&mut lab, title);
            lab
        };
        for title in &offered {
            // And what is offered only now, such as the way back.
            for new in titles(&after(title)).into_iter().filter(|new| !offered.contains(new)) {
                carry_out(&mut after(title), &new);
            }
        }
    }

    #[test]
    fn layers_are_muted_heard_alone_and_frozen_by_name() {
        let mut lab = FlowLab::new(Lesson::preset("realnvp").unwrap());
        carry_out(&mut lab, "Mute layer 3");
        carry_out(&mut lab, "Freeze layer 1");
        carry_out(&mut lab, "Leave the log-det term out of the loss");
        assert_eq!((lab.desk.wiring.muted, lab.desk.wiring.frozen, lab.desk.wiring.log_det), (0b100, 0b1, false));
        carry_out(&mut lab, "Unmute layer 3");
        carry_out(&mut lab, "Solo layer 2");
        assert_eq!(lab.desk.wiring.muted, 0b1111_1101);
        let offered = titles(&lab);
        assert_eq!(lab.desk.before_solo, Some(0), "the card gives back what was heard before");
        carry_out(&mut lab, "Mute layer 2");
        carry_out(&mut lab, "Unmute layer 2");
        carry_out(&mut lab, "Freeze layer 2");
        assert_eq!(lab.desk.before_solo, Some(0xff), "what is frozen is heard all the same");
        assert!(!offered.contains(&"Solo layer 2".to_owned()) && offered.contains(&"Put the log-det term back into the loss".to_owned()));
    }
}
