// All steps of an LSTM.
#pragma once

#include "layout.cuh"

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
