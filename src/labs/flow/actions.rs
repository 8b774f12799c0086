//! What the palette can offer beside the commands: every set of data by its name, the models, what lies over the planes.

use serde_json::json;

use super::FlowLab;
use super::tools::Tool;
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
        actions.push(action(format!("Tool: {name}"), patch));
    }
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
        actions.push(action(format!("{} the {title}", if shown { "Hide" } else { "Show" }), json!({ "overlays": { key: !shown } })));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::{Lab, Shared};
    use crate::train::Lesson;

    #[test]
    fn every_action_is_understood_and_changes_what_it_says() {
        let mut lab = FlowLab::new(Lesson::preset("realnvp").unwrap());
        let mut shared = Shared::default();
        let names: Vec<String> = list(&lab).into_iter().map(|action| action.title).collect();
        for name in names {
            let action = list(&lab).into_iter().find(|action| action.title == name).unwrap();
            lab.restore(&action.patch, &mut shared).unwrap_or_else(|error| panic!("{name}: {error}"));
            let state = lab.state();
            for (key, value) in action.patch.as_object().unwrap() {
                let there = &state[key];
                let same = value.as_object().map_or(there == value, |parts| parts.iter().all(|(part, value)| there[part] == *value));
                assert!(same, "{name}: {there} after {value}");
            }
        }
    }
}
