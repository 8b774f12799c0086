//! What a person chose for this machine and finds again at the next start: theme, size of the type, units, reduced motion.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{AppOptions, TractableApp};
use crate::data::write_atomic;
use crate::ui::theme::Theme;
use crate::ui::units::Units;

/// The choices.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Settings {
    theme: Theme,
    scale: f32,
    units: Units,
    reduced_motion: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { theme: Theme::Dark, scale: 1.0, units: Units::Nats, reduced_motion: false }
    }
}

/// The file of the choices, and what stands in it.
#[derive(Debug, Default)]
pub(super) struct KeptSettings {
    file: Option<PathBuf>,
    last: Option<Settings>,
    /// What a document set: that was not chosen for this machine.
    lent: (Option<Theme>, Option<Units>),
}

impl KeptSettings {
    /// Those below `root`; a file that cannot be read is as good as none.
    pub(super) fn open(root: Option<&Path>) -> KeptSettings {
        let file = root.map(|root| root.join("settings.json"));
        let bytes = file.as_ref().and_then(|file| std::fs::read(file).ok());
        KeptSettings { file, last: bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()), lent: (None, None) }
    }

    /// Notes what an opened document sets, which is not written as the person's choice.
    pub(super) fn lend(&mut self, theme: Option<Theme>, units: Option<Units>) {
        self.lent = (theme, units);
    }
}

impl TractableApp {
    /// Sets what was chosen the last time, where the options say nothing else.
    pub(super) fn take_settings(&mut self, options: &AppOptions) {
        let Some(settings) = self.desk.settings.last else { return };
        if options.theme == Theme::default() {
            self.shared.theme = settings.theme;
        }
        self.shared.units = settings.units;
        self.shared.reduced_motion |= settings.reduced_motion;
        self.user_scale = if settings.scale.is_finite() { settings.scale.clamp(0.5, 3.0) } else { 1.0 };
    }

    /// Writes what was chosen, if it is not what stands in the file.
    pub(super) fn keep_settings(&mut self) {
        let Some(file) = &self.desk.settings.file else { return };
        let (last, lent) = (self.desk.settings.last.unwrap_or_default(), self.desk.settings.lent);
        let now = Settings {
            // The next start is not in the lecture hall.
            theme: match self.shared.theme {
                theme if lent.0 == Some(theme) => last.theme,
                Theme::Projector => self.before_projector.unwrap_or(last.theme),
                theme => theme,
            },
            scale: self.user_scale,
            units: if lent.1 == Some(self.shared.units) { last.units } else { self.shared.units },
            reduced_motion: self.shared.reduced_motion,
        };
        if now != last {
            // What cannot be written is chosen again the next time: not worth a message.
            let _ = serde_json::to_vec(&now).map(|bytes| write_atomic(file, &bytes));
            self.desk.settings.last = Some(now);
        }
    }
}
