// Attention over the outputs of both directions, forward and backward.
#pragma once

#include "layout.cuh"

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
