// Sum or maximum over axes.
//
// A result reads `count` elements. They are dealt out to `chunks` threads, thread j taking elements j, j + chunks, j + 2 chunks, ... in
// order; the partial results are reduced again by the same kernel until one is left. The tree depends on the shapes alone, and no
// atomics are used: the same bits at every run.

const SUM: u32 = 0u;

struct Params {
    // Rows, positions, channels of the result.
    extent: vec4<u32>,
    // Where result o starts reading: (o / y) * z + (o % y) * w; x results in all.
    kept: vec4<u32>,
    // Where its element r lies from there: (r / y) * z + (r % y) * w; x elements in all.
    reduced: vec4<u32>,
    function: u32,
    chunks: u32,
    unused0: u32,
    unused1: u32,
}

@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> x: array<f32>;
// [results], or with several chunks [chunks, results].
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn place(axes: vec4<u32>, i: u32) -> u32 {
    let outer = i / axes.y;
    return outer * axes.z + (i - outer * axes.y) * axes.w;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let part = covered(params.extent);
    let results = elements(part, params.extent);
    for (var job = id.x; job < results * params.chunks; job += groups.x * 64u) {
        let chunk = job / results;
        let o = element_of(part, params.extent, job - chunk * results);
        let start = place(params.kept, o);
        var total = x[start + place(params.reduced, chunk)];
        for (var r = chunk + params.chunks; r < params.reduced.x; r += params.chunks) {
            let value = x[start + place(params.reduced, r)];
            if params.function == SUM {
                total += value;
            } else {
                total = max(total, value);
            }
        }
        y[chunk * params.kept.x + o] = total;
    }
}
