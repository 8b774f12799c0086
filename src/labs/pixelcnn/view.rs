//! What lies over the picture, and what is looked at.

/// What the cells of the canvas show.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Shown {
    /// The grey levels.
    Picture,
    /// `-ln p` of each drawn level.
    Surprise,
    /// Entropy of each pixel's distribution: the surprise that was to be expected.
    Hesitation,
}

/// What lies over the picture, and what is looked at.
pub(super) struct View {
    pub(super) shown: Shown,
    pub(super) field: bool,
    pub(super) blind: bool,
    /// Masked layers whose field is shown; all of them when `None`.
    pub(super) depth: Option<usize>,
    pub(super) hovered: Option<usize>,
    /// Pinned pixels, oldest first, and the newest of them: the one that is explained.
    pub(super) pins: Vec<usize>,
    pub(super) pinned: Option<usize>,
    /// Whether the pointer has found out that pixels answer.
    pub(super) found: bool,
    pub(super) more: bool,
}

impl Default for View {
    fn default() -> View {
        View {
            shown: Shown::Picture,
            field: true,
            blind: true,
            depth: None,
            hovered: None,
            pins: Vec::new(),
            pinned: None,
            found: false,
            more: false,
        }
    }
}
