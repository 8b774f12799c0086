use std::collections::HashMap;

use super::real::Real;
use crate::exec::ExecError;
use crate::graph::{Graph, Op, Shape};

/// Named parameters and states, shared by all programs of a model.
#[derive(Clone, Debug, Default)]
pub struct Store<T> {
    entries: Vec<Entry<T>>,
    slots: HashMap<String, usize>,
}

#[derive(Clone, Debug)]
struct Entry<T> {
    name: String,
    shape: Shape,
    values: Vec<T>,
}

impl<T: Real> Store<T> {
    /// An empty store.
    pub fn new() -> Store<T> {
        Store { entries: Vec::new(), slots: HashMap::new() }
    }

    /// Makes room (zeros) for every parameter and state of a graph that is not there yet.
    ///
    /// # Errors
    /// A name that is there with another number of elements.
    pub fn declare(&mut self, graph: &Graph) -> Result<(), ExecError> {
        for node in graph.nodes().iter().filter(|node| matches!(node.op, Op::Parameter | Op::State)) {
            let name = node.name.as_deref().unwrap_or_default();
            self.slot_for(name, node.shape)?;
        }
        Ok(())
    }

    /// Slot of an array, made of zeros if it is not there yet.
    pub(super) fn slot_for(&mut self, name: &str, shape: Shape) -> Result<usize, ExecError> {
        if let Some(&slot) = self.slots.get(name) {
            let found = self.entries[slot].values.len();
            if self.entries[slot].shape != shape {
                return Err(ExecError::WrongLength { name: name.into(), expected: shape.elements(), found });
            }
            return Ok(slot);
        }
        let slot = self.entries.len();
        self.slots.insert(name.into(), slot);
        self.entries.push(Entry { name: name.into(), shape, values: vec![T::ZERO; shape.elements()] });
        Ok(slot)
    }

    /// Names in order of declaration.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &entry.name[..])
    }

    /// Shape of an array.
    pub fn shape(&self, name: &str) -> Option<Shape> {
        self.slots.get(name).map(|&slot| self.entries[slot].shape)
    }

    /// Values of an array.
    ///
    /// # Errors
    /// An unknown name.
    pub fn get(&self, name: &str) -> Result<&[T], ExecError> {
        match self.slots.get(name) {
            Some(&slot) => Ok(&self.entries[slot].values),
            None => Err(self.unknown(name)),
        }
    }

    /// Sets an array.
    ///
    /// # Errors
    /// An unknown name, a wrong length.
    pub fn set(&mut self, name: &str, values: &[T]) -> Result<(), ExecError> {
        let Some(&slot) = self.slots.get(name) else { return Err(self.unknown(name)) };
        let to = &mut self.entries[slot].values;
        if to.len() != values.len() {
            return Err(ExecError::WrongLength { name: name.into(), expected: to.len(), found: values.len() });
        }
        to.copy_from_slice(values);
        Ok(())
    }

    /// Sets the parameters of a graph to their starting values.
    ///
    /// # Errors
    /// A name that is there with another shape.
    pub fn initialise(&mut self, graph: &Graph, seed: u64) -> Result<(), ExecError> {
        self.declare(graph)?;
        for (name, values) in crate::graph::initial_values(graph, seed) {
            let values: Vec<T> = values.iter().map(|&x| T::from_f64(f64::from(x))).collect();
            self.set(&name, &values)?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn slot(&self, slot: usize) -> &[T] {
        &self.entries[slot].values
    }

    /// The array itself, to be put back: how an update borrows several at once.
    pub(super) fn slot_mut(&mut self, slot: usize) -> &mut Vec<T> {
        &mut self.entries[slot].values
    }

    fn unknown(&self, name: &str) -> ExecError {
        let known = self.names().collect::<Vec<_>>().join(", ");
        ExecError::UnknownName { kind: "parameter", name: name.into(), known }
    }
}
