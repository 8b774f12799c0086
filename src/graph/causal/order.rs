use super::CausalError;

/// The order in which the positions of the data are drawn: a permutation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Order {
    step_of: Vec<u32>,
    position_at: Vec<u32>,
}

impl Order {
    /// Row by row, each from left to right: step `p` draws position `p`.
    pub fn raster(positions: usize) -> Order {
        let identity: Vec<u32> = (0..positions as u32).collect();
        Order { step_of: identity.clone(), position_at: identity }
    }

    /// The order that draws position `p` at step `step_of[p]`.
    ///
    /// # Errors
    /// [`CausalError::Order`] if that is not a permutation of `0..step_of.len()`.
    pub fn new(step_of: Vec<u32>) -> Result<Order, CausalError> {
        let expected = step_of.len();
        let mut position_at = vec![u32::MAX; expected];
        for (position, &step) in step_of.iter().enumerate() {
            match position_at.get_mut(step as usize) {
                Some(slot) if *slot == u32::MAX => *slot = position as u32,
                _ => return Err(CausalError::Order { expected, step: step as usize }),
            }
        }
        Ok(Order { step_of, position_at })
    }

    /// Number of positions, and of steps.
    pub fn len(&self) -> usize {
        self.step_of.len()
    }

    /// Whether there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.step_of.is_empty()
    }

    /// Step at which a position is drawn.
    pub fn step(&self, position: usize) -> usize {
        self.step_of[position] as usize
    }

    /// Position that a step draws.
    pub fn position(&self, step: usize) -> usize {
        self.position_at[step] as usize
    }
}
