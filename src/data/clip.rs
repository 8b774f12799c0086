//! Clips: one frame a step, as animated PNG (lossless) or GIF (for old slide programs).

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use image::codecs::gif::{GifEncoder, Repeat};
use image::{Delay, Frame, RgbaImage};

use super::DataError;

/// Frames a second.
pub const FRAMES_A_SECOND: u16 = 12;
/// The last frame stays for so many seconds before the clip starts again.
pub const LAST_SECONDS: u16 = 2;
/// GIF has 256 colours a frame; this is how thoroughly they are chosen, 1 (best) to 30.
const GIF_SPEED: i32 = 10;

/// How a clip is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClipFormat {
    /// Animated PNG: every colour exactly; plays in browsers.
    Apng,
    /// GIF: 256 colours a frame.
    Gif,
}

/// A clip that is being written: aside until [`finish`](Self::finish), so that the file appears whole or not at all.
pub struct Clip {
    encoder: Encoder,
    aside: tempfile::NamedTempFile,
    path: std::path::PathBuf,
    size: (u32, u32),
    written: u32,
    count: u32,
}

enum Encoder {
    Apng(Box<png::Writer<BufWriter<File>>>),
    Gif(Box<GifEncoder<BufWriter<File>>>),
}

impl Clip {
    /// Begins a clip of `count` frames of this size.
    ///
    /// # Errors
    /// A folder that is missing, a disk that refuses, no frame.
    pub fn new(path: &Path, format: ClipFormat, (width, height): (u32, u32), count: u32) -> Result<Clip, DataError> {
        let failed = |reason: String| DataError::Write { path: path.to_owned(), reason };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(DataError::NoFolder { path: folder.to_owned() });
        }
        if count == 0 {
            return Err(DataError::Empty);
        }
        let mut builder = tempfile::Builder::new();
        builder.prefix(".tractable-").suffix(".tmp");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let aside = builder.tempfile_in(folder).map_err(|e| failed(e.to_string()))?;
        let file = BufWriter::new(aside.reopen().map_err(|e| failed(e.to_string()))?);
        let encoder = match format {
            ClipFormat::Apng => Encoder::Apng(Box::new(apng(file, width, height, count).map_err(|e| failed(e.to_string()))?)),
            ClipFormat::Gif => {
                let mut encoder = GifEncoder::new_with_speed(file, GIF_SPEED);
                encoder.set_repeat(Repeat::Infinite).map_err(|e| failed(e.to_string()))?;
                Encoder::Gif(Box::new(encoder))
            }
        };
        Ok(Clip { encoder, aside, path: path.to_owned(), size: (width, height), written: 0, count })
    }

    /// Adds the next frame.
    ///
    /// # Errors
    /// A frame of another size or one too many, a disk that refuses.
    pub fn push(&mut self, frame: RgbaImage) -> Result<(), DataError> {
        let failed = |reason: String| DataError::Write { path: self.path.clone(), reason };
        if frame.dimensions() != self.size || self.written == self.count {
            let (width, height) = self.size;
            return Err(DataError::Shape {
                expected: format!("{} frames of {width}x{height} pixels", self.count),
                found: format!("frame {} of {}x{}", self.written + 1, frame.width(), frame.height()),
            });
        }
        self.written += 1;
        let twelfths = if self.written == self.count { LAST_SECONDS * FRAMES_A_SECOND } else { 1 };
        match &mut self.encoder {
            Encoder::Apng(writer) => {
                writer.set_frame_delay(twelfths, FRAMES_A_SECOND).map_err(|e| failed(e.to_string()))?;
                writer.write_image_data(frame.as_raw()).map_err(|e| failed(e.to_string()))
            }
            Encoder::Gif(encoder) => {
                let delay = Delay::from_numer_denom_ms(1000 * u32::from(twelfths), u32::from(FRAMES_A_SECOND));
                encoder.encode_frame(Frame::from_parts(frame, 0, 0, delay)).map_err(|e| failed(e.to_string()))
            }
        }
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// A frame that is missing, a disk that refuses.
    pub fn finish(self) -> Result<(), DataError> {
        let Clip { encoder, aside, path, written, count, .. } = self;
        let failed = |reason: String| DataError::Write { path: path.clone(), reason };
        if written < count {
            return Err(failed(format!("only {written} of {count} frames were made")));
        }
        match encoder {
            Encoder::Apng(writer) => writer.finish().map_err(|e| failed(e.to_string()))?,
            // The trailer is written when the encoder goes.
            Encoder::Gif(encoder) => drop(encoder),
        }
        let mut file = aside.as_file();
        file.flush().and_then(|()| file.sync_all()).map_err(|e| failed(e.to_string()))?;
        aside.persist(&path).map_err(|e| failed(e.to_string()))?;
        Ok(())
    }
}

fn apng(file: BufWriter<File>, width: u32, height: u32, count: u32) -> Result<png::Writer<BufWriter<File>>, png::EncodingError> {
    let mut encoder = png::Encoder::new(file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_animated(count, 0)?;
    encoder.write_header()
}

#[cfg(test)]
mod tests {
    use image::AnimationDecoder;
    use image::codecs::{gif::GifDecoder, png::PngDecoder};
    use std::io::BufReader;

    use super::*;

    fn frames(path: &Path, format: ClipFormat) -> Vec<Frame> {
        let reader = BufReader::new(File::open(path).unwrap());
        match format {
            ClipFormat::Apng => PngDecoder::new(reader).unwrap().apng().unwrap().into_frames().collect_frames().unwrap(),
            ClipFormat::Gif => GifDecoder::new(reader).unwrap().into_frames().collect_frames().unwrap(),
        }
    }

    #[test]
    fn a_clip_read_back_has_its_frames_its_pace_and_its_pause() {
        let folder = tempfile::tempdir().unwrap();
        for (format, name) in [(ClipFormat::Apng, "a.apng"), (ClipFormat::Gif, "a.gif")] {
            let path = folder.path().join(name);
            let mut clip = Clip::new(&path, format, (6, 4), 5).unwrap();
            for i in 0..5u8 {
                assert!(!path.exists(), "nothing is seen before it is whole");
                clip.push(RgbaImage::from_pixel(6, 4, image::Rgba([50 * i, 0, 255 - 50 * i, 255]))).unwrap();
            }
            assert!(clip.push(RgbaImage::new(6, 4)).is_err(), "one too many");
            clip.finish().unwrap();
            let frames = frames(&path, format);
            assert_eq!(frames.len(), 5, "{name}");
            for (i, frame) in frames.iter().enumerate() {
                assert_eq!(frame.buffer().get_pixel(3, 2).0, [50 * i as u8, 0, 255 - 50 * i as u8, 255], "{name}, frame {i}");
            }
            let ms = |i: usize| std::time::Duration::from(frames[i].delay()).as_millis();
            // GIF counts in hundredths of a second.
            assert!((80..=84).contains(&ms(0)), "{name}: {} ms", ms(0));
            assert_eq!(ms(4), 2_000, "{name}");
        }
    }

    #[test]
    fn a_clip_that_stops_early_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("b.gif");
        let mut clip = Clip::new(&path, ClipFormat::Gif, (2, 2), 3).unwrap();
        clip.push(RgbaImage::new(2, 2)).unwrap();
        assert!(clip.finish().is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
