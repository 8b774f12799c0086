//! O, then a letter: what lies over the picture, on and off.

use egui::{Event, Key};

use super::{Over, TractableApp};
use crate::labs::Action;
use crate::ui::chips;

impl TractableApp {
    /// The overlays of the open lab, each with the letter that switches it.
    pub(super) fn overlay_menu(&mut self, ctx: &egui::Context) {
        let offered = self.labs[self.active].as_ref().map(|lab| lab.actions()).unwrap_or_default();
        let overlays: Vec<(&Action, &str, bool)> =
            offered.iter().filter_map(|action| action.overlay().map(|(name, shown)| (action, name, shown))).collect();
        if overlays.is_empty() {
            self.over = Over::Nothing;
            self.nothing_to_do(crate::labs::Command::Overlays);
            return;
        }
        let letters = letters(overlays.iter().map(|(_, name, _)| *name));
        let typed = ctx.input(|input| {
            input.events.iter().find_map(|event| match event {
                Event::Key { key, pressed: true, modifiers, .. } if modifiers.is_none() => Some(*key),
                _ => None,
            })
        });
        let mut chosen = None;
        let modal = self.modal("overlays").show(ctx, |ui| {
            ui.set_width((ctx.content_rect().width() - 80.0).clamp(220.0, 380.0));
            chips::section(ui, "Over the picture", "a letter switches, Esc closes");
            for ((action, name, shown), letter) in overlays.iter().zip(&letters) {
                ui.horizontal(|ui| {
                    if let Some(key) = letter {
                        chips::key_hint(ui, key.name(), "");
                    }
                    let mut on = *shown;
                    let clicked = chips::toggle(ui, name, &mut on).clicked();
                    if clicked || (letter.is_some() && typed == *letter) {
                        chosen = Some(action.patch.clone());
                    }
                });
            }
        });
        if modal.should_close() {
            self.over = Over::Nothing;
        }
        if let Some(patch) = chosen {
            self.over = Over::Nothing;
            self.act(&patch);
        }
    }
}

/// A key for each name: its first letter that no name before it has, none where all are taken. O closes the menu.
fn letters<'a>(names: impl Iterator<Item = &'a str>) -> Vec<Option<Key>> {
    let mut taken = Vec::new();
    for name in names {
        let letters = name.chars().filter(char::is_ascii_alphabetic).map(|letter| letter.to_ascii_uppercase().to_string());
        let key = letters.filter_map(|letter| Key::from_name(&letter)).find(|key| *key != Key::O && !taken.contains(&Some(*key)));
        taken.push(key);
    }
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_letter_stands_for_two_overlays() {
        let found = letters(["grid", "grid of data space", "density", "go", "g"].into_iter());
        assert_eq!(found, [Some(Key::G), Some(Key::R), Some(Key::D), None, None]);
    }
}
