//! Three themes, one set of tokens: a colour is chosen by what it means, never by its value.

mod apply;
mod contrast;
pub mod letters;

pub use apply::install;
pub use contrast::{contrast_ratio, ink_on};

use egui::{Color32, Vec2};
use serde::{Deserialize, Serialize};

/// Height of the lecture hall's screen in points.
const HALL_LINES: f32 = 540.0;

/// The look of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// Quiet dark panels, for a laptop.
    #[default]
    Dark,
    /// Dark ink on light panels.
    Light,
    /// Black on white in large type: a washed-out projector lifts black first.
    Projector,
}

/// The colours of a theme, named by their meaning.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Palette {
    /// True if light marks stand on a dark ground.
    pub dark: bool,
    /// The canvas and the window's ground.
    pub ground: Color32,
    /// Rail, top bar, transport bar.
    pub panel: Color32,
    /// Cards, chips, text fields.
    pub card: Color32,
    /// A card or chip under the pointer.
    pub card_hover: Color32,
    /// Hairlines and outlines.
    pub line: Color32,
    /// The track of a slider, an empty cell.
    pub track: Color32,
    /// Words and numbers.
    pub text: Color32,
    /// Words that explain other words; still at least 4.5:1.
    pub text_dim: Color32,
    /// Now: the current pixel, the probe, the value drawn.
    pub now: Color32,
    /// Seen, running, chosen.
    pub seen: Color32,
    /// Words on top of [`Palette::seen`] and [`Palette::now`].
    pub on_accent: Color32,
    /// Cannot see, wrong, error; always with hatching or words beside it.
    pub blind: Color32,
    /// The base density, the latent space.
    pub base: Color32,
    /// The positive end of a signed scale: stretches.
    pub positive: Color32,
    /// The negative end of a signed scale: squeezes.
    pub negative: Color32,
    /// What has not been drawn yet.
    pub future: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16) as u8, (hex >> 8) as u8, hex as u8)
}

const DARK: Palette = Palette {
    dark: true,
    ground: rgb(0x10_14_1d),
    panel: rgb(0x16_1b_28),
    card: rgb(0x1a_20_30),
    card_hover: rgb(0x26_2e_44),
    line: rgb(0x2b_33_49),
    track: rgb(0x2a_32_47),
    text: rgb(0xf1_f4_fa),
    text_dim: rgb(0x9a_a5_ba),
    now: rgb(0xff_b3_4d),
    seen: rgb(0x3f_c9_b8),
    on_accent: rgb(0x0b_14_1a),
    blind: rgb(0xf2_6a_6f),
    base: rgb(0xa5_97_ff),
    positive: rgb(0x6a_ac_ff),
    negative: rgb(0xff_9a_5c),
    future: rgb(0x14_1a_2b),
};

const LIGHT: Palette = Palette {
    dark: false,
    ground: rgb(0xff_ff_ff),
    panel: rgb(0xf3_f5_f9),
    card: rgb(0xfb_fc_fe),
    card_hover: rgb(0xe6_eb_f3),
    line: rgb(0xcd_d5_e1),
    track: rgb(0xd5_dc_e7),
    text: rgb(0x12_18_24),
    text_dim: rgb(0x4d_58_6b),
    now: rgb(0x9c_57_00),
    seen: rgb(0x06_74_68),
    on_accent: rgb(0xff_ff_ff),
    blind: rgb(0xb8_2f_38),
    base: rgb(0x5c_49_c9),
    positive: rgb(0x1d_5f_bd),
    negative: rgb(0xa8_4c_0c),
    future: rgb(0xe7_ec_f5),
};

const PROJECTOR: Palette = Palette {
    dark: false,
    ground: rgb(0xff_ff_ff),
    panel: rgb(0xff_ff_ff),
    card: rgb(0xff_ff_ff),
    card_hover: rgb(0xe8_ee_f7),
    line: rgb(0x8a_94_a6),
    track: rgb(0xc3_cc_da),
    text: rgb(0x00_00_00),
    text_dim: rgb(0x33_3b_48),
    now: rgb(0x7a_42_00),
    seen: rgb(0x00_57_4e),
    on_accent: rgb(0xff_ff_ff),
    blind: rgb(0x94_1a_24),
    base: rgb(0x47_33_b0),
    positive: rgb(0x0b_46_98),
    negative: rgb(0x82_36_00),
    future: rgb(0xdd_e4_ef),
};

impl Theme {
    /// The theme's colours.
    #[must_use]
    pub fn palette(self) -> &'static Palette {
        match self {
            Self::Dark => &DARK,
            Self::Light => &LIGHT,
            Self::Projector => &PROJECTOR,
        }
    }

    /// The theme's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dark => "Dark",
            Self::Light => "Light",
            Self::Projector => "Projector",
        }
    }

    /// How much larger than on a laptop everything is drawn on a screen of this size in logical pixels.
    ///
    /// A larger screen is read from further away. In a lecture hall everything grows with the screen: `HALL_LINES` points are always as
    /// high as the screen, so the smallest letters have 28 pixels on 1080 lines; in steps of a twelfth, so that resizing does not make
    /// type swim. Elsewhere there are a few steps.
    #[must_use]
    pub fn scale(self, screen: Vec2) -> f32 {
        match self {
            Self::Projector => {
                let fit = (screen.y / HALL_LINES).min(screen.x / (HALL_LINES * 16.0 / 9.0));
                ((fit * 12.0 + 0.05).floor() / 12.0).max(1.0)
            }
            Self::Dark | Self::Light => match screen.x.min(screen.y * 16.0 / 9.0) {
                ..1600.0 => 1.0,
                1600.0..2300.0 => 1.2,
                2300.0..3000.0 => 1.5,
                3000.0..3600.0 => 1.9,
                _ => 2.4,
            },
        }
    }
}

impl Palette {
    /// The palette that belongs to the style now in force, for widgets that are not handed one.
    #[must_use]
    pub fn of(ui: &egui::Ui) -> &'static Self {
        let ground = ui.visuals().extreme_bg_color;
        [&DARK, &PROJECTOR, &LIGHT]
            .into_iter()
            .find(|palette| palette.dark == ui.visuals().dark_mode && palette.card == ground)
            .unwrap_or(if ui.visuals().dark_mode { &DARK } else { &LIGHT })
    }

    /// A colour for the i-th category (Okabe and Ito), the same in every theme; always beside a shape or a letter.
    #[must_use]
    pub fn category(index: usize) -> Color32 {
        const OKABE_ITO: [u32; 8] = [0xe6_9f_00, 0x56_b4_e9, 0x00_9e_73, 0xf0_e4_42, 0x00_72_b2, 0xd5_5e_00, 0xcc_79_a7, 0x99_99_99];
        rgb(OKABE_ITO[index % OKABE_ITO.len()])
    }
}
