//! States of labs as JSON, and patches of them.
//!
//! A lesson's step, an explain step, a session, a palette's action: all of them are patches of a lab's [`state`](super::Lab::state), so there is
//! one way in which anything but a hand changes a lab.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A state with a patch merged over it (RFC 7386): objects are merged key by key, everything else is replaced, `null` takes a key out.
///
/// # Errors
/// A sentence that names the part of the patch that is not understood.
pub fn merged<S: Serialize + DeserializeOwned>(state: &S, patch: &Value) -> Result<S, String> {
    let value = serde_json::to_value(state).map_err(|error| format!("The present state cannot be written: {error}."))?;
    if let Some(unknown) = unknown_key(&value, patch) {
        return Err(format!("There is nothing called `{unknown}` to set here."));
    }
    understood(&value, patch.clone())
}

/// The patch that makes one state of another of the same kind, as small as it can be: `overlaid(from, patch_between(from, to)) = to`. A value
/// that became `null` is in it as `null`.
#[must_use]
pub fn patch_between(from: &Value, to: &Value) -> Value {
    let (Value::Object(from), Value::Object(to)) = (from, to) else { return to.clone() };
    let changed = to.iter().filter_map(|(key, value)| match from.get(key) {
        Some(before) if before == value => None,
        Some(before) => Some((key.clone(), patch_between(before, value))),
        None => Some((key.clone(), value.clone())),
    });
    let gone = from.keys().filter(|key| !to.contains_key(*key)).map(|key| (key.clone(), Value::Null));
    Value::Object(changed.chain(gone).collect())
}

/// A state with a patch of [`patch_between`] laid over it. Other than in a merge (RFC 7386) a `null` stays: it is a value that a later merge
/// clears.
#[must_use]
pub fn overlaid(from: &Value, patch: &Value) -> Value {
    let (Value::Object(from), Value::Object(patch)) = (from, patch) else { return patch.clone() };
    let mut to = from.clone();
    for (key, value) in patch {
        let laid = from.get(key).map_or_else(|| value.clone(), |before| overlaid(before, value));
        to.insert(key.clone(), laid);
    }
    Value::Object(to)
}

/// How the sentence about a setting that makes no sense begins.
pub(super) const SETTING: &str = "The setting “";

/// A patch merged over what is known, and read.
///
/// # Errors
/// A sentence that names the setting that makes no sense, what belongs there and what was found.
pub(super) fn understood<S: DeserializeOwned>(known: &Value, patch: Value) -> Result<S, String> {
    let read = |patch: &Value| {
        let mut value = known.clone();
        json_patch::merge(&mut value, patch);
        serde_json::from_value::<S>(value).map_err(|error| error.to_string())
    };
    read(&patch).map_err(|error| {
        let misfit = |patch: &Value| read(patch).err();
        let mut place = Place { trail: Vec::new(), item: String::new(), found: patch.clone(), error };
        place.narrow(&misfit);
        place.sentence()
    })
}

/// Where something makes no sense.
struct Place {
    /// The names that lead there.
    trail: Vec<String>,
    /// The item of the list that stands there.
    item: String,
    found: Value,
    /// The reader's words.
    error: String,
}

impl Place {
    /// Goes down to the smallest part that is not understood by itself.
    fn narrow(&mut self, misfit: &impl Fn(&Value) -> Option<String>) {
        while let Some((name, inner, error)) = self.found.as_object().and_then(|fields| {
            fields.iter().find_map(|(name, inner)| {
                let alone = serde_json::json!({ name.as_str(): inner });
                misfit(&nested(&self.trail, alone)).map(|error| (name.clone(), inner.clone(), error))
            })
        }) {
            self.trail.push(name);
            (self.found, self.error) = (inner, error);
        }
        let alone = |item: &Value| nested(&self.trail, serde_json::json!([item]));
        if let Some(items) = self.found.as_array()
            && misfit(&nested(&self.trail, serde_json::json!([]))).is_none()
            && let Some((index, error)) = items.iter().enumerate().find_map(|(i, item)| Some((i, misfit(&alone(item))?)))
        {
            let item = items[index].clone();
            // The part of the item without which it is understood.
            let part = item.as_object().and_then(|fields| {
                fields.keys().find(|name| {
                    let mut rest = fields.clone();
                    rest.remove(*name);
                    misfit(&alone(&Value::Object(rest))).is_none()
                })
            });
            self.item = format!(", number {}{}", index + 1, part.map_or_else(String::new, |part| format!(", “{part}”")));
            self.found = part.map_or_else(|| item.clone(), |part| item[part].clone());
            self.error = error;
        }
    }

    fn sentence(&self) -> String {
        let trail = if self.trail.is_empty() { "all of it".to_owned() } else { self.trail.join(".") };
        let mut found = self.found.to_string();
        if let Some((end, _)) = found.char_indices().nth(40) {
            found.truncate(end);
            found.push('…');
        }
        format!("{SETTING}{trail}”{} makes no sense: {}, found {found}.", self.item, belongs(&self.error))
    }
}

fn nested(trail: &[String], value: Value) -> Value {
    trail.iter().rev().fold(value, |inner, name| serde_json::json!({ name.as_str(): inner }))
}

/// What belongs at a place, in the reader's words and not in the program's types.
fn belongs(error: &str) -> String {
    if let Some((_, rest)) = error.split_once("missing field `") {
        return format!("expected a part “{}” in it", rest.split('`').next().unwrap_or_default());
    }
    let expected = error.rsplit_once("expected ").map_or("", |(_, expected)| expected.trim_end_matches('.'));
    let what = match expected {
        "f32" | "f64" => "a number",
        "a boolean" => "true or false",
        "a string" | "string" | "path string" | "a char" => "a word",
        "a sequence" | "unit" => "a list",
        "a map" => "a group of settings",
        whole if ["u8", "u16", "u32", "u64", "usize"].contains(&whole) => "a whole number that is not negative and not too large",
        whole if ["i8", "i16", "i32", "i64", "isize"].contains(&whole) => "a whole number that is not too large",
        choices if error.contains("unknown variant") => choices,
        group if group.starts_with("struct ") => "a group of settings",
        tuple if tuple.starts_with("a tuple of size ") || tuple.starts_with("an array of length ") => {
            return format!("expected a list of {}", tuple.rsplit(' ').next().unwrap_or_default());
        }
        _ => "something else",
    };
    format!("expected {what}")
}

/// The first top-level key of the patch that the state does not have: most likely a word that was misspelt.
fn unknown_key<'a>(state: &Value, patch: &'a Value) -> Option<&'a str> {
    let (state, patch) = (state.as_object()?, patch.as_object()?);
    patch.keys().find(|key| !state.contains_key(*key)).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
    struct State {
        class: Option<u8>,
        view: View,
    }
    #[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
    struct View {
        grid: bool,
        depth: u8,
    }

    #[test]
    fn a_patch_between_two_states_makes_one_of_the_other_wherever_it_is_laid() {
        let state = |class, grid, depth| State { class, view: View { grid, depth } };
        let value = |state: &State| serde_json::to_value(state).unwrap();
        let states = [state(Some(3), true, 2), state(None, true, 2), state(Some(3), false, 9), state(None, false, 0)];
        for from in &states {
            for to in &states {
                let patch = patch_between(&value(from), &value(to));
                assert_eq!(overlaid(&value(from), &patch), value(to), "{patch}");
                assert_eq!(patch == json!({}), from == to, "{patch}");
                // Restored in a lab that has been set otherwise, it leaves nothing of that.
                for set in &states {
                    assert_eq!(&merged(set, &overlaid(&value(from), &patch)).unwrap(), to, "{patch}");
                }
            }
        }
        assert_eq!(patch_between(&value(&states[0]), &value(&states[1])), json!({ "class": null }));
    }

    #[test]
    fn a_patch_changes_what_it_names_and_nothing_else() {
        let state = State { class: Some(3), view: View { grid: true, depth: 2 } };
        let patched = merged(&state, &json!({ "view": { "depth": 5 } })).unwrap();
        assert_eq!(patched, State { view: View { depth: 5, ..state.view.clone() }, ..state.clone() });
        assert_eq!(merged(&state, &json!({ "class": null })).unwrap().class, None);
        assert_eq!(merged(&state, &Value::Object(serde_json::Map::new())).unwrap(), state);
    }

    #[test]
    fn a_patch_that_is_not_understood_is_a_sentence() {
        let state = State { class: None, view: View { grid: true, depth: 2 } };
        assert_eq!(merged(&state, &json!({ "clas": 3 })).unwrap_err(), "There is nothing called `clas` to set here.");
        let refused = |patch: Value| merged(&state, &patch).unwrap_err();
        let depth = "The setting “view.depth” makes no sense: expected a whole number that is not negative and not too large, found";
        assert_eq!(refused(json!({ "class": 3, "view": { "grid": false, "depth": "deep" } })), format!("{depth} \"deep\"."));
        assert_eq!(refused(json!({ "view": { "depth": -1 } })), format!("{depth} -1."));
        assert_eq!(refused(json!({ "view": 3 })), "The setting “view” makes no sense: expected a group of settings, found 3.");
    }
}
