/// The shipped weights of a preset, as `scripts/train-presets` made them.
pub(super) fn weights(name: &str) -> Option<&'static [u8]> {
    Some(match name {
        "pixelcnn-small" => include_bytes!("../../presets/pixelcnn-small.safetensors"),
        "pixelcnn-binary" => include_bytes!("../../presets/pixelcnn-binary.safetensors"),
        "pixelcnn" => include_bytes!("../../presets/pixelcnn.safetensors"),
        "pixelcnn-gated" => include_bytes!("../../presets/pixelcnn-gated.safetensors"),
        "stack-prelude" => include_bytes!("../../presets/stack-prelude.safetensors"),
        "realnvp" => include_bytes!("../../presets/realnvp.safetensors"),
        _ => return None,
    })
}
