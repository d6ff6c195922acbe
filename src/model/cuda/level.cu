// One level of the model on a GPU: a bidirectional LSTM and attention over its outputs, for all
// groups at once, forward and backward. The formulas and the order of gates (i, f, g, o) are those of
// src/model/kernel/; src/model/cuda/plan.rs says which kernel runs when, with which grid.
//
// Memory, all f32, row-major. G genes, T steps, I inputs, H hidden units, gd = 2 × group + direction.
// Steps are in the order of processing: the reverse direction starts at the last time.
//   x         [gene, group, time, input]
//   weights   [group, flat], flat = two directions of (weight_ih [4H, I], weight_hh [4H, H], bias_ih
//             [4H], bias_hh [4H]), then the context vector [2H]
//   out       [gene, group, 2H + T]: contexts, then attention over time
//   gates     [gd, step, gene, 4H]: sums (`project`), then gates (`forward_*`), then gradients of the
//             sums (`backward_*`)
//   cells, hidden   [gd, step, gene, H]: after each step
//
// Every sum has a fixed order and nothing is atomic: the same inputs give the same bytes on one GPU.

typedef unsigned long long u64;

#ifndef DYNAMIC_SHARED  // the test that runs this file on a CPU has another
#define DYNAMIC_SHARED(name) extern __shared__ float name[]
#endif

// Dropout as in src/model/kernel/stash.rs, so that CPU and GPU drop the same units: a hash of key,
// model, block of 16 genes, group and direction, step, unit (padded to fours) and gene of the block.
struct Drop {
    u64 key;
    unsigned limit;  // of the hash, below which a unit is dropped; 0: no dropout
    float kept;      // factor of the others
};

__device__ inline u64 drop_key(u64 key, int gene, int groups, int gd) {
    u64 task = (u64)(gene / 16) * groups + gd / 2;
    return key + (2 * task + gd % 2) * 0xd1b54a32d192ed03ull;
}

__device__ inline float drop_factor(Drop drop, int gene, int step, int unit, int hidden_units) {
    u64 units = (hidden_units + 3) / 4 * 4;
    u64 z = (drop.key + (step * units + unit) * 16 + gene % 16) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (unsigned)((z ^ (z >> 31)) >> 32) < drop.limit ? 0.0f : drop.kept;
}

// Neither overflows to a NaN: e^x may be 0 or infinite.
__device__ inline float sigmoid(float x) { return __fdividef(1.0f, 1.0f + __expf(-x)); }
__device__ inline float tangent(float x) { return 1.0f - __fdividef(2.0f, 1.0f + __expf(2.0f * x)); }

// Weights of one direction.
struct Direction {
    const float *input, *recurrent, *bias_1, *bias_2;
};

__device__ inline size_t direction_length(int inputs, int hidden_units) {
    return (size_t)4 * hidden_units * (inputs + hidden_units + 2);
}

__device__ inline const float *group_weights(const float *weights, int group, int inputs, int hidden_units) {
    return weights + group * (2 * direction_length(inputs, hidden_units) + 2 * hidden_units);
}

__device__ inline Direction direction_weights(const float *weights, int gd, int inputs, int hidden_units) {
    Direction at;
    at.input = group_weights(weights, gd / 2, inputs, hidden_units) + gd % 2 * direction_length(inputs, hidden_units);
    at.recurrent = at.input + (size_t)4 * hidden_units * inputs;
    at.bias_1 = at.recurrent + (size_t)4 * hidden_units * hidden_units;
    at.bias_2 = at.bias_1 + 4 * hidden_units;
    return at;
}

__device__ inline const float *context_vector(const float *weights, int group, int inputs, int hidden_units) {
    return group_weights(weights, group, inputs, hidden_units) + 2 * direction_length(inputs, hidden_units);
}

__device__ inline int time_of(int step, int direction, int steps) { return direction == 0 ? step : steps - 1 - step; }

// gates = weight_ih · x + biases, for all steps at once. Grid: (8 positions of step and gene, gd, 128 rows).
extern "C" __global__ void __launch_bounds__(128)
project(const float *x, const float *weights, float *gates, int genes, int groups, int steps, int inputs,
        int hidden_units) {
    __shared__ float staged[8][32];
    const int gd = blockIdx.y, group = gd / 2, row = blockIdx.z * 128 + threadIdx.x, rows = 4 * hidden_units;
    const size_t positions = (size_t)steps * genes, first = (size_t)blockIdx.x * 8;
    const Direction at = direction_weights(weights, gd, inputs, hidden_units);
    const bool mine = row < rows;
    float sums[8];
    for (int p = 0; p < 8; p++) sums[p] = mine ? at.bias_1[row] + at.bias_2[row] : 0.0f;
    for (int start = 0; start < inputs; start += 32) {
        __syncthreads();
        for (int at_once = threadIdx.x; at_once < 256; at_once += 128) {
            const int p = at_once / 32, input = start + at_once % 32;
            const size_t position = first + p;
            float value = 0.0f;
            if (position < positions && input < inputs) {
                const int step = position / genes, gene = position % genes, time = time_of(step, gd % 2, steps);
                value = x[(((size_t)gene * groups + group) * steps + time) * inputs + input];
            }
            staged[p][at_once % 32] = value;
        }
        __syncthreads();
        const int count = min(32, inputs - start);
        for (int k = 0; mine && k < count; k++) {
            const float weight = at.input[(size_t)row * inputs + start + k];
            for (int p = 0; p < 8; p++) sums[p] += weight * staged[p][k];
        }
    }
    for (int p = 0; mine && p < 8; p++) {
        if (first + p < positions) gates[((size_t)gd * positions + first + p) * rows + row] = sums[p];
    }
}

// All steps of one direction, H hidden units: H lanes are one gene, a lane is one unit with its four
// rows of weight_hh in registers, and hidden states pass through shared memory within the warp, so
// that no step waits for another warp. Grid: (128 / H genes, gd).
template <int H, bool PROJECTED>
__device__ inline void forward(const float *x, const float *weights, float *gates, float *cells, float *hidden,
                               int genes, int groups, int steps, int inputs, int keep) {
    constexpr int GENES = 128 / H;
    __shared__ float4 shared[2][GENES][H / 4];
    const int slot = threadIdx.x / H, unit = threadIdx.x % H;
    const int gd = blockIdx.y, group = gd / 2, direction = gd % 2;
    const int wanted = blockIdx.x * GENES + slot;
    // a lane without a gene of its own repeats the last one and stores nothing
    const bool mine = wanted < genes;
    const int gene = mine ? wanted : genes - 1;
    const Direction at = direction_weights(weights, gd, inputs, H);
    float w[4][H], w_input[4], bias[4];
#pragma unroll
    for (int gate = 0; gate < 4; gate++) {
        const int row = gate * H + unit;
#pragma unroll
        for (int k = 0; k < H / 4; k++) {
            const float *from = at.recurrent + row * H + 4 * k;
            w[gate][4 * k] = from[0];
            w[gate][4 * k + 1] = from[1];
            w[gate][4 * k + 2] = from[2];
            w[gate][4 * k + 3] = from[3];
        }
        w_input[gate] = PROJECTED ? 0.0f : at.input[row];
        bias[gate] = PROJECTED ? 0.0f : at.bias_1[row] + at.bias_2[row];
    }
    ((float *)shared[0][slot])[unit] = 0.0f;
    __syncwarp();

    // the next step is read while this one is computed
    const float *x_next = x + ((size_t)gene * groups + group) * steps + (direction == 0 ? 0 : steps - 1);
    const ptrdiff_t x_stride = direction == 0 ? 1 : -1;
    const size_t first = (size_t)gd * steps * genes + gene;
    float *gates_at = gates + first * 4 * H + unit, *cells_at = cells + first * H + unit;
    float *hidden_at = hidden + first * H + unit;
    const int gates_stride = genes * 4 * H, stride = genes * H;
    float ahead[4] = {0.0f, 0.0f, 0.0f, 0.0f};
    if (PROJECTED) {
#pragma unroll
        for (int gate = 0; gate < 4; gate++) ahead[gate] = gates_at[gate * H];
    } else {
        ahead[0] = *x_next;
    }
    float cell = 0.0f;
    for (int step = 0; step < steps; step++) {
        float sums[4];
#pragma unroll
        for (int gate = 0; gate < 4; gate++) {
            sums[gate] = PROJECTED ? ahead[gate] : fmaf(w_input[gate], ahead[0], bias[gate]);
        }
        if (step + 1 < steps) {
            if (PROJECTED) {
#pragma unroll
                for (int gate = 0; gate < 4; gate++) ahead[gate] = gates_at[gates_stride + gate * H];
            } else {
                x_next += x_stride;
                ahead[0] = *x_next;
            }
        }
        const float4 *before = shared[step % 2][slot];
#pragma unroll
        for (int k = 0; k < H / 4; k++) {
            const float4 h = before[k];
#pragma unroll
            for (int gate = 0; gate < 4; gate++) {
                sums[gate] = fmaf(w[gate][4 * k], h.x, sums[gate]);
                sums[gate] = fmaf(w[gate][4 * k + 1], h.y, sums[gate]);
                sums[gate] = fmaf(w[gate][4 * k + 2], h.z, sums[gate]);
                sums[gate] = fmaf(w[gate][4 * k + 3], h.w, sums[gate]);
            }
        }
        const float i = sigmoid(sums[0]), f = sigmoid(sums[1]), g = tangent(sums[2]), o = sigmoid(sums[3]);
        cell = f * cell + i * g;
        const float h = o * tangent(cell);
        ((float *)shared[(step + 1) % 2][slot])[unit] = h;
        if (mine) {
            *hidden_at = h;
            if (keep) {
                gates_at[0] = i;
                gates_at[H] = f;
                gates_at[2 * H] = g;
                gates_at[3 * H] = o;
                *cells_at = cell;
            }
        }
        hidden_at += stride;
        cells_at += stride;
        gates_at += gates_stride;
        __syncwarp();
    }
}

#define FORWARD(H, name, PROJECTED)                                                                              \
    extern "C" __global__ void __launch_bounds__(128, H == 32 ? 3 : 4)                                           \
    name(const float *x, const float *weights, float *gates, float *cells, float *hidden, int genes, int groups, \
         int steps, int inputs, int keep) {                                                                      \
        forward<H, PROJECTED>(x, weights, gates, cells, hidden, genes, groups, steps, inputs, keep);             \
    }
FORWARD(32, forward_32, false)
FORWARD(32, forward_32_projected, true)
FORWARD(16, forward_16, false)
FORWARD(16, forward_16_projected, true)

// Any number of hidden units, weights read from the caches. `transposed` is weight_hh^T, [gd, H, 4H],
// so that neighbouring lanes read neighbouring weights. Shared memory: 6 × H floats. Grid: (2 genes, gd).
extern "C" __global__ void transpose(const float *weights, float *transposed, int inputs, int hidden_units) {
    const int gd = blockIdx.y, at = blockIdx.x * blockDim.x + threadIdx.x, rows = 4 * hidden_units;
    if (at >= rows * hidden_units) return;
    const int column = at / rows, row = at % rows;
    transposed[(size_t)gd * rows * hidden_units + at] =
        direction_weights(weights, gd, inputs, hidden_units).recurrent[(size_t)row * hidden_units + column];
}

extern "C" __global__ void __launch_bounds__(256)
forward_any(const float *transposed, float *gates, float *cells, float *hidden, int genes, int steps,
            int hidden_units, int keep) {
    DYNAMIC_SHARED(shared_any);
    const int H = hidden_units, gd = blockIdx.y, first_gene = blockIdx.x * 2;
    const int count = min(2, genes - first_gene);
    float *cell = shared_any + 4 * H;
    for (int at = threadIdx.x; at < 6 * H; at += blockDim.x) shared_any[at] = 0.0f;
    __syncthreads();
    const float *w = transposed + (size_t)gd * 4 * H * H;
    for (int step = 0; step < steps; step++) {
        const float *before = shared_any + step % 2 * 2 * H;
        float *after = shared_any + (step + 1) % 2 * 2 * H;
        const size_t position = ((size_t)gd * steps + step) * genes + first_gene;
        for (int unit = threadIdx.x; unit < H; unit += blockDim.x) {
            float sums[2][4];
            for (int n = 0; n < 2; n++) {
                for (int gate = 0; gate < 4; gate++) {
                    sums[n][gate] = n < count ? gates[(position + n) * 4 * H + gate * H + unit] : 0.0f;
                }
            }
            for (int k = 0; k < H; k++) {
                for (int gate = 0; gate < 4; gate++) {
                    const float weight = w[(size_t)k * 4 * H + gate * H + unit];
                    sums[0][gate] = fmaf(weight, before[k], sums[0][gate]);
                    sums[1][gate] = fmaf(weight, before[H + k], sums[1][gate]);
                }
            }
            for (int n = 0; n < count; n++) {
                const float i = sigmoid(sums[n][0]), f = sigmoid(sums[n][1]);
                const float g = tangent(sums[n][2]), o = sigmoid(sums[n][3]);
                const float c = f * cell[n * H + unit] + i * g, h = o * tangent(c);
                cell[n * H + unit] = c;
                after[n * H + unit] = h;
                hidden[(position + n) * H + unit] = h;
                if (keep) {
                    float *to = gates + (position + n) * 4 * H + unit;
                    to[0] = i;
                    to[H] = f;
                    to[2 * H] = g;
                    to[3 * H] = o;
                    cells[(position + n) * H + unit] = c;
                }
            }
        }
        __syncthreads();
    }
}

__device__ inline float warp_sum(float value) {
    for (int width = 16; width > 0; width /= 2) value += __shfl_xor_sync(0xffffffffu, value, width);
    return value;
}

// Sum over the 128 threads of a block, the same in each.
__device__ inline float block_sum(float value, float *shared) {
    value = warp_sum(value);
    __syncthreads();
    if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
    __syncthreads();
    return (shared[0] + shared[1]) + (shared[2] + shared[3]);
}

// Output of one unit (0 to 2H: both directions) at a time, after dropout.
struct Outputs {
    const float *hidden;
    int genes, groups, steps, hidden_units, gene, group;
    Drop forward, reverse;

    __device__ inline float at(int time, int unit) const {
        const int direction = unit >= hidden_units, step = time_of(time, direction, steps);
        unit -= direction * hidden_units;
        const size_t position = ((size_t)(2 * group + direction) * steps + step) * genes + gene;
        const float h = hidden[position * hidden_units + unit];
        if (forward.limit == 0) return h;
        return h * drop_factor(direction == 0 ? forward : reverse, gene, step, unit, hidden_units);
    }
};

// `keys` has one key a model; groups are counted within the model, so that a model drops the same
// units alone and among others.
__device__ inline Drop drop_of(const u64 *keys, unsigned limit, float kept, int groups_per_model, int gene, int gd) {
    Drop drop = {0, limit, kept};
    if (limit != 0) {
        const int model = gd / 2 / groups_per_model, within = gd - 2 * model * groups_per_model;
        drop.key = drop_key(keys[model], gene, groups_per_model, within);
    }
    return drop;
}

__device__ inline Outputs outputs_of(const float *hidden, const u64 *keys, unsigned limit, float kept,
                                     int groups_per_model, int genes, int groups, int steps, int hidden_units) {
    Outputs outputs = {hidden, genes, groups, steps, hidden_units, (int)blockIdx.x, (int)blockIdx.y, {}, {}};
    outputs.forward = drop_of(keys, limit, kept, groups_per_model, outputs.gene, 2 * outputs.group);
    outputs.reverse = drop_of(keys, limit, kept, groups_per_model, outputs.gene, 2 * outputs.group + 1);
    return outputs;
}

// Attention over time = softmax of <context vector, output>; context = mean of the outputs under it.
// Grid: (gene, group), a warp a time.
extern "C" __global__ void __launch_bounds__(128)
attend(const float *hidden, const float *weights, const u64 *keys, float *out, int genes, int groups, int steps,
       int inputs, int hidden_units, unsigned limit, float kept, int groups_per_model) {
    __shared__ float shared[4];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, width = 2 * hidden_units;
    const Outputs outputs =
        outputs_of(hidden, keys, limit, kept, groups_per_model, genes, groups, steps, hidden_units);
    const float *vector = context_vector(weights, outputs.group, inputs, hidden_units);
    float *context = out + ((size_t)outputs.gene * groups + outputs.group) * (width + steps);
    float *attention = context + width;
    for (int time = warp; time < steps; time += 4) {
        float score = 0.0f;
        for (int unit = lane; unit < width; unit += 32) score = fmaf(vector[unit], outputs.at(time, unit), score);
        score = warp_sum(score);
        if (lane == 0) attention[time] = score;
    }
    __syncthreads();
    float largest = -3.402823466e+38f;
    for (int time = threadIdx.x; time < steps; time += 128) largest = fmaxf(largest, attention[time]);
    for (int width = 16; width > 0; width /= 2) {
        largest = fmaxf(largest, __shfl_xor_sync(0xffffffffu, largest, width));
    }
    if (lane == 0) shared[warp] = largest;
    __syncthreads();
    largest = fmaxf(fmaxf(shared[0], shared[1]), fmaxf(shared[2], shared[3]));
    float total = 0.0f;
    for (int time = threadIdx.x; time < steps; time += 128) {
        const float weight = __expf(attention[time] - largest);
        attention[time] = weight;
        total += weight;
    }
    total = block_sum(total, shared);
    for (int time = threadIdx.x; time < steps; time += 128) attention[time] /= total;
    __syncthreads();
    for (int unit = threadIdx.x; unit < width; unit += 128) {
        float sum = 0.0f;
        for (int time = 0; time < steps; time++) sum = fmaf(attention[time], outputs.at(time, unit), sum);
        context[unit] = sum;
    }
}

// From the gradient of `out` to that of the scores, [group, gene, time, 2] (the attention, which
// the backward pass needs beside it, first), and each gene's part of the context vector's, [group, gene, 2H]. Grid: (gene, group).
extern "C" __global__ void __launch_bounds__(128)
attend_backward(const float *hidden, const u64 *keys, const float *out, const float *out_gradient,
                float2 *score_gradient, float *vector_gradient, int genes, int groups, int steps, int hidden_units,
                unsigned limit, float kept, int groups_per_model) {
    __shared__ float shared[4];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32, width = 2 * hidden_units;
    const Outputs outputs =
        outputs_of(hidden, keys, limit, kept, groups_per_model, genes, groups, steps, hidden_units);
    const size_t row = ((size_t)outputs.gene * groups + outputs.group) * (width + steps);
    const float *attention = out + row + width, *context_gradient = out_gradient + row;
    const size_t gene_of_group = (size_t)outputs.group * genes + outputs.gene;
    float2 *scores = score_gradient + gene_of_group * steps;
    for (int time = warp; time < steps; time += 4) {
        float sum = 0.0f;
        for (int unit = lane; unit < width; unit += 32) {
            sum = fmaf(context_gradient[unit], outputs.at(time, unit), sum);
        }
        sum = warp_sum(sum);
        if (lane == 0) scores[time].y = context_gradient[width + time] + sum;
    }
    __syncthreads();
    float mean = 0.0f;
    for (int time = threadIdx.x; time < steps; time += 128) {
        mean = fmaf(attention[time], scores[time].y, mean);
    }
    mean = block_sum(mean, shared);
    for (int time = threadIdx.x; time < steps; time += 128) {
        scores[time] = make_float2(attention[time], attention[time] * (scores[time].y - mean));
    }
    __syncthreads();
    for (int unit = threadIdx.x; unit < width; unit += 128) {
        float sum = 0.0f;
        for (int time = 0; time < steps; time++) sum = fmaf(scores[time].y, outputs.at(time, unit), sum);
        vector_gradient[gene_of_group * width + unit] = sum;
    }
}

// Gradients of the four gate sums of one unit at one step; updates the gradient of the cell state.
struct GateGradients {
    float i, f, g, o;
};

__device__ inline GateGradients gate_gradients(float i, float f, float g, float o, float cell, float cell_before,
                                               float hidden, float &cell_gradient) {
    const float t = tangent(cell);
    const float c = cell_gradient + hidden * o * (1.0f - t * t);
    cell_gradient = c * f;
    return {c * g * i * (1.0f - i), c * cell_before * f * (1.0f - f), c * i * (1.0f - g * g), hidden * t * o * (1.0f - o)};
}

// Backward through all steps of one direction, laid out as `forward`. A lane sums four columns of
// weight_hh^T over the rows of one gate; three shuffles add the gates and leave each lane its unit.
template <int H>
__device__ inline void backward(const float *weights, const u64 *keys, float *gates, const float *cells,
                                const float *out_gradient, const float2 *score_gradient, int genes,
                                int groups, int steps, int inputs, unsigned limit, float kept,
                                int groups_per_model) {
    constexpr int GENES = 128 / H, PADDED = H + 4;  // the padding keeps the gates in different banks
    __shared__ float4 shared[2][GENES][PADDED];
    const int slot = threadIdx.x / H, unit = threadIdx.x % H;
    const int gd = blockIdx.y, group = gd / 2, direction = gd % 2;
    const int wanted = blockIdx.x * GENES + slot;
    const bool mine = wanted < genes;
    const int gene = mine ? wanted : genes - 1;
    const int gate = unit / (H / 4), column = unit % (H / 4);
    const Direction at = direction_weights(weights, gd, inputs, H);
    float w[4][H];
#pragma unroll
    for (int k = 0; k < H; k++) {
#pragma unroll
        for (int j = 0; j < 4; j++) w[j][k] = at.recurrent[(gate * H + k) * H + column + H / 4 * j];
    }
    const Drop drop = drop_of(keys, limit, kept, groups_per_model, gene, gd);
    const float vector = context_vector(weights, group, inputs, H)[direction * H + unit];
    const size_t row = ((size_t)gene * groups + group) * (2 * H + steps);
    const float context_gradient = out_gradient[row + direction * H + unit];
    const float2 *scores = score_gradient + ((size_t)group * genes + gene) * steps;
    // one index in place of two pointers: registers are scarce
    unsigned position = ((unsigned)gd * steps + steps - 1) * genes + gene;
    float *gates_at = gates + (size_t)position * 4 * H + unit;
    cells += unit;

    float i = gates_at[0], f = gates_at[H], g = gates_at[2 * H], o = gates_at[3 * H], cell = cells[(size_t)position * H];
    float hidden_gradient = 0.0f, cell_gradient = 0.0f;
    for (int step = steps - 1; step >= 0; step--) {
        const int time = time_of(step, direction, steps);
        const float cell_before = step > 0 ? cells[(size_t)(position - genes) * H] : 0.0f;
        const float2 score = scores[time];
        float output = score.x * context_gradient + score.y * vector;
        if (limit != 0) output *= drop_factor(drop, gene, step, unit, H);
        const GateGradients d = gate_gradients(i, f, g, o, cell, cell_before, hidden_gradient + output, cell_gradient);
        float *to = (float *)shared[step % 2][slot] + unit;
        to[0] = d.i;
        to[PADDED] = d.f;
        to[2 * PADDED] = d.g;
        to[3 * PADDED] = d.o;
        if (mine) {
            gates_at[0] = d.i;
            gates_at[H] = d.f;
            gates_at[2 * H] = d.g;
            gates_at[3 * H] = d.o;
        }
        if (step == 0) break;
        __syncwarp();
        // the next step is read while this one is computed
        position -= genes;
        gates_at = gates + (size_t)position * 4 * H + unit;
        i = gates_at[0];
        f = gates_at[H];
        g = gates_at[2 * H];
        o = gates_at[3 * H];
        cell = cell_before;
        float sums[4] = {0.0f, 0.0f, 0.0f, 0.0f};
        const float4 *from = shared[step % 2][slot] + gate * (PADDED / 4);
#pragma unroll
        for (int k = 0; k < H / 4; k++) {
            const float4 d = from[k];
#pragma unroll
            for (int j = 0; j < 4; j++) {
                sums[j] = fmaf(w[j][4 * k], d.x, sums[j]);
                sums[j] = fmaf(w[j][4 * k + 1], d.y, sums[j]);
                sums[j] = fmaf(w[j][4 * k + 2], d.z, sums[j]);
                sums[j] = fmaf(w[j][4 * k + 3], d.w, sums[j]);
            }
        }
        const bool upper = gate & 2, odd = gate & 1;
        float even_sum = upper ? sums[2] : sums[0], odd_sum = upper ? sums[3] : sums[1];
        even_sum += __shfl_xor_sync(0xffffffffu, upper ? sums[0] : sums[2], H / 2);
        odd_sum += __shfl_xor_sync(0xffffffffu, upper ? sums[1] : sums[3], H / 2);
        hidden_gradient = (odd ? odd_sum : even_sum);
        hidden_gradient += __shfl_xor_sync(0xffffffffu, odd ? even_sum : odd_sum, H / 4);
    }
}

#define BACKWARD(H, name)                                                                                         \
    extern "C" __global__ void __launch_bounds__(128, H == 32 ? 3 : 4)                                            \
    name(const float *weights, const u64 *keys, float *gates, const float *cells, const float *out_gradient,      \
         const float2 *score_gradient, int genes, int groups, int steps, int inputs, unsigned limit, float kept,  \
         int groups_per_model) {                                                                                  \
        backward<H>(weights, keys, gates, cells, out_gradient, score_gradient, genes, groups, steps, inputs,      \
                    limit, kept, groups_per_model);                                                               \
    }
BACKWARD(32, backward_32)
BACKWARD(16, backward_16)

// Any number of hidden units. Shared memory: 12 × H floats. Grid: (2 genes, gd).
extern "C" __global__ void __launch_bounds__(256, 2)
backward_any(const float *weights, const u64 *keys, float *gates, const float *cells,
             const float *out_gradient, const float2 *score_gradient, int genes, int groups, int steps, int inputs,
             int hidden_units, unsigned limit, float kept, int groups_per_model) {
    DYNAMIC_SHARED(shared_any);
    const int H = hidden_units, gd = blockIdx.y, group = gd / 2, direction = gd % 2, first_gene = blockIdx.x * 2;
    const int count = min(2, genes - first_gene);
    float *gradients = shared_any, *hidden_gradient = gradients + 8 * H, *cell_gradient = hidden_gradient + 2 * H;
    for (int at = threadIdx.x; at < 12 * H; at += blockDim.x) shared_any[at] = 0.0f;
    __syncthreads();
    const float *w = direction_weights(weights, gd, inputs, H).recurrent;
    const float *vector = context_vector(weights, group, inputs, H) + direction * H;
    // both genes are of one block of 16
    const Drop drop = drop_of(keys, limit, kept, groups_per_model, first_gene, gd);
    for (int step = steps - 1; step >= 0; step--) {
        const int time = time_of(step, direction, steps);
        for (int n = 0; n < count; n++) {
            const int gene = first_gene + n;
            const size_t row = ((size_t)gene * groups + group) * (2 * H + steps);
            const float2 score = score_gradient[((size_t)group * genes + gene) * steps + time];
            const size_t position = ((size_t)gd * steps + step) * genes + gene;
            for (int unit = threadIdx.x; unit < H; unit += blockDim.x) {
                float output = score.x * out_gradient[row + direction * H + unit] + score.y * vector[unit];
                if (limit != 0) output *= drop_factor(drop, gene, step, unit, H);
                float *at = gates + position * 4 * H + unit;
                const float *cell = cells + position * H + unit;
                const float cell_before = step > 0 ? *(cell - (size_t)genes * H) : 0.0f;
                const GateGradients d =
                    gate_gradients(at[0], at[H], at[2 * H], at[3 * H], *cell, cell_before,
                                   hidden_gradient[n * H + unit] + output, cell_gradient[n * H + unit]);
                float *to = gradients + n * 4 * H + unit;
                to[0] = at[0] = d.i;
                to[H] = at[H] = d.f;
                to[2 * H] = at[2 * H] = d.g;
                to[3 * H] = at[3 * H] = d.o;
            }
        }
        __syncthreads();
        for (int unit = threadIdx.x; unit < H; unit += blockDim.x) {
            float sums[2] = {0.0f, 0.0f};
            for (int r = 0; r < 4 * H; r++) {
                const float weight = w[(size_t)r * H + unit];
                sums[0] = fmaf(weight, gradients[r], sums[0]);
                sums[1] = fmaf(weight, gradients[4 * H + r], sums[1]);
            }
            hidden_gradient[unit] = sums[0];
            hidden_gradient[H + unit] = sums[1];
        }
        __syncthreads();
    }
}

// Gradient of the weight matrix [4H, H + I + 1], columns (hidden before the step, input, 1), as a sum of
// outer products over a slice of the (step, gene) positions: partial [slice, gd, 4H, columns]. A thread has
// 4 rows × 9 columns. Grid: (slice, gd, tile of 128 rows × 36 columns).
extern "C" __global__ void __launch_bounds__(128)
weight_gradient(const float *gates, const float *hidden, const float *x, float *partial, int genes, int groups,
                int steps, int inputs, int hidden_units, int slice_length) {
    constexpr int CHUNK = 16;
    __shared__ float4 gate_rows[CHUNK][32];
    __shared__ float4 columns_of[CHUNK][12];  // 9 columns a warp, padded to 12
    const int H = hidden_units, rows = 4 * H, columns = H + inputs + 1, gd = blockIdx.y;
    const int column_tiles = (columns + 35) / 36;
    const int first_row = blockIdx.z / column_tiles * 128, first_column = blockIdx.z % column_tiles * 36;
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const size_t positions = (size_t)steps * genes, start = (size_t)blockIdx.x * slice_length;
    const size_t end = min(positions, start + slice_length);
    const float *gates_of = gates + (size_t)gd * positions * rows, *hidden_of = hidden + (size_t)gd * positions * H;
    float sums[4][9];
#pragma unroll
    for (int r = 0; r < 4; r++) {
#pragma unroll
        for (int c = 0; c < 9; c++) sums[r][c] = 0.0f;
    }
    for (size_t chunk = start; chunk < end; chunk += CHUNK) {
        __syncthreads();
        for (int k = 0; k < CHUNK; k++) {
            const int row = first_row + threadIdx.x;
            const bool there = chunk + k < end && row < rows;
            ((float *)gate_rows[k])[threadIdx.x] = there ? gates_of[(chunk + k) * rows + row] : 0.0f;
        }
        for (int k = warp; k < CHUNK; k += 4) {
            const size_t position = chunk + k;
            for (int at = lane; at < 36; at += 32) {
                const int column = first_column + at;
                float value = 0.0f;
                if (position < end && column < columns) {
                    if (column < H) {
                        value = position < (size_t)genes ? 0.0f : hidden_of[(position - genes) * H + column];
                    } else if (column == H + inputs) {
                        value = 1.0f;
                    } else {
                        const int step = position / genes, gene = position % genes;
                        const size_t sequence = (size_t)gene * groups + gd / 2;
                        value = x[(sequence * steps + time_of(step, gd % 2, steps)) * inputs + column - H];
                    }
                }
                ((float *)columns_of[k])[at / 9 * 12 + at % 9] = value;
            }
        }
        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < CHUNK; k++) {
            const float4 r = gate_rows[k][lane];
            const float4 a = columns_of[k][3 * warp], b = columns_of[k][3 * warp + 1];
            const float last = columns_of[k][3 * warp + 2].x;
            const float z[9] = {a.x, a.y, a.z, a.w, b.x, b.y, b.z, b.w, last};
#pragma unroll
            for (int c = 0; c < 9; c++) {
                sums[0][c] = fmaf(r.x, z[c], sums[0][c]);
                sums[1][c] = fmaf(r.y, z[c], sums[1][c]);
                sums[2][c] = fmaf(r.z, z[c], sums[2][c]);
                sums[3][c] = fmaf(r.w, z[c], sums[3][c]);
            }
        }
    }
    float *to = partial + ((size_t)blockIdx.x * 2 * groups + gd) * rows * columns;
#pragma unroll
    for (int r = 0; r < 4; r++) {
        const int row = first_row + 4 * lane + r;
#pragma unroll
        for (int c = 0; c < 9; c++) {
            const int column = first_column + 9 * warp + c;
            if (row < rows && column < columns) to[(size_t)row * columns + column] = sums[r][c];
        }
    }
}

// The gradient of the weights, [group, flat]: slices and genes added in their order. Grid: (256 weights, group).
extern "C" __global__ void __launch_bounds__(256)
gather_gradient(const float *partial, const float *vector_gradient, float *gradient, int genes, int groups,
                int inputs, int hidden_units, int slices) {
    const int H = hidden_units, rows = 4 * H, columns = H + inputs + 1, group = blockIdx.y;
    const size_t length = direction_length(inputs, H), flat = 2 * length + 2 * H;
    const size_t at = (size_t)blockIdx.x * 256 + threadIdx.x;
    if (at >= flat) return;
    float sum = 0.0f;
    if (at >= 2 * length) {
        const size_t unit = at - 2 * length;
        for (int gene = 0; gene < genes; gene++) {
            sum += vector_gradient[((size_t)group * genes + gene) * 2 * H + unit];
        }
    } else {
        const size_t direction = at / length, of_inputs = (size_t)rows * inputs, of_hidden = (size_t)rows * H;
        size_t within = at % length, row, column;
        if (within < of_inputs) {
            row = within / inputs;
            column = H + within % inputs;
        } else if (within < of_inputs + of_hidden) {
            within -= of_inputs;
            row = within / H;
            column = within % H;
        } else {
            // both biases
            row = (within - of_inputs - of_hidden) % rows;
            column = H + inputs;
        }
        const float *from = partial + ((2 * (size_t)group + direction) * rows + row) * columns + column;
        for (int slice = 0; slice < slices; slice++) sum += from[(size_t)slice * 2 * groups * rows * columns];
    }
    gradient[group * flat + at] = sum;
}

// The gradient of x: both directions' weight_ih^T times the gradients of the gate sums. Grid: (gene, group,
// 128 values of time and input).
extern "C" __global__ void __launch_bounds__(128)
input_gradient(const float *gates, const float *weights, float *gradient, int genes, int groups, int steps,
               int inputs, int hidden_units) {
    const int rows = 4 * hidden_units, gene = blockIdx.x, group = blockIdx.y;
    const size_t at = (size_t)blockIdx.z * 128 + threadIdx.x;
    if (at >= (size_t)steps * inputs) return;
    const int time = at / inputs, input = at % inputs;
    float sum = 0.0f;
    for (int direction = 0; direction < 2; direction++) {
        const int gd = 2 * group + direction, step = time_of(time, direction, steps);
        const float *w = direction_weights(weights, gd, inputs, hidden_units).input + input;
        const float *d = gates + (((size_t)gd * steps + step) * genes + gene) * rows;
        for (int row = 0; row < rows; row++) sum = fmaf(w[(size_t)row * inputs], d[row], sum);
    }
    gradient[((size_t)gene * groups + group) * steps * inputs + at] = sum;
}
