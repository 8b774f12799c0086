//! Several models in one file of weights, and what is kept beside their values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{TrainError, Weights};

/// The entry of the metadata that holds what is kept beside the values.
const KEPT: &str = "kept";

impl Weights {
    /// One file of several models: names and metadata of each begin with the model's own name and a dot.
    pub(super) fn bundle(parts: impl IntoIterator<Item = (String, Weights)>) -> Weights {
        let mut whole = Weights::default();
        for (part, weights) in parts {
            whole.arrays.extend(weights.arrays.into_iter().map(|(name, array)| (format!("{part}.{name}"), array)));
            whole.metadata.extend(weights.metadata.into_iter().map(|(name, text)| (format!("{part}.{name}"), text)));
        }
        whole
    }

    /// One model of [`bundle`](Self::bundle); empty if there is none of this name.
    pub(super) fn part(&self, part: &str) -> Weights {
        let own = |name: &String| name.strip_prefix(part).and_then(|rest| rest.strip_prefix('.')).map(str::to_owned);
        Weights {
            arrays: self.arrays.iter().filter_map(|(name, array)| Some((own(name)?, array.clone()))).collect(),
            metadata: self.metadata.iter().filter_map(|(name, text)| Some((own(name)?, text.clone()))).collect(),
        }
    }

    /// Keeps something beside the values: curves, seconds, settings.
    pub(super) fn keep(&mut self, what: &impl Serialize) {
        self.metadata.insert(KEPT.into(), serde_json::to_string(what).expect("what is kept is plain data"));
    }

    /// What was kept.
    ///
    /// # Errors
    /// Weights from elsewhere, beside which nothing of this kind was kept.
    pub(super) fn kept<T: DeserializeOwned>(&self) -> Result<T, TrainError> {
        let found = self.metadata.get(KEPT).and_then(|text| serde_json::from_str(text).ok());
        found.ok_or_else(|| TrainError::WrongWeights { reason: "they were saved by another chapter".into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bundle_come_back_and_do_not_mix() {
        let weights = |value: f32| {
            let mut weights = Weights::default();
            weights.arrays.insert("layer.1.weight".into(), (vec![1], vec![value]));
            weights.keep(&[f64::from(value), 0.1]);
            weights
        };
        let whole = Weights::bundle([("a".to_owned(), weights(1.0)), ("ab".to_owned(), weights(2.0))]);
        assert_eq!((whole.part("a"), whole.part("ab")), (weights(1.0), weights(2.0)));
        assert_eq!(whole.part("ab").kept::<[f64; 2]>().unwrap(), [2.0, 0.1]);
        assert_eq!(whole.part("b"), Weights::default());
        assert!(whole.kept::<[f64; 2]>().is_err());
    }
}
