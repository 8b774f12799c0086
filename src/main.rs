//! Tractable: the window, or a command.

fn main() {}
