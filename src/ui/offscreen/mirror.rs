//! A copy of every texture that the window uses, so that a picture can be painted elsewhere or written into an SVG.

use std::collections::HashMap;
use std::sync::Arc;

use egui::epaint::{ImageData, ImageDelta};
use egui::{ColorImage, Context, FullOutput, TextureId, TextureOptions, TexturesDelta};

/// Textures by their id.
pub type Textures = HashMap<TextureId, Texture>;

/// One texture, shared with egui where it was sent whole.
#[derive(Clone)]
pub struct Texture {
    /// The pixels.
    pub image: Arc<ColorImage>,
    /// How it is filtered.
    pub options: TextureOptions,
}

/// An egui plugin that follows all changes of textures.
///
/// A pass that was run for a picture only ([`aside`](Self::aside)) takes the changes out of egui that the window has not seen: they are held
/// back here and handed to the window with its own next frame.
#[derive(Default)]
pub struct TextureMirror {
    textures: Textures,
    /// Freed with the last output, whose shapes may still use them.
    freed: Vec<TextureId>,
    aside: bool,
    held: TexturesDelta,
}

impl TextureMirror {
    /// The textures as of the last output.
    #[must_use]
    pub fn textures(&self) -> Textures {
        self.textures.clone()
    }

    /// Says whether the passes that follow are for a picture and not for the window.
    pub fn aside(&mut self, on: bool) {
        self.aside = on;
    }

    fn follow(&mut self, delta: &TexturesDelta) {
        for id in self.freed.drain(..) {
            self.textures.remove(&id);
        }
        for (id, images) in &delta.set {
            for image in images {
                self.change(*id, image);
            }
        }
        self.freed.extend(delta.free.iter().copied());
    }

    fn change(&mut self, id: TextureId, delta: &ImageDelta) {
        let ImageData::Color(image) = &delta.image;
        match (delta.pos, self.textures.get_mut(&id)) {
            (None, _) => drop(self.textures.insert(id, Texture { image: Arc::clone(image), options: delta.options })),
            (Some([left, top]), Some(texture)) => {
                let whole = Arc::make_mut(&mut texture.image);
                let [width, height] = image.size;
                for y in 0..height.min(whole.size[1].saturating_sub(top)) {
                    let width = width.min(whole.size[0].saturating_sub(left));
                    let to = (top + y) * whole.size[0] + left;
                    whole.pixels[to..to + width].copy_from_slice(&image.pixels[y * image.size[0]..][..width]);
                }
            }
            (Some(_), None) => {}
        }
    }
}

impl Drop for TextureMirror {
    fn drop(&mut self) {
        // There is no window left that could want them; egui insists that this is said.
        self.held.clear();
    }
}

impl egui::Plugin for TextureMirror {
    fn debug_name(&self) -> &'static str {
        "tractable textures"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        let newer = std::mem::take(&mut output.textures_delta);
        self.follow(&newer);
        self.held.append(newer);
        if !self.aside {
            output.textures_delta = std::mem::take(&mut self.held);
        }
    }
}
