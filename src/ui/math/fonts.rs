//! The KaTeX faces as egui families, each under the name that the layout uses.

use std::borrow::Cow;
use std::sync::Arc;

use egui::{Context, FontData, FontDefinitions, FontFamily, Id};

/// The faces that formulas of a lecture use. Others of KaTeX's are drawn in the upright one.
const FACES: [&str; 15] = [
    "Main-Regular",
    "Main-Bold",
    "Main-Italic",
    "Main-BoldItalic",
    "Math-Italic",
    "Math-BoldItalic",
    "AMS-Regular",
    "Caligraphic-Regular",
    "SansSerif-Regular",
    "Script-Regular",
    "Typewriter-Regular",
    "Size1-Regular",
    "Size2-Regular",
    "Size3-Regular",
    "Size4-Regular",
];

fn asked() -> Id {
    Id::unique("tractable formula fonts")
}

/// Gives egui the faces, once for each context; they can be used from the next frame on.
pub(in crate::ui) fn install(ctx: &Context) {
    if ctx.data_mut(|data| std::mem::replace(data.get_temp_mut_or_default::<bool>(asked()), true)) {
        return;
    }
    let mut fonts = FontDefinitions::default();
    // What a face lacks, letters of other scripts for example, comes from egui's own.
    let rest = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for face in FACES {
        let Some(bytes) = ratex_katex_fonts::ttf_bytes(&format!("KaTeX_{face}.ttf")) else { continue };
        let data = match bytes {
            Cow::Borrowed(bytes) => FontData::from_static(bytes),
            Cow::Owned(bytes) => FontData::from_owned(bytes),
        };
        fonts.font_data.insert(face.to_owned(), Arc::new(data));
        let family = std::iter::once(face.to_owned()).chain(rest.iter().cloned()).collect();
        fonts.families.insert(FontFamily::Name(face.into()), family);
    }
    ctx.set_fonts(fonts);
}

/// The families that are bound now. An unbound family must not be asked for: egui panics.
pub(super) fn family(ctx: &Context, face: &str) -> FontFamily {
    let bound = |face: &str| ctx.fonts(|fonts| fonts.definitions().families.contains_key(&FontFamily::Name(face.into())));
    [face, FACES[0]].into_iter().find(|face| bound(face)).map_or(FontFamily::Proportional, |face| FontFamily::Name(face.into()))
}

/// Whether formulas can be painted; where nobody installed the faces they are asked for.
pub(super) fn ready(ctx: &Context) -> bool {
    let ready = family(ctx, FACES[0]) != FontFamily::Proportional;
    if !ready && !ctx.data(|data| data.get_temp::<bool>(asked()).unwrap_or(false)) {
        install(ctx);
        ctx.request_repaint();
    }
    ready
}
