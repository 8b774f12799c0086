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
    let mut value = serde_json::to_value(state).map_err(|error| format!("The present state cannot be written: {error}."))?;
    if let Some(unknown) = unknown_key(&value, patch) {
        return Err(format!("There is nothing called `{unknown}` to set here."));
    }
    json_patch::merge(&mut value, patch);
    serde_json::from_value(value).map_err(|error| format!("This setting is not understood: {error}."))
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
        assert!(merged(&state, &json!({ "view": { "depth": "deep" } })).unwrap_err().contains("deep"));
    }
}
