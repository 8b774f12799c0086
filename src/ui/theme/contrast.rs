//! WCAG contrast, so that the themes can be tested.

use egui::Color32;

/// The WCAG 2 contrast ratio of two opaque colours, 1 to 21.
#[must_use]
pub fn contrast_ratio(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// The one of two inks that is read more easily on an opaque ground.
#[must_use]
pub fn ink_on(ground: Color32, inks: [Color32; 2]) -> Color32 {
    if contrast_ratio(inks[0], ground) >= contrast_ratio(inks[1], ground) { inks[0] } else { inks[1] }
}

/// Relative luminance of an sRGB colour.
fn luminance(color: Color32) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

#[cfg(test)]
mod tests {
    use super::super::{Palette, Theme};
    use super::{contrast_ratio, ink_on};
    use crate::ui::colormap::Scale;
    use egui::Color32;

    #[test]
    fn black_on_white_is_21_to_1() {
        assert!((contrast_ratio(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 1e-9);
    }

    #[test]
    fn a_number_is_read_on_every_colour_of_the_signed_scale() {
        for theme in [Theme::Dark, Theme::Light, Theme::Projector] {
            let palette = theme.palette();
            for step in -20..=20 {
                let ground = Scale::symmetric(1.0).color(step as f32 / 20.0, palette.dark);
                let ratio = contrast_ratio(ink_on(ground, [palette.text, palette.ground]), ground);
                assert!(ratio > 4.0, "{theme:?} at {step}: {ratio:.2}");
            }
        }
    }

    fn words(p: &Palette) -> [(&'static str, Color32); 8] {
        [
            ("text", p.text),
            ("dim", p.text_dim),
            ("now", p.now),
            ("seen", p.seen),
            ("blind", p.blind),
            ("base", p.base),
            ("positive", p.positive),
            ("negative", p.negative),
        ]
    }

    /// Every token that colours words is readable on every ground on which words stand.
    #[test]
    fn words_are_readable_in_every_theme() {
        for (theme, least) in [(Theme::Dark, 4.5), (Theme::Light, 4.5), (Theme::Projector, 7.0)] {
            let p = theme.palette();
            for (name, color) in words(p) {
                for (ground_name, ground) in [("ground", p.ground), ("panel", p.panel), ("card", p.card)] {
                    let ratio = contrast_ratio(color, ground);
                    assert!(ratio >= least, "{theme:?}: {name} on {ground_name} is {ratio:.2}:1, wanted {least}:1");
                }
            }
            for accent in [p.seen, p.now] {
                assert!(contrast_ratio(p.on_accent, accent) >= least, "{theme:?}: words on an accent");
            }
            assert!(contrast_ratio(p.text, p.card_hover) >= least, "{theme:?}: words under the pointer");
        }
    }
}
