//! With what the window opens.

use std::path::PathBuf;
use std::time::Duration;

use crate::exec::BackendChoice;
use crate::labs::document::Document;
use crate::ui::theme::Theme;

/// With what the window opens.
#[derive(Clone, Debug)]
pub struct AppOptions {
    /// The chapter's stable name; an unknown one opens the default chapter and says so.
    pub chapter: Option<String>,
    /// The seed of all noise.
    pub seed: Option<u64>,
    /// The theme.
    pub theme: Theme,
    /// Where models are trained.
    pub backend: BackendChoice,
    /// Threads that train; by default all cores but the one that the window draws with.
    pub threads: Option<usize>,
    /// What is opened, instead of the chapter as it opens by itself.
    pub document: Option<Document>,
    /// Only pictures are taken: nothing moves by itself.
    pub still: bool,
    /// The folder in which sessions are kept by themselves; without one nothing is kept.
    pub keep: Option<PathBuf>,
    /// How often it is looked for changes to keep, instead of the usual 5 seconds.
    pub keep_every: Option<Duration>,
    /// The file in which every frame is logged, if any.
    pub frame_log: Option<PathBuf>,
}

impl Default for AppOptions {
    fn default() -> Self {
        Self {
            chapter: None,
            seed: None,
            theme: Theme::Dark,
            backend: BackendChoice::Auto,
            threads: None,
            document: None,
            still: false,
            keep: None,
            keep_every: None,
            frame_log: None,
        }
    }
}
