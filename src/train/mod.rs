//! Objectives, the optimiser, the worker thread, snapshots and checkpoints.
