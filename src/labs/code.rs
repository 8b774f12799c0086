//! A state as one word of text, for a slide, a chat or a handout: `tractable-1-…`.
//!
//! It holds the chapter, the seed, the unit and a patch from the chapter's state as it opens to the present one: JSON, deflated (RFC 1951), in the
//! alphabet of base64url (RFC 4648, section 5). What was trained is not in it. A version of the program in which a chapter opens otherwise reads
//! the same patch over another state: a session, which holds all of it, is what one keeps.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde_json::Value;

use super::document::Document;

/// How each code begins, with the version of the format.
pub const PREFIX: &str = "tractable-1-";
/// A code that unpacks to more was not written by this program.
const LARGEST: u64 = 4 << 20;

/// The code of a document, whose view is a patch over the chapter as it opens.
///
/// # Errors
/// A sentence where the document cannot be written.
pub fn encode(document: &Document) -> Result<String, String> {
    let wrong = |error: String| format!("The code of this state cannot be written: {error}.");
    let json = serde_json::to_vec(document).map_err(|error| wrong(error.to_string()))?;
    let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
    let packed = packer.write_all(&json).and_then(|()| packer.finish()).map_err(|error| wrong(error.to_string()))?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(packed)))
}

/// The document of a code; none where the text is no code at all.
///
/// # Errors
/// A sentence about a code that is torn or damaged, or from a newer program.
pub fn decode(text: &str) -> Option<Result<Document, String>> {
    // A code that was broken into lines on its way is still one.
    let code: String = text.split_whitespace().collect();
    let body = code.strip_prefix(PREFIX)?;
    let damaged = || "Expected a code of Tractable, but it is damaged or not whole; copy all of it, to its last letter.".to_owned();
    let unpack = || {
        let packed = URL_SAFE_NO_PAD.decode(body).ok()?;
        let mut json = String::new();
        DeflateDecoder::new(&packed[..]).take(LARGEST).read_to_string(&mut json).ok()?;
        serde_json::from_str::<Value>(&json).ok()?;
        Some(json)
    };
    Some(unpack().ok_or_else(damaged).and_then(|json| {
        let document = Document::parse(&json).map_err(|sentence| format!("Expected a code of Tractable, but {sentence}"))?;
        Ok(Document { over_fresh: true, ..document })
    }))
}

/// Whether a text is, or begins as, a code.
#[must_use]
pub fn is_code(text: &str) -> bool {
    text.trim_start().starts_with(PREFIX)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Document {
        let view = json!({ "probe": [0.25, -1.5], "config": { "layers": 5 } });
        Document { format_version: 1, chapter: "flow".into(), seed: Some(541), view, ..Document::default() }
    }

    #[test]
    fn a_code_comes_back_even_in_lines_and_is_one_word() {
        let code = encode(&document()).unwrap();
        assert!(code.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{code}");
        assert!(code.len() < 200, "{} letters", code.len());
        let in_lines = format!(" {}\n{}\n", &code[..40], &code[40..]);
        for text in [&code, &in_lines] {
            let back = decode(text).unwrap().unwrap();
            assert_eq!(back, Document { over_fresh: true, ..document() });
        }
        assert!(is_code(&in_lines) && !is_code("flow"));
    }

    #[test]
    fn a_torn_or_strange_code_is_a_sentence() {
        let code = encode(&document()).unwrap();
        for end in PREFIX.len()..code.len() {
            let sentence = decode(&code[..end]).unwrap().unwrap_err();
            assert!(sentence.contains("not whole"), "{end}: {sentence}");
        }
        assert!(decode("pixelcnn").is_none());
        let newer = Document { format_version: 99, ..document() };
        assert!(decode(&encode(&newer).unwrap()).unwrap().unwrap_err().contains("newer program"));
    }
}
