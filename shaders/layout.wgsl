// Everything that only moves elements: reshape, permute, expand, slice, pad, one operand of a concatenation; and one-hot rows.
//
// The kernel walks over `dims` (the result's shape, or the operand's for a concatenation). At index (i0, i1, i2, i3) it reads
//
//     x[ (i - low) . in_strides + in_offset ]   if low <= i < high on every axis, else 0
//
// and writes y[i . out_strides + out_offset]. A permutation is other strides, an expansion strides of 0, a slice an offset, a pad bounds.

const ONE_HOT: u32 = 1u;

struct Params {
    // Rows, positions, channels of what is walked over.
    extent: vec4<u32>,
    dims: vec4<u32>,
    low: vec4<u32>,
    high: vec4<u32>,
    in_strides: vec4<u32>,
    out_strides: vec4<u32>,
    in_offset: u32,
    out_offset: u32,
    function: u32,
    unused: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let part = covered(params.extent);
    let dims = params.dims;
    for (var job = id.x; job < elements(part, params.extent); job += groups.x * 64u) {
        let e = element_of(part, params.extent, job);
        let e2 = e / dims.w;
        let e1 = e2 / dims.z;
        let e0 = e1 / dims.y;
        let index = vec4(e0, e1 - e0 * dims.y, e2 - e1 * dims.z, e - e2 * dims.w);
        var value = 0.0;
        if all(index >= params.low) && all(index < params.high) {
            let at = (index - params.low) * params.in_strides;
            value = x[at.x + at.y + at.z + at.w + params.in_offset];
        }
        if params.function == ONE_HOT {
            // The operand's number, cut to a whole one, names the class; outside the classes there is none.
            let hot = value > -1.0 && value < f32(dims.w) && index.w == u32(max(value, 0.0));
            value = select(0.0, 1.0, hot);
        }
        let to = index * params.out_strides;
        y[to.x + to.y + to.z + to.w + params.out_offset] = value;
    }
}
