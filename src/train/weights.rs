use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::TrainError;
use crate::data::table::{Learned, Standard};
use crate::data::{Affine, write_atomic};
use crate::exec::Session;
use crate::graph::{Graph, Op};

/// Named arrays of one model and what is needed to rebuild it outside: the content of a `safetensors` file.
///
/// Names and shapes are the graph's (`block.3.conv.weight [taps, in, out]`), numbers little-endian f32, row-major. With `adam.m.*` and
/// `adam.v.*` the training can go on exactly where it stopped. The metadata is described in `docs/checkpoints.md`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Weights {
    /// Shape and values by name.
    pub arrays: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// `lesson` (the lesson as JSON), `step`, `format_version`, and what else was said at saving.
    pub metadata: BTreeMap<String, String>,
}

impl Weights {
    /// Reads a file.
    ///
    /// # Errors
    /// A file that cannot be read or is no such file.
    pub fn read(path: &Path) -> Result<Weights, TrainError> {
        let bytes = std::fs::read(path).map_err(|e| TrainError::unreadable(path, &e))?;
        Weights::from_bytes(&bytes).map_err(|error| match error {
            TrainError::NotWeights { reason, .. } => TrainError::NotWeights { place: format!(" at {}", path.display()), reason },
            other => other,
        })
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// Truncated or foreign bytes, numbers that are not f32 or not finite.
    pub fn from_bytes(bytes: &[u8]) -> Result<Weights, TrainError> {
        let bad = |reason: String| TrainError::NotWeights { place: String::new(), reason };
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| bad(e.to_string()))?;
        let file = SafeTensors::deserialize(bytes).map_err(|e| bad(e.to_string()))?;
        let mut weights = Weights::default();
        if let Some(metadata) = header.metadata() {
            weights.metadata = metadata.clone().into_iter().collect();
        }
        for (name, view) in file.tensors() {
            if view.dtype() != Dtype::F32 {
                return Err(bad(format!("`{name}` holds {:?} instead of F32", view.dtype())));
            }
            let values: Vec<f32> = view.data().chunks_exact(4).map(|c| f32::from_le_bytes([c[0], c[1], c[2], c[3]])).collect();
            if let Some(index) = values.iter().position(|v| !v.is_finite()) {
                return Err(bad(format!("number {index} of `{name}` is {}", values[index])));
            }
            weights.arrays.insert(name, (view.shape().to_vec(), values));
        }
        Ok(weights)
    }

    /// The bytes of the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let raw: BTreeMap<&String, Vec<u8>> =
            self.arrays.iter().map(|(name, (_, values))| (name, values.iter().flat_map(|v| v.to_le_bytes()).collect())).collect();
        let views = self.arrays.iter().map(|(name, (shape, _))| {
            let view = TensorView::new(Dtype::F32, shape.clone(), &raw[name]).expect("four bytes for each element of the shape");
            (name.clone(), view)
        });
        let metadata: HashMap<String, String> = self.metadata.clone().into_iter().collect();
        safetensors::serialize(views, Some(metadata)).expect("valid views serialise")
    }

    /// Writes the file atomically.
    ///
    /// # Errors
    /// A full disk, a missing folder.
    pub fn save(&self, path: &Path) -> Result<(), TrainError> {
        Ok(write_atomic(path, &self.to_bytes())?)
    }

    /// Number of trained values, the optimiser's not counted.
    pub fn parameter_count(&self) -> usize {
        self.arrays.iter().filter(|(name, _)| !name.starts_with("adam.")).map(|(_, (_, values))| values.len()).sum()
    }

    /// The training step that they were saved at; 0 where none is said.
    pub fn step(&self) -> u64 {
        self.metadata.get("step").and_then(|step| step.parse().ok()).unwrap_or(0)
    }

    /// Names and units of the columns of the table that was learned from; none where it was no table.
    pub fn standard(&self) -> Option<Standard> {
        let standard: Standard = serde_json::from_str(self.metadata.get("units")?).ok()?;
        let numbers = standard.mean.iter().all(|v| v.is_finite()) && standard.scale.iter().all(|v| v.is_finite() && *v > 0.0);
        let sound = numbers && standard.mean.len() == standard.scale.len() && standard.columns.len() == standard.mean.len();
        Some(standard).filter(|_| sound)
    }

    /// Share of each of `classes` classes in the data that was learned from; equal ones where none are said.
    pub fn class_shares(&self, classes: usize) -> Vec<f64> {
        let said = self.metadata.get("class_shares").and_then(|text| serde_json::from_str::<Vec<f64>>(text).ok());
        let sound = |shares: &Vec<f64>| {
            shares.len() == classes && shares.iter().all(|s| *s >= 0.0) && (shares.iter().sum::<f64>() - 1.0).abs() < 1e-6
        };
        said.filter(sound).unwrap_or_else(|| vec![1.0 / classes as f64; classes])
    }

    /// Names of the classes by their numbers; none where as many are not said.
    pub fn class_names(&self, classes: usize) -> Vec<String> {
        let said = self.metadata.get("class_names").and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        said.filter(|names| names.len() == classes).unwrap_or_default()
    }

    /// How the coordinates of the file of points that was learned became those of the flow; none where it was no file.
    pub fn file_units(&self) -> Option<Affine> {
        let units: Affine = serde_json::from_str(self.metadata.get("file_units")?).ok()?;
        let sound = units.mean.iter().all(|v| v.is_finite()) && units.scale.iter().all(|v| v.is_finite() && *v > 0.0);
        Some(units).filter(|_| sound)
    }

    /// What is kept of the table that a flow of so many coordinates and classes learned; none where it was no such table.
    pub fn learned_table(&self, dim: usize, classes: usize) -> Option<Learned> {
        let standard = self.standard().filter(|standard| standard.mean.len() == dim)?;
        Some(Learned { standard, classes: self.class_names(classes) })
    }

    /// Reads the parameters (and states) of `graph` from a session.
    ///
    /// # Errors
    /// A lost device.
    pub fn from_session(session: &mut dyn Session, graph: &Graph) -> Result<Weights, TrainError> {
        let mut weights = Weights::default();
        for (name, shape) in stored(graph) {
            let values = session.read_parameter(name)?;
            weights.arrays.insert(name.into(), (shape, values));
        }
        Ok(weights)
    }

    /// Checks that every parameter of `graph` is there with its shape, then writes all that the graph knows into a session. States that
    /// are missing (weights without the optimiser) become zeros.
    ///
    /// # Errors
    /// The first array that is missing or has another shape; nothing is written then.
    pub fn write_to(&self, session: &mut dyn Session, graph: &Graph) -> Result<(), TrainError> {
        self.check(graph)?;
        for (name, shape) in stored(graph) {
            match self.arrays.get(name) {
                Some((_, values)) => session.write_parameter(name, values)?,
                None => session.write_parameter(name, &vec![0.0; shape.iter().product()])?,
            }
        }
        Ok(())
    }

    /// Whether these are weights of `graph`: every parameter is there, and what is there of the states (the optimiser's) has their shape.
    ///
    /// # Errors
    /// The first array that is missing or has another shape.
    pub fn check(&self, graph: &Graph) -> Result<(), TrainError> {
        for parameter in graph.parameters() {
            let (name, shape) = (graph.describe(parameter.node), graph.shape(parameter.node));
            let reason = match self.arrays.get(&name) {
                None => format!("the array `{name}` {shape} is missing"),
                Some((found, _)) if found != shape.dims() => format!("`{name}` should be {shape}, but is {found:?}"),
                Some(_) => continue,
            };
            return Err(TrainError::WrongWeights { reason });
        }
        for (name, shape) in stored(graph) {
            if let Some((found, _)) = self.arrays.get(name).filter(|(found, _)| *found != shape) {
                return Err(TrainError::WrongWeights { reason: format!("`{name}` should be {shape:?}, but is {found:?}") });
            }
        }
        Ok(())
    }
}

/// Names and shapes of what the store holds for a graph.
fn stored(graph: &Graph) -> impl Iterator<Item = (&str, Vec<usize>)> {
    graph.nodes().iter().filter(|node| matches!(node.op, Op::Parameter | Op::State)).map(|node| {
        let name = node.name.as_deref().expect("parameters and states are named");
        (name, node.shape.dims().to_vec())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Weights {
        let mut weights = Weights::default();
        weights.arrays.insert("a.weight".into(), (vec![2, 3], vec![1.0, -2.5, 3.0, 0.0, f32::MIN_POSITIVE, 7.0]));
        weights.metadata.insert("step".into(), "12".into());
        weights
    }

    #[test]
    fn bytes_round_trip() {
        assert_eq!(Weights::from_bytes(&some().to_bytes()).expect("own bytes"), some());
    }

    #[test]
    fn every_truncation_is_refused_in_a_sentence() {
        let bytes = some().to_bytes();
        for length in 0..bytes.len() {
            let error = Weights::from_bytes(&bytes[..length]).expect_err("truncated");
            assert!(error.to_string().contains("safetensors"), "{error}");
        }
    }

    #[test]
    fn numbers_that_are_not_finite_are_refused() {
        let mut weights = some();
        weights.arrays.get_mut("a.weight").expect("there").1[4] = f32::NAN;
        let error = Weights::from_bytes(&weights.to_bytes()).expect_err("NaN");
        assert!(error.to_string().contains("number 4 of `a.weight`"), "{error}");
    }
}
