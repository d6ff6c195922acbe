// Gradients of weights and inputs, from those of the gate sums.
#pragma once

#include "layout.cuh"

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
        for (int at = lane; at < 36; at += 32) {
            const int column = first_column + at, to = at / 9 * 12 + at % 9;
            for (int k = warp; k < CHUNK; k += 4) {
                // 32 bits: a division of 64 takes too long here
                const unsigned position = (unsigned)chunk + k, of_step = genes;
                float value = 0.0f;
                if (position < end && column < columns) {
                    if (column < H) {
                        value = position < of_step ? 0.0f : hidden_of[(size_t)(position - of_step) * H + column];
                    } else if (column == H + inputs) {
                        value = 1.0f;
                    } else {
                        const unsigned step = position / of_step, gene = position % of_step;
                        const size_t sequence = (size_t)gene * groups + gd / 2;
                        value = x[(sequence * steps + time_of(step, gd % 2, steps)) * inputs + column - H];
                    }
                }
                ((float *)columns_of[k])[to] = value;
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
