//! What a file is, told by its content before its ending: names lie, and a drop on the window has to be understood at once.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::document::Document;
use crate::train::Weights;

/// A file that was opened.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A session, a lesson or a lecture.
    Document(Box<Document>),
    /// Trained weights, and the chapter whose model they belong to if they say so.
    Weights(PathBuf, Option<String>),
    /// A table of points.
    Points(PathBuf),
    /// A picture.
    Image(PathBuf),
}

impl Opened {
    /// Looks into a file.
    ///
    /// # Errors
    /// A sentence: unreadable, or of a kind that is not known here.
    pub fn look(path: &Path) -> Result<Opened, String> {
        let unreadable = |error: std::io::Error| format!("Expected a readable file at {}, but {error}; check the path.", path.display());
        let mut head = [0u8; 64];
        let mut file = std::fs::File::open(path).map_err(unreadable)?;
        let length = file.read(&mut head).map_err(unreadable)?;
        let head = &head[..length];
        let text = head.iter().copied().find(|byte| !byte.is_ascii_whitespace());
        if image::guess_format(head).is_ok() {
            return Ok(Opened::Image(path.into()));
        }
        if text == Some(b'{') {
            return Ok(Opened::Document(Box::new(Document::read(path)?)));
        }
        // A safetensors file begins with the length of its JSON header.
        if head.get(8) == Some(&b'{') {
            let weights = Weights::read(path).map_err(|e| e.to_string())?;
            return Ok(Opened::Weights(path.into(), chapter(&weights)));
        }
        let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
        if ["csv", "tsv", "txt", "npy"].contains(&ending.as_str()) {
            return Ok(Opened::Points(path.into()));
        }
        Err(format!(
            "Expected a session or lesson (*.tractable.json), weights (*.safetensors), points (*.csv, *.npy) or an image, found {}, which is none of them.",
            path.display()
        ))
    }
}

fn chapter(weights: &Weights) -> Option<String> {
    let lesson = weights.metadata.get("lesson")?;
    Document::parse(lesson).ok().map(|document| document.chapter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_decides() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let png = file("a.csv", b"\x89PNG\r\n\x1a\n0000");
        assert!(matches!(Opened::look(&png), Ok(Opened::Image(_))));
        let session = file("b.txt", br#" {"format_version": 1, "chapter": "flow"}"#);
        assert!(matches!(Opened::look(&session), Ok(Opened::Document(document)) if document.chapter == "flow"));
        let points = file("c.csv", b"1,2\n3,4\n");
        assert!(matches!(Opened::look(&points), Ok(Opened::Points(_))));
        assert!(Opened::look(&file("d.pdf", b"%PDF-1.7")).unwrap_err().contains("none of them"));
        assert!(Opened::look(&folder.path().join("missing")).unwrap_err().contains("check the path"));
    }
}
