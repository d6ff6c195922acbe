// Backward through all steps of an LSTM.
#pragma once

#include "layout.cuh"

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
