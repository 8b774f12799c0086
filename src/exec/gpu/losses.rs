use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::device::GpuDevice;

/// Runs in one staging buffer.
const SLOTS: u64 = 64;
/// Loss and "step taken" of one run, in bytes.
const SLOT: u64 = 8;
/// Unread staging buffers while which a part-filled one is left to fill.
const PENDING: usize = 4;

/// A staging buffer that is being filled or read.
struct Page {
    buffer: wgpu::Buffer,
    /// For each run in it: whether it had a loss, whether it had an optimiser step.
    runs: Vec<(bool, bool)>,
    ready: Arc<AtomicBool>,
}

/// Scalars on their way from the device: each run leaves its loss, and whether its optimiser step was taken, in a staging buffer that is
/// mapped when someone asks, and read when it has come. Nobody waits.
#[derive(Default)]
pub(super) struct LossRing {
    filling: Option<Page>,
    pending: VecDeque<Page>,
    free: Vec<wgpu::Buffer>,
    losses: Vec<f32>,
    skipped: usize,
}

impl LossRing {
    /// Copies the scalars of a run at its end. Call [`LossRing::submitted`] when it has been submitted.
    pub(super) fn record(
        &mut self,
        gpu: &GpuDevice,
        encoder: &mut wgpu::CommandEncoder,
        loss: Option<&wgpu::Buffer>,
        applied: Option<&wgpu::Buffer>,
    ) {
        if loss.is_none() && applied.is_none() {
            return;
        }
        let free = &mut self.free;
        let page = self.filling.get_or_insert_with(|| Page {
            buffer: free.pop().unwrap_or_else(|| new_page(gpu)),
            runs: Vec::new(),
            ready: Arc::default(),
        });
        let offset = page.runs.len() as u64 * SLOT;
        if let Some(loss) = loss {
            encoder.copy_buffer_to_buffer(loss, 0, &page.buffer, offset, 4);
        }
        if let Some(applied) = applied {
            encoder.copy_buffer_to_buffer(applied, 0, &page.buffer, offset + 4, 4);
        }
        page.runs.push((loss.is_some(), applied.is_some()));
    }

    /// Sends a full page on its way.
    pub(super) fn submitted(&mut self) {
        if self.filling.as_ref().is_some_and(|page| page.runs.len() as u64 == SLOTS) {
            self.seal();
        }
    }

    /// Takes in what has come.
    fn collect(&mut self, gpu: &GpuDevice) {
        if self.pending.len() < PENDING {
            self.seal();
        }
        gpu.poll();
        while self.pending.front().is_some_and(|page| page.ready.load(Ordering::Acquire)) {
            let Some(page) = self.pending.pop_front() else { break };
            if let Ok(view) = page.buffer.slice(..).get_mapped_range() {
                let values: Vec<f32> = bytemuck::pod_collect_to_vec(&view);
                for (run, slot) in page.runs.iter().zip(values.chunks(2)) {
                    if run.0 {
                        self.losses.push(slot[0]);
                    }
                    if run.1 && slot[1] == 0.0 {
                        self.skipped += 1;
                    }
                }
            }
            page.buffer.unmap();
            self.free.push(page.buffer);
        }
    }

    /// Losses that have come since the last call, oldest first.
    pub(super) fn take_losses(&mut self, gpu: &GpuDevice) -> Vec<f32> {
        self.collect(gpu);
        std::mem::take(&mut self.losses)
    }

    /// Optimiser steps not taken, of the runs that have come since the last call.
    pub(super) fn take_skipped(&mut self, gpu: &GpuDevice) -> usize {
        self.collect(gpu);
        std::mem::take(&mut self.skipped)
    }

    fn seal(&mut self) {
        if let Some(page) = self.filling.take() {
            let ready = Arc::clone(&page.ready);
            // A failed mapping is a lost device: the page stays pending, and the device's own handler has the message.
            page.buffer.slice(..).map_async(wgpu::MapMode::Read, move |mapped| ready.store(mapped.is_ok(), Ordering::Release));
            self.pending.push_back(page);
        }
    }
}

fn new_page(gpu: &GpuDevice) -> wgpu::Buffer {
    gpu.device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("losses"),
        size: SLOTS * SLOT,
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    })
}
