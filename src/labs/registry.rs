//! The table of contents: every chapter of the lecture, built or not.

use super::{Lab, Shared};

/// The two halves of the lecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Models that factorise p(x) by the product rule.
    Autoregressive,
    /// Models that transport a simple density.
    Flows,
}

impl Section {
    /// The heading in the rail.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Autoregressive => "Autoregressive",
            Self::Flows => "Flows",
        }
    }
}

/// Opens a lab. Must return at once: loading and training belong to the worker.
pub type OpenLab = fn(&Shared) -> Box<dyn Lab>;

/// One entry of the rail.
#[derive(Clone, Copy, Debug)]
pub struct Chapter {
    /// A stable name for the command line and for files.
    pub id: &'static str,
    /// The title in the rail.
    pub title: &'static str,
    /// The half of the lecture to which it belongs.
    pub section: Section,
    /// The one question that the chapter answers.
    pub question: &'static str,
    /// How to open it; `None` until it is built.
    pub open: Option<OpenLab>,
}

const fn planned(id: &'static str, title: &'static str, section: Section, question: &'static str) -> Chapter {
    Chapter { id, title, section, question, open: None }
}

const fn built(id: &'static str, title: &'static str, section: Section, question: &'static str, open: OpenLab) -> Chapter {
    Chapter { id, title, section, question, open: Some(open) }
}

use Section::{Autoregressive, Flows};

/// All chapters in the lecture's order.
pub const CHAPTERS: &[Chapter] = &[
    planned("texture", "Texture synthesis", Autoregressive, "Can an image be continued by copying what followed similar neighbourhoods?"),
    planned(
        "chain-rule",
        "The chain rule",
        Autoregressive,
        "Why is any distribution a product of one-dimensional ones, and what does the order cost?",
    ),
    planned("nade-made", "NADE · MADE", Autoregressive, "How does one network give all conditionals at once, in any order?"),
    built(
        "pixelcnn",
        "PixelCNN",
        Autoregressive,
        "How does a network draw an image one pixel at a time, and know the probability of each?",
        super::pixelcnn::open,
    ),
    built(
        "blind-spot",
        "Blind spot · gates",
        Autoregressive,
        "Which earlier pixels can masked convolutions never see, and how do two stacks see them?",
        super::blindspot::open,
    ),
    planned("pixelrnn", "PixelRNN", Autoregressive, "What does a recurrent state remember that a convolution cannot?"),
    built(
        "stack",
        "Causal stacks",
        Autoregressive,
        "How do a few dilated layers hear far back, and what must a sampler keep of it?",
        super::stack::open,
    ),
    planned("wavenet", "WaveNet · ByteNet", Autoregressive, "How does one net sing, translate and hear thousands of samples back?"),
    planned("video", "Video pixel nets", Autoregressive, "How far does a model see into the next frame when each pixel is drawn in turn?"),
    planned(
        "sparse-attention",
        "Sparse attention",
        Autoregressive,
        "Which earlier positions are worth attending to when all of them are too many?",
    ),
    built(
        "change-of-variables",
        "Change of variables",
        Flows,
        "When a map stretches space, what happens to a density?",
        super::change::open,
    ),
    Chapter {
        id: "flow",
        title: "Flow lab",
        section: Flows,
        question: "How does a stack of invertible layers bend a Gaussian into your drawing, with an exact density at every point?",
        open: Some(super::flow::open),
    },
    built(
        "taxonomy",
        "Taxonomy of flows",
        Flows,
        "Which pattern of the Jacobian makes its determinant cheap, and what does each family pay for it?",
        super::taxonomy::open,
    ),
    planned("realnvp-glow", "RealNVP · Glow images", Flows, "How do couplings, squeezes and splits scale from points to pictures?"),
    planned(
        "autoregressive-flows",
        "Autoregressive flows",
        Flows,
        "Why is one direction a single pass and the other one pass per dimension?",
    ),
    built(
        "planar-sylvester",
        "Planar · Sylvester",
        Flows,
        "How much can a transformation of low rank bend, and what does its determinant cost?",
        super::posterior::open,
    ),
    built(
        "residual-ffjord",
        "Residual · FFJORD",
        Flows,
        "How is a log-determinant estimated without bias when the Jacobian is free?",
        super::estimates::open,
    ),
];

/// The chapter with this stable name.
#[must_use]
pub fn find(id: &str) -> Option<&'static Chapter> {
    CHAPTERS.iter().find(|chapter| chapter.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_chapter_asks_one_question() {
        for (i, chapter) in CHAPTERS.iter().enumerate() {
            assert!(CHAPTERS[..i].iter().all(|c| c.id != chapter.id && c.title != chapter.title), "{}", chapter.id);
            assert_eq!(chapter.question.matches('?').count(), 1, "{}", chapter.id);
        }
    }
}
