use serde::{Deserialize, Serialize};

use crate::data::rain::{Rain, Toward};
use crate::data::{DataError, Levels, Preparation};

/// Which images a PixelCNN is fitted to.
///
/// In a lesson digits are `{"size": .., "levels": ..}` and rain is `{"source": "rain", "size": .., "offset": .., "eps": .., "toward": ..}`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub enum ImageData {
    /// The shipped digits, made ready in this way.
    Digits(Preparation),
    /// Rain or snow, drawn fresh at each step.
    Rain(Rain),
}

impl ImageData {
    /// Title on the screen.
    pub fn title(&self) -> &'static str {
        match self {
            ImageData::Digits(_) => "the shipped digits",
            ImageData::Rain(rain) => rain.title(),
        }
    }

    /// How an image of the user is made ready to stand in for these.
    pub fn preparation(&self) -> Preparation {
        match self {
            ImageData::Digits(preparation) => *preparation,
            ImageData::Rain(rain) => Preparation { size: rain.size, levels: Levels::Binary },
        }
    }

    /// Check the ranges.
    ///
    /// # Errors
    /// [`DataError::Setting`] with what is out of range.
    pub fn check(&self) -> Result<(), DataError> {
        match self {
            ImageData::Digits(preparation) => preparation.check(),
            ImageData::Rain(rain) => rain.check(),
        }
    }
}

impl From<Preparation> for ImageData {
    fn from(preparation: Preparation) -> ImageData {
        ImageData::Digits(preparation)
    }
}

/// What is written. Lessons of before there was a choice name no source.
#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(default, skip_serializing_if = "Kind::is_digits")]
    source: Kind,
    size: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    levels: Option<Levels>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    offset: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    eps: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    toward: Option<Toward>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Digits,
    Rain,
}

impl Kind {
    fn is_digits(&self) -> bool {
        *self == Kind::Digits
    }
}

impl TryFrom<Raw> for ImageData {
    type Error = String;

    fn try_from(raw: Raw) -> Result<ImageData, String> {
        let Raw { source, size, levels, offset, eps, toward } = raw;
        let missing = |name: &str| format!("missing field `{name}` of the data");
        match source {
            Kind::Digits => Ok(ImageData::Digits(Preparation { size, levels: levels.ok_or_else(|| missing("levels"))? })),
            Kind::Rain => Ok(ImageData::Rain(Rain {
                size,
                offset: offset.ok_or_else(|| missing("offset"))?,
                eps: eps.ok_or_else(|| missing("eps"))?,
                toward: toward.ok_or_else(|| missing("toward"))?,
            })),
        }
    }
}

impl From<ImageData> for Raw {
    fn from(data: ImageData) -> Raw {
        match data {
            ImageData::Digits(Preparation { size, levels }) => {
                Raw { source: Kind::Digits, size, levels: Some(levels), offset: None, eps: None, toward: None }
            }
            ImageData::Rain(Rain { size, offset, eps, toward }) => {
                Raw { source: Kind::Rain, size, levels: None, offset: Some(offset), eps: Some(eps), toward: Some(toward) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_come_back_and_digits_read_as_before() {
        let digits = ImageData::Digits(Preparation { size: 14, levels: Levels::Grey(8) });
        assert_eq!(serde_json::to_string(&digits).unwrap(), r#"{"size":14,"levels":{"grey":8}}"#);
        let rain = ImageData::Rain(Rain { size: 28, offset: 4, eps: 0.05, toward: Toward::Right });
        for data in [digits, rain] {
            let text = serde_json::to_string(&data).unwrap();
            assert_eq!(serde_json::from_str::<ImageData>(&text).unwrap(), data, "{text}");
        }
        let error = serde_json::from_str::<ImageData>(r#"{"source":"rain","size":28,"eps":0.05,"toward":"right"}"#).unwrap_err();
        assert!(error.to_string().contains("`offset`"), "{error}");
        assert!(serde_json::from_str::<ImageData>(r#"{"size":28}"#).unwrap_err().to_string().contains("`levels`"));
    }
}
