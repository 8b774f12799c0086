//! Pictures without a window: what egui laid out, painted by a device of its own into an image.
//!
//! A [`Picture`] is plain data (triangles and textures), so it can be made on the window's thread in the time of one frame and painted on
//! another thread.

mod mirror;

use std::collections::HashMap;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use eframe::egui_wgpu::{Renderer, RendererOptions, ScreenDescriptor};
use egui::epaint::ImageDelta;
use egui::{ClippedPrimitive, Color32, ColorImage, TextureId};
use image::RgbaImage;

pub use mirror::{Texture, TextureMirror, Textures};

/// Drivers have crashed when devices were made in parallel.
static OPENING: Mutex<()> = Mutex::new(());
/// A software rasteriser may need seconds for a large picture; a driver that hangs must not hang the program.
const PATIENCE: Duration = Duration::from_secs(60);
/// Colours are mixed as in the window: in gamma space.
const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

/// Everything that one picture needs.
#[derive(Clone)]
pub struct Picture {
    /// Triangles with their clip rectangles, in points.
    pub primitives: Vec<ClippedPrimitive>,
    /// Every texture that the triangles may use.
    pub textures: Textures,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Pixels in a point.
    pub pixels_per_point: f32,
    /// What lies below everything.
    pub ground: Color32,
    /// The part that is wanted, in pixels: left, top, width, height; all of it if `None`.
    pub crop: Option<[u32; 4]>,
}

/// A device that paints pictures.
pub struct Painter {
    device: wgpu::Device,
    queue: wgpu::Queue,
    renderer: Renderer,
    /// What the device already has: only what changed is sent again.
    uploaded: HashMap<TextureId, Arc<ColorImage>>,
    max_side: u32,
}

impl Painter {
    /// Opens an adapter, a software rasteriser where there is no other.
    ///
    /// # Errors
    /// A sentence where nothing can paint.
    pub fn open() -> Result<Painter, String> {
        let _alone = OPENING.lock().unwrap_or_else(PoisonError::into_inner);
        pollster::block_on(Painter::request())
    }

    async fn request() -> Result<Painter, String> {
        let no = |reason: String| {
            format!(
                "Expected a graphics driver to paint with (a software one is enough), but {reason}; install Mesa's lavapipe or a driver."
            )
        };
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            backends: wgpu::Backends::from_env().unwrap_or(wgpu::Backends::PRIMARY),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let adapter = instance.request_adapter(&wgpu::RequestAdapterOptions::default()).await.map_err(|e| no(e.to_string()))?;
        let limits = adapter.limits();
        let max_side = limits.max_texture_dimension_2d;
        let descriptor = wgpu::DeviceDescriptor { label: Some("tractable pictures"), required_limits: limits, ..Default::default() };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| no(e.to_string()))?;
        device.on_uncaptured_error(Arc::new(|error: wgpu::Error| tracing::error!("pictures: {error}")));
        let options =
            RendererOptions { msaa_samples: 1, depth_stencil_format: None, dithering: false, predictable_texture_filtering: true };
        let renderer = Renderer::new(&device, FORMAT, options);
        Ok(Painter { device, queue, renderer, uploaded: HashMap::new(), max_side })
    }

    /// Paints a picture.
    ///
    /// # Errors
    /// A sentence: a size that the driver cannot do, a device that was lost.
    pub fn paint(&mut self, picture: &Picture) -> Result<RgbaImage, String> {
        let [width, height] = picture.size;
        if width == 0 || height == 0 || width.max(height) > self.max_side {
            return Err(format!(
                "Expected a picture of 1 to {} pixels a side, found {width}x{height}; choose a smaller size or scale.",
                self.max_side
            ));
        }
        self.upload(&picture.textures);
        let target = self.device.create_texture(&wgpu::TextureDescriptor {
            label: Some("picture"),
            size: wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: FORMAT,
            usage: wgpu::TextureUsages::RENDER_ATTACHMENT | wgpu::TextureUsages::COPY_SRC,
            view_formats: &[],
        });
        self.draw(picture, &target);
        let image = self.read(&target)?;
        Ok(match picture.crop {
            Some([x, y, w, h]) => {
                let (x, y) = (x.min(width - 1), y.min(height - 1));
                image::imageops::crop_imm(&image, x, y, w.clamp(1, width - x), h.clamp(1, height - y)).to_image()
            }
            None => image,
        })
    }

    fn upload(&mut self, textures: &Textures) {
        let gone: Vec<TextureId> = self.uploaded.keys().copied().filter(|id| !textures.contains_key(id)).collect();
        for id in gone {
            self.renderer.free_texture(&id);
            self.uploaded.remove(&id);
        }
        for (id, texture) in textures {
            if self.uploaded.get(id).is_some_and(|have| Arc::ptr_eq(have, &texture.image)) {
                continue;
            }
            let delta = ImageDelta::full(Arc::clone(&texture.image), texture.options);
            self.renderer.update_texture(&self.device, &self.queue, *id, &delta);
            self.uploaded.insert(*id, Arc::clone(&texture.image));
        }
    }

    fn draw(&mut self, picture: &Picture, target: &wgpu::Texture) {
        let screen = ScreenDescriptor { size_in_pixels: picture.size, pixels_per_point: picture.pixels_per_point };
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("picture") });
        let before = self.renderer.update_buffers(&self.device, &self.queue, &mut encoder, &picture.primitives, &screen);
        let view = target.create_view(&wgpu::TextureViewDescriptor::default());
        let [r, g, b, a] = picture.ground.to_normalized_gamma_f32().map(f64::from);
        {
            let mut pass = encoder
                .begin_render_pass(&wgpu::RenderPassDescriptor {
                    label: Some("picture"),
                    color_attachments: &[Some(wgpu::RenderPassColorAttachment {
                        view: &view,
                        resolve_target: None,
                        ops: wgpu::Operations { load: wgpu::LoadOp::Clear(wgpu::Color { r, g, b, a }), store: wgpu::StoreOp::Store },
                        depth_slice: None,
                    })],
                    ..Default::default()
                })
                .forget_lifetime();
            self.renderer.render(&mut pass, &picture.primitives, &screen);
        }
        self.queue.submit(before.into_iter().chain(std::iter::once(encoder.finish())));
    }

    fn read(&self, target: &wgpu::Texture) -> Result<RgbaImage, String> {
        let lost =
            |reason: String| format!("Expected the graphics driver to finish the picture, but {reason}; try again, or a smaller scale.");
        let (width, height) = (target.width(), target.height());
        let row = width * 4;
        // Rows of a copy start at multiples of 256 bytes.
        let padded = row.next_multiple_of(wgpu::COPY_BYTES_PER_ROW_ALIGNMENT);
        let buffer = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("picture bytes"),
            size: u64::from(padded) * u64::from(height),
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("picture bytes") });
        let layout = wgpu::TexelCopyBufferLayout { offset: 0, bytes_per_row: Some(padded), rows_per_image: None };
        encoder.copy_texture_to_buffer(target.as_image_copy(), wgpu::TexelCopyBufferInfo { buffer: &buffer, layout }, target.size());
        let submission = self.queue.submit(std::iter::once(encoder.finish()));
        let (sender, receiver) = channel();
        // The receiver lives until this function returns.
        buffer.slice(..).map_async(wgpu::MapMode::Read, move |mapped| drop(sender.send(mapped)));
        let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        self.device.poll(wait).map_err(|e| lost(e.to_string()))?;
        receiver.recv().map_err(|e| lost(e.to_string()))?.map_err(|e| lost(e.to_string()))?;
        let bytes = buffer.slice(..).get_mapped_range().map_err(|e| lost(e.to_string()))?;
        let pixels = bytes.chunks_exact(padded as usize).flat_map(|line| &line[..row as usize]).copied().collect();
        RgbaImage::from_raw(width, height, pixels).ok_or_else(|| lost("it gave too few bytes".into()))
    }
}
