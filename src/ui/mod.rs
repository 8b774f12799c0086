//! What labs share: theme, heat map, transport bar, legend, formula.
