//! Layers as graph builders.
