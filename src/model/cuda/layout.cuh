// Where weights lie, and dropout: what the kernels of a level share.
#pragma once

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
