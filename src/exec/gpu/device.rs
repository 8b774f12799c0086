use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::pipeline::Pipeline;
use super::shader::Shader;
use crate::exec::ExecError;

/// Drivers have crashed when devices were made in parallel.
static OPENING: Mutex<()> = Mutex::new(());

/// Why an adapter is not taken that is no hardware.
const SOFTWARE: &str = "is a software rasteriser";

/// A GPU of our own: instance, device and queue apart from the window's, so that a submit never waits for a frame to be shown.
///
/// Nothing panics when the device fails: what the driver says is kept, and [`GpuDevice::check`] returns it.
pub struct GpuDevice {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    info: wgpu::AdapterInfo,
    limits: wgpu::Limits,
    failure: Arc<Mutex<Option<String>>>,
    pipelines: Mutex<HashMap<Shader, Arc<Pipeline>>>,
}

impl GpuDevice {
    /// Opens the fastest adapter; a software rasteriser where there is no other.
    ///
    /// # Errors
    /// [`ExecError::NoGpu`] with what the driver said.
    pub fn open() -> Result<GpuDevice, ExecError> {
        let _alone = lock(&OPENING);
        pollster::block_on(GpuDevice::request(true))
    }

    /// Opens the fastest adapter if it is a real one. That there is only a software rasteriser is found out once and remembered:
    /// it takes tens of megabytes for every device that is only looked at, and gives not all of them back.
    ///
    /// # Errors
    /// [`ExecError::NoGpu`], also where there is only a software rasteriser.
    pub fn open_hardware() -> Result<GpuDevice, ExecError> {
        static NONE: OnceLock<ExecError> = OnceLock::new();
        let _alone = lock(&OPENING);
        if let Some(error) = NONE.get() {
            return Err(error.clone());
        }
        let opened = pollster::block_on(GpuDevice::request(false));
        match &opened {
            // A real card that could not be opened this time may be opened the next.
            Err(error @ ExecError::NoGpu { reason }) if reason.ends_with(SOFTWARE) => drop(NONE.set(error.clone())),
            _ => {}
        }
        opened
    }

    async fn request(software: bool) -> Result<GpuDevice, ExecError> {
        let no_gpu = |reason: String| ExecError::NoGpu { reason };
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
            // Not OpenGL: its loader talks on standard error, and computes nothing that these do not.
            backends: wgpu::Backends::from_env().unwrap_or(wgpu::Backends::PRIMARY),
            ..wgpu::InstanceDescriptor::new_without_display_handle()
        });
        let wish = wgpu::RequestAdapterOptions { power_preference: wgpu::PowerPreference::HighPerformance, ..Default::default() };
        let adapter = instance.request_adapter(&wish).await.map_err(|e| no_gpu(e.to_string()))?;
        if !software && adapter.get_info().device_type == wgpu::DeviceType::Cpu {
            return Err(no_gpu(format!("{} {SOFTWARE}", adapter.get_info().name)));
        }
        if !adapter.get_downlevel_capabilities().flags.contains(wgpu::DownlevelFlags::COMPUTE_SHADERS) {
            return Err(no_gpu(format!("{} has no compute shaders", adapter.get_info().name)));
        }
        let limits = adapter.limits();
        if limits.max_storage_buffers_per_shader_stage < 7 || limits.max_compute_invocations_per_workgroup < 256 {
            return Err(no_gpu(format!("{} allows kernels too little: 7 buffers and 256 threads are needed", adapter.get_info().name)));
        }
        let descriptor =
            wgpu::DeviceDescriptor { label: Some("tractable executor"), required_limits: limits.clone(), ..Default::default() };
        let (device, queue) = adapter.request_device(&descriptor).await.map_err(|e| no_gpu(e.to_string()))?;

        let failure = Arc::new(Mutex::new(None));
        let (lost, uncaptured) = (Arc::clone(&failure), Arc::clone(&failure));
        device.set_device_lost_callback(move |reason, message| keep_first(&lost, format!("device lost, {reason:?}: {message}")));
        device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| keep_first(&uncaptured, error.to_string())));
        Ok(GpuDevice { device, queue, info: adapter.get_info(), limits, failure, pipelines: Mutex::default() })
    }

    /// Name, driver and kind of the adapter.
    pub fn info(&self) -> &wgpu::AdapterInfo {
        &self.info
    }

    /// What the adapter allows.
    pub fn limits(&self) -> &wgpu::Limits {
        &self.limits
    }

    /// Whether the "GPU" is the processor in disguise: good to prove and to draw, too slow to train.
    pub fn is_software(&self) -> bool {
        self.info.device_type == wgpu::DeviceType::Cpu
    }

    /// The first thing that went wrong since the device was opened, if anything did.
    ///
    /// # Errors
    /// [`ExecError::GpuLost`]: what was computed since cannot be trusted.
    pub fn check(&self) -> Result<(), ExecError> {
        match lock(&self.failure).clone() {
            Some(reason) => Err(ExecError::GpuLost { reason }),
            None => Ok(()),
        }
    }

    /// Takes the device away, as a driver does after a crash or a sleep: for tests of what the program then does.
    pub fn lose(&self) {
        self.device.destroy();
    }

    /// Blocks until the queue is empty (or until one submission is done).
    pub(super) fn wait(&self, submission: Option<wgpu::SubmissionIndex>) -> Result<(), ExecError> {
        let poll = wgpu::PollType::Wait { submission_index: submission, timeout: None };
        self.device.poll(poll).map_err(|e| ExecError::GpuLost { reason: e.to_string() })?;
        self.check()
    }

    /// Runs what may have arrived, without waiting.
    pub(super) fn poll(&self) {
        // A failed poll is a lost device, which its callback has noted.
        let _ = self.device.poll(wgpu::PollType::Poll);
    }

    /// The compiled shader, made at its first use. Compiling takes tens of milliseconds: never on the window's thread.
    pub(super) fn pipeline(&self, shader: Shader) -> Arc<Pipeline> {
        let mut known = lock(&self.pipelines);
        Arc::clone(known.entry(shader).or_insert_with(|| Arc::new(Pipeline::compile(&self.device, shader))))
    }

    /// An empty buffer for so many bytes (at least 16, since a binding must not be empty).
    pub(super) fn buffer(&self, label: &str, bytes: usize, usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, ExecError> {
        let size = (bytes.max(16) as u64).next_multiple_of(4);
        if size > self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size) {
            let allowed = self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size);
            let place = format!("one buffer (`{label}`) of {}", self.info.name);
            return Err(ExecError::TooLarge { needed_mib: (size >> 20) as usize, allowed_mib: (allowed >> 20) as usize, place });
        }
        Ok(self.device.create_buffer(&wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false }))
    }

    /// A buffer that holds these bytes.
    pub(super) fn buffer_with(&self, label: &str, bytes: &[u8], usage: wgpu::BufferUsages) -> Result<wgpu::Buffer, ExecError> {
        let buffer = self.buffer(label, bytes.len(), usage | wgpu::BufferUsages::COPY_DST)?;
        self.queue.write_buffer(&buffer, 0, bytes);
        Ok(buffer)
    }

    /// The first numbers of a buffer; waits for the work that was submitted before.
    pub(super) fn read(&self, buffer: &wgpu::Buffer, elements: usize) -> Result<Vec<f32>, ExecError> {
        let bytes = elements as u64 * 4;
        let usage = wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ;
        let staging =
            self.device.create_buffer(&wgpu::BufferDescriptor { label: Some("read-back"), size: bytes, usage, mapped_at_creation: false });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, bytes);
        self.queue.submit([encoder.finish()]);
        let failure = Arc::clone(&self.failure);
        staging.slice(..).map_async(wgpu::MapMode::Read, move |mapped| {
            if let Err(error) = mapped {
                keep_first(&failure, error.to_string());
            }
        });
        self.wait(None)?;
        let view = staging.slice(..).get_mapped_range().map_err(|e| ExecError::GpuLost { reason: e.to_string() })?;
        Ok(bytemuck::pod_collect_to_vec(&view))
    }
}

/// A poisoned lock holds a cache or a message; both stay usable.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_first(failure: &Mutex<Option<String>>, message: String) {
    tracing::error!("GPU: {message}");
    lock(failure).get_or_insert(message);
}
