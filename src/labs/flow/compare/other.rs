//! What may stand beside the present flow.

use serde::{Deserialize, Serialize};

use crate::flows::{Config, Family};

/// What stands beside the present flow.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in crate::labs::flow) enum Other {
    /// NICE, or RealNVP beside NICE.
    Family,
    /// The same family with so many layers.
    Layers(usize),
    /// The present flow as it is now, kept while the present one goes on.
    ThisStep,
    /// The same flow, trained by a loss without its log-determinants.
    WithoutLogDet,
    /// Any family, by its name.
    #[serde(untagged)]
    Named(Named),
}

/// A member of [`Family::ALL`], written by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(in crate::labs::flow) struct Named(pub(in crate::labs::flow) Family);

impl TryFrom<String> for Named {
    type Error = String;

    fn try_from(name: String) -> Result<Named, String> {
        Family::named(&name).map(Named).ok_or_else(|| format!("no flow is called `{name}`"))
    }
}

impl From<Named> for String {
    fn from(named: Named) -> String {
        named.0.name()
    }
}

impl Other {
    /// The model of the other flow beside the present one.
    pub(in crate::labs::flow) fn config(self, present: &Config) -> Config {
        match self {
            Other::Family => Config { family: if present.additive() { Family::RealNvp } else { Family::Nice }, ..present.clone() },
            Other::Layers(layers) => Config { layers, ..present.clone() },
            Other::ThisStep | Other::WithoutLogDet => present.clone(),
            Other::Named(Named(family)) => {
                let classes = if family.without_conditioner().is_none() { present.classes } else { 0 };
                let own = Config { classes, ..Config::of(family) };
                let alike = Config { layers: present.layers, ..own.clone() };
                if alike.check().is_ok() { alike } else { own }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_written_in_a_word_and_read_back() {
        let named = Family::ALL.into_iter().map(|family| Other::Named(Named(family)));
        for other in [Other::Family, Other::Layers(4), Other::ThisStep, Other::WithoutLogDet].into_iter().chain(named) {
            let written = serde_json::to_value(other).unwrap();
            assert!(written.is_string() || other == Other::Layers(4), "{written}");
            assert_eq!(serde_json::from_value::<Other>(written).unwrap(), other);
        }
        assert!(serde_json::from_value::<Other>(serde_json::json!("nicer")).is_err());
    }

    #[test]
    fn any_family_has_the_layers_of_the_present_flow_where_it_may() {
        let present = Config { layers: 32, ..Config::default() };
        for family in Family::ALL {
            let config = Other::Named(Named(family)).config(&present);
            config.check().unwrap();
            let steps = matches!(family, Family::Glow { .. });
            assert_eq!(config.layers, if steps { Config::of(family).layers } else { 32 }, "{family:?}");
            assert_eq!(config.family, family);
        }
        let classes = Config { classes: 3, ..Config::default() };
        assert_eq!(Other::Named(Named(Family::Maf)).config(&classes).classes, 3);
        assert_eq!(Other::Named(Named(Family::Planar)).config(&classes).classes, 0);
    }
}
