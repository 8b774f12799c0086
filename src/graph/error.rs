use super::NodeId;

/// Why a recording is not a graph: the first mistake, with the line that made it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum GraphError {
    /// Operand shapes that an operation cannot take.
    #[error("{op} in scope `{scope}` ({location}): expected {expected}, found {found}")]
    Shape {
        /// The operation.
        op: String,
        /// Scope in which it was recorded.
        scope: String,
        /// File and line of the caller.
        location: String,
        /// What the operation takes.
        expected: String,
        /// What it was given.
        found: String,
    },
    /// Two nodes of one name.
    #[error("the name `{name}` is given twice ({location}); names of parameters, states and inputs must be unique")]
    DuplicateName {
        /// The name.
        name: String,
        /// File and line of the second use.
        location: String,
    },
    /// A gradient was asked for through something that has none, or of a value that is not a scalar.
    #[error("no gradient at node {node:?} ({what})")]
    NoGradient {
        /// The node.
        node: NodeId,
        /// What is wrong with it.
        what: String,
    },
}
