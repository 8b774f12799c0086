use super::shader::{Access, Shader};

/// A compiled kernel and the layout of its one bind group.
pub(super) struct Pipeline {
    pub(super) pipeline: wgpu::ComputePipeline,
    pub(super) layout: wgpu::BindGroupLayout,
}

impl Pipeline {
    /// Compiles a shader. A mistake in it comes out of the device's error handler, and of a test that validates every shader.
    pub(super) fn compile(device: &wgpu::Device, shader: Shader) -> Pipeline {
        let label = format!("{shader:?}");
        let source = wgpu::ShaderSource::Wgsl(shader.source().into());
        let module = device.create_shader_module(wgpu::ShaderModuleDescriptor { label: Some(&label), source });
        let uniform = |dynamic| buffer_entry(wgpu::BufferBindingType::Uniform, dynamic);
        let storage = |access: &Access| buffer_entry(wgpu::BufferBindingType::Storage { read_only: *access == Access::Read }, false);
        let entries: Vec<wgpu::BindGroupLayoutEntry> = [uniform(true), uniform(false)]
            .into_iter()
            .chain(shader.storage().iter().map(storage))
            .zip(0..)
            .map(|(entry, binding)| wgpu::BindGroupLayoutEntry { binding, ..entry })
            .collect();
        let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(&label), entries: &entries });
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&label),
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&label),
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            // Every tile in workgroup memory is written before it is read.
            compilation_options: wgpu::PipelineCompilationOptions { zero_initialize_workgroup_memory: false, ..Default::default() },
            cache: None,
        });
        Pipeline { pipeline, layout }
    }
}

fn buffer_entry(ty: wgpu::BufferBindingType, has_dynamic_offset: bool) -> wgpu::BindGroupLayoutEntry {
    wgpu::BindGroupLayoutEntry {
        binding: 0,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
        count: None,
    }
}
