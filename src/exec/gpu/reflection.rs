//! Every composed shader is parsed and validated by naga, and its bindings are compared with their Rust twins.

use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, StorageAccess, TypeInner};

use super::shader::{Access, Shader};
use super::{adam, conv, coupling, dispatch, layout, matmul, pointwise, reduce, softmax, weight_grad};

type Fields = &'static [(&'static str, usize)];

/// The Rust twin of a shader's `Params`: fields and size.
fn twin(shader: Shader) -> (Fields, usize) {
    macro_rules! of {
        ($t:ty) => {
            (<$t>::FIELDS, size_of::<$t>())
        };
    }
    match shader {
        Shader::Pointwise(_) => of!(pointwise::PointwiseParams),
        Shader::Reduce => of!(reduce::ReduceParams),
        Shader::Softmax => of!(softmax::SoftmaxParams),
        Shader::Layout => of!(layout::LayoutParams),
        Shader::Matmul(_) => of!(matmul::MatmulParams),
        Shader::MaskedConv(_) => of!(conv::ConvParams),
        Shader::ConvWeightGrad(_) => of!(weight_grad::WeightGradParams),
        Shader::AffineCoupling(_) => of!(coupling::CouplingParams),
        Shader::Adam => of!(adam::AdamParams),
    }
}

fn parse(shader: Shader) -> naga::Module {
    let source = shader.source();
    naga::front::wgsl::parse_str(&source).unwrap_or_else(|e| panic!("{shader:?}: {}", e.emit_to_string(&source)))
}

fn assert_fields(module: &naga::Module, name: &str, fields: Fields, size: usize) {
    let (_, ty) = module.types.iter().find(|(_, ty)| ty.name.as_deref() == Some(name)).expect("the struct is declared");
    let TypeInner::Struct { members, span } = &ty.inner else { panic!("{name} is not a struct") };
    let found: Vec<(&str, usize)> = members.iter().map(|m| (m.name.as_deref().unwrap_or(""), m.offset as usize)).collect();
    assert_eq!(found, fields, "{name}");
    assert_eq!(*span as usize, size, "{name}");
}

#[test]
fn every_shader_is_valid_without_optional_capabilities() {
    for shader in Shader::all() {
        let module = parse(shader);
        let mut validator = Validator::new(ValidationFlags::all(), Capabilities::empty());
        if let Err(error) = validator.validate(&module) {
            panic!("{shader:?}: {}", error.emit_to_string(&shader.source()));
        }
    }
}

#[test]
fn uniforms_have_the_layout_of_their_twins() {
    for shader in Shader::all() {
        let module = parse(shader);
        let (fields, size) = twin(shader);
        assert_fields(&module, "Params", fields, size);
        assert_fields(&module, "Region", dispatch::RegionUniform::FIELDS, size_of::<dispatch::RegionUniform>());
    }
}

#[test]
fn bindings_are_those_that_the_pipelines_declare() {
    for shader in Shader::all() {
        let module = parse(shader);
        let mut bindings: Vec<(u32, AddressSpace)> =
            module.global_variables.iter().filter_map(|(_, v)| v.binding.map(|b| (b.binding, v.space))).collect();
        bindings.sort_by_key(|&(binding, _)| binding);
        let access = |space: AddressSpace| match space {
            AddressSpace::Storage { access } if access.contains(StorageAccess::STORE) => Access::Write,
            AddressSpace::Storage { .. } => Access::Read,
            other => panic!("{shader:?}: {other:?}"),
        };
        assert!(bindings[..2].iter().all(|b| b.1 == AddressSpace::Uniform), "{shader:?}");
        let storage: Vec<Access> = bindings[2..].iter().map(|b| access(b.1)).collect();
        assert_eq!(storage, shader.storage(), "{shader:?}");
        assert!(storage.len() <= 7, "{shader:?} binds {} storage buffers", storage.len());
        assert!(bindings.iter().map(|b| b.0).eq(0..bindings.len() as u32), "{shader:?} leaves a gap");
    }
}

/// The standard's smallest device gives a workgroup 16 KiB and 256 threads.
#[test]
fn workgroups_fit_the_smallest_device() {
    for shader in Shader::all() {
        let module = parse(shader);
        let layouts = module.global_variables.iter().filter(|(_, v)| v.space == AddressSpace::WorkGroup);
        let bytes: u32 = layouts.map(|(_, v)| module.types[v.ty].inner.size(module.to_ctx())).sum();
        assert!(bytes <= 16_384, "{shader:?}: {bytes} bytes");
        let threads: u32 = module.entry_points[0].workgroup_size.iter().product();
        assert!(threads <= 256, "{shader:?}: {threads} threads");
    }
}
