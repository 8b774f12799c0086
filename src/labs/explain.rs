//! The explain panel: the lecture's order, step by step, in Markdown that a teacher can edit.
//!
//! A chapter's text is `presets/explain/<chapter>.md`, built into the program; a file of the same name in the user's own folder ([`folder`])
//! replaces it. How it is written stands at the head of [`script`].

mod panel;
pub mod script;

use std::path::PathBuf;

pub use panel::{Explain, Place};
use script::Script;

/// The chapters with a text of their own: the stable name and the Markdown.
pub const TEXTS: &[(&str, &str)] = &[
    ("pixelcnn", include_str!("../../presets/explain/pixelcnn.md")),
    ("blind-spot", include_str!("../../presets/explain/blind-spot.md")),
    ("stack", include_str!("../../presets/explain/stack.md")),
    ("change-of-variables", include_str!("../../presets/explain/change.md")),
    ("flow", include_str!("../../presets/explain/flow.md")),
    ("planar-sylvester", include_str!("../../presets/explain/planar-sylvester.md")),
    ("residual-ffjord", include_str!("../../presets/explain/residual-ffjord.md")),
    ("taxonomy", include_str!("../../presets/explain/taxonomy.md")),
];

/// The folder whose files replace the built-in texts: `explain/` beside the user's sessions, `~/.local/share/tractable/explain` on Linux.
#[must_use]
pub fn folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    Some(etcetera::choose_base_strategy().ok()?.data_dir().join("tractable").join("explain"))
}

/// The text of a chapter, the user's own before the built-in one; `None` if there is neither.
///
/// # Errors
/// Names the file and what is wrong with it.
pub fn open(chapter: &str) -> Result<Option<Script>, String> {
    if let Some(path) = folder().map(|folder| folder.join(format!("{chapter}.md")))
        && path.is_file()
    {
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
        return Script::parse(&text).map(Some).map_err(|sentence| format!("{}: {sentence}", path.display()));
    }
    built_in(chapter)
}

/// The text of a chapter that is part of the program.
///
/// # Errors
/// What is wrong with it.
pub fn built_in(chapter: &str) -> Result<Option<Script>, String> {
    TEXTS.iter().find(|(name, _)| *name == chapter).map(|(_, text)| Script::parse(text)).transpose()
}
