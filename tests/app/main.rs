//! The window, driven as a person with a keyboard or a screen reader drives it: by names and keys, through AccessKit, without a screen.
//!
//! After every run the harness checks that each control has a name and that every character has a glyph.

#![allow(clippy::unwrap_used, reason = "what a test cannot go on from is its failure, in its helpers as in itself")]

mod blindspot;
mod change;
mod chapter_window;
mod chapters;
mod cli;
mod cli_arrays;
mod cli_columns;
mod codes;
mod desk;
mod drops;
mod estimates;
mod explain;
mod flow;
mod flow_bench;
mod flow_bets;
mod flow_classes;
mod flow_desk;
mod flow_draw;
mod flow_layers;
mod flow_links;
mod flow_overlays;
mod flow_state;
mod harness;
mod keys;
mod lectures;
mod legible;
mod math;
mod mutants;
mod mutants_open;
mod palette;
mod pixelcnn;
mod pixelcnn_links;
mod pixelcnn_mask;
mod pixelcnn_micro;
mod pixelcnn_state;
mod pixelcnn_study;
mod posterior;
mod presenter;
mod private;
mod real_window;
mod render;
mod resets;
mod sessions;
mod stack;
mod tables;
mod taxonomy;
mod undo;
mod widgets;
