//! What each element sees.
