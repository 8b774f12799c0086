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

/// A patch as the settings alone, and the times that came with it.
///
/// # Errors
/// A sentence where the times are none.
pub(super) fn without_times<T: DeserializeOwned>(patch: &Value) -> Result<(Value, Option<T>), String> {
    let mut patch = patch.clone();
    let times = patch.as_object_mut().and_then(|fields| fields.remove(TIMES)).filter(|times| !times.is_null());
    match times.map(serde_json::from_value).transpose() {
        Ok(times) => Ok((patch, times)),
        Err(_) => Err("The setting “times” makes no sense: expected times that this program has measured.".to_owned()),
    }
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
    fn times_travel_beside_the_settings_and_other_words_are_refused() {
        let state = with_times(json!({ "page": "cost" }), Some(&vec![1.5, 2.5]));
        assert_eq!(without_times::<Vec<f64>>(&state), Ok((json!({ "page": "cost" }), Some(vec![1.5, 2.5]))));
        assert_eq!(without_times::<Vec<f64>>(&json!({ "page": "cost" })), Ok((json!({ "page": "cost" }), None)));
        assert_eq!(with_times(json!({ "a": 1 }), None::<&f64>), json!({ "a": 1 }));
        assert!(without_times::<Vec<f64>>(&json!({ "times": "fast" })).unwrap_err().contains("“times”"));
        assert_eq!(taken("median of 5 runs", Some("CPU · 2 threads")), "median of 5 runs, measured then on CPU · 2 threads");
    }
}
