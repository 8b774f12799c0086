use std::sync::Arc;

use crate::autoregressive::causal_stack::{self, Config};
use crate::data::{Melody, Sheet, noise};
use crate::exec::sampler::{CpuSampler, Trajectory};
use crate::graph::causal::Order;
use crate::train::Weights;

/// Pixels of a step and of a semitone in a piano roll, and the gap between two rolls.
const STEP: usize = 12;
const SEMITONE: usize = 5;
const GAP: usize = 10;
const GROUND: [u8; 3] = [14, 18, 28];
const NOTE: [u8; 3] = [63, 201, 184];
/// Bars of a melody are told apart by their ground.
const BAR: [u8; 3] = [26, 32, 48];

/// Draws `count` sequences at once; sequence i has noise of its own.
pub(super) fn draw(config: &Config, weights: &Weights, count: usize, seed: u64, temperature: f32) -> anyhow::Result<Trajectory> {
    let (graph, nodes) = causal_stack::evaluation(config, count)?;
    let graph = Arc::new(graph);
    let mut sampler = CpuSampler::new(&graph, nodes.levels, nodes.logits, Order::raster(config.length), 1)?;
    weights.write_to(sampler.session(), &graph)?;
    let u: Vec<f32> = (0..count as u64).flat_map(|i| noise::uniforms(seed, i, config.length)).collect();
    sampler.start(&u, temperature);
    Ok(sampler.finish().clone())
}

/// Piano rolls, one above the other: time to the right, pitch upwards.
pub(super) fn rolls(drawn: &Trajectory, levels: usize) -> Sheet {
    let (width, tall) = (drawn.positions * STEP, levels * SEMITONE + GAP);
    let height = (tall * drawn.batch).saturating_sub(GAP).max(1);
    let mut sheet = Sheet { width, height, rgb: GROUND.repeat(width * height) };
    for sequence in 0..drawn.batch {
        for (t, &level) in drawn.image(sequence).iter().enumerate() {
            let top = sequence * tall;
            if t / crate::data::melody::BAR % 2 == 1 {
                fill(&mut sheet, [t * STEP, top], [STEP, levels * SEMITONE], BAR);
            }
            let row = levels - 1 - usize::from(level).min(levels - 1);
            fill(&mut sheet, [t * STEP, top + row * SEMITONE], [STEP - 1, SEMITONE], NOTE);
        }
    }
    sheet
}

fn fill(sheet: &mut Sheet, [left, top]: [usize; 2], [width, height]: [usize; 2], color: [u8; 3]) {
    for y in top..top + height {
        let start = 3 * (y * sheet.width + left);
        sheet.rgb[start..start + 3 * width].chunks_exact_mut(3).for_each(|pixel| pixel.copy_from_slice(&color));
    }
}

/// One row a step: its sequence, its number, the symbol, the MIDI pitch, its price in nats.
pub(super) fn table(drawn: &Trajectory, melody: &Melody) -> String {
    let mut table = String::from("sequence,step,symbol,midi_pitch,nats\n");
    for (index, (&level, nats)) in drawn.levels.iter().zip(&drawn.nats).enumerate() {
        let (sequence, step) = (index / drawn.positions, index % drawn.positions);
        let pitch = u16::from(melody.lowest) + level;
        table += &format!("{sequence},{step},{level},{pitch},{nats}\n");
    }
    table
}
