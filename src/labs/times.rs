//! Times that were measured in a session, with what they were measured on: another machine has others.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Their name in a chapter's state.
const TIMES: &str = "times";

/// A state with the times beside its settings; without them where there are none.
pub(super) fn with_times(mut state: Value, times: Option<&impl Serialize>) -> Value {
    let times = times.and_then(|times| serde_json::to_value(times).ok());
    if let (Some(fields), Some(times)) = (state.as_object_mut(), times) {
        fields.insert(TIMES.to_owned(), times);
    }
    state
}

/// A patch as the settings alone, and the times that came with it. Times that cannot be read, of another version or with a number that was
/// not finite, are left out: they are measured again, and no setting is lost for them.
pub(super) fn without_times<T: DeserializeOwned>(patch: &Value) -> (Value, Option<T>) {
    let mut patch = patch.clone();
    let times = patch.as_object_mut().and_then(|fields| fields.remove(TIMES));
    (patch, times.and_then(|times| serde_json::from_value(times).ok()))
}

/// How times were taken, and where if not here.
pub(super) fn taken(how: &str, machine: Option<&str>) -> String {
    match machine {
        Some(machine) => format!("{how}, measured then on {machine}"),
        None => how.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn times_travel_beside_the_settings_and_other_words_are_left_out() {
        let state = with_times(json!({ "page": "cost" }), Some(&vec![1.5, 2.5]));
        assert_eq!(without_times::<Vec<f64>>(&state), (json!({ "page": "cost" }), Some(vec![1.5, 2.5])));
        assert_eq!(without_times::<Vec<f64>>(&json!({ "page": "cost" })), (json!({ "page": "cost" }), None));
        assert_eq!(with_times(json!({ "a": 1 }), None::<&f64>), json!({ "a": 1 }));
        assert_eq!(without_times::<Vec<f64>>(&json!({ "page": 2, "times": [1.5, null] })), (json!({ "page": 2 }), None));
        assert_eq!(taken("median of 5 runs", Some("CPU · 2 threads")), "median of 5 runs, measured then on CPU · 2 threads");
    }
}
