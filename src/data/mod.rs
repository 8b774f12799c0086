//! Data sets: 2-D toys with known entropies, drawings, digits, and the user's own files.
