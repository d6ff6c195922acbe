// What a training step needs beside the levels, for several models at once: the loss and its
// derivative, the norm of the gradient, and the optimisers. The arithmetic is that of src/learn/loss.rs
// and src/learn/optimizer.rs; src/model/cuda/plan.rs says with which grid.
//
// Every sum has a fixed order and nothing is atomic: the same inputs give the same bytes on one GPU.

// Sum over the threads of a block, at most 1024, a power of two; valid in thread 0.
__device__ inline double sum_of_block(double value) {
    __shared__ double shared[1024];
    shared[threadIdx.x] = value;
    for (unsigned width = blockDim.x / 2; width > 0; width /= 2) {
        __syncthreads();
        if (threadIdx.x < width) shared[threadIdx.x] += shared[threadIdx.x + width];
    }
    return shared[0];
}

// Binary cross-entropy of logits against labels, [gene, model]; for each model the sum over its genes,
// each times its weight, [model]. Grid: (model).
extern "C" __global__ void __launch_bounds__(128)
cross_entropy(const float *logit, const float *label, const float *weight, float *loss, int genes, int models) {
    double sum = 0.0;
    for (int gene = threadIdx.x; gene < genes; gene += blockDim.x) {
        const size_t at = (size_t)gene * models + blockIdx.x;
        const double z = logit[at], w = weight[at];
        // a gene that only fills the batch up must not count, whatever its logit
        if (w != 0.0) sum += w * (fmax(z, 0.0) - z * label[at] + log1p(exp(-fabs(z))));
    }
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) loss[blockIdx.x] = (float)sum;
}

// Its derivative by the logit. Grid: (256 values).
extern "C" __global__ void __launch_bounds__(256)
cross_entropy_derivative(const float *logit, const float *label, const float *weight, float *derivative, int count) {
    const int at = blockIdx.x * 256 + threadIdx.x;
    if (at >= count) return;
    const float w = weight[at];
    derivative[at] = w == 0.0f ? 0.0f : (1.0f / (1.0f + expf(-logit[at])) - label[at]) * w;
}

// Sum of squares of each row of [model, weight]. Grid: (model).
extern "C" __global__ void __launch_bounds__(1024)
squared_norm(const float *gradient, double *squares, int weights) {
    const float *row = gradient + (size_t)blockIdx.x * weights;
    double sum = 0.0;
#pragma unroll 4
    for (int at = threadIdx.x; at < weights; at += blockDim.x) sum += (double)row[at] * row[at];
    sum = sum_of_block(sum);
    if (threadIdx.x == 0) squares[blockIdx.x] = sum;
}

// The factor that shortens a gradient to the largest norm, as torch.nn.utils.clip_grad_norm_.
__device__ inline float clip_factor(double square, double largest) {
    const double norm = sqrt(square);
    return norm > largest ? (float)(largest / (norm + 1e-6)) : 1.0f;
}

// Adam on state [model, (weight, first moment, second moment), weight]. `rates` has two numbers a model:
// the step size, and the root of the second correction, which is 0 where the model makes no step. `decay` is
// added to the gradient (L2), `keep` = 1 - decoupled decay (AdamW). Grid: (256 weights, model).
extern "C" __global__ void __launch_bounds__(256)
adam(float *state, const float *gradient, const double *squares, const float *rates, int weights, double clip_norm,
     float decay, float keep) {
    const int at = blockIdx.x * 256 + threadIdx.x, model = blockIdx.y;
    const float step_size = rates[2 * model], root_correction = rates[2 * model + 1];
    if (at >= weights || root_correction == 0.0f) return;
    float *weight = state + (size_t)model * 3 * weights + at, *first = weight + weights, *second = first + weights;
    const float kept = *weight * keep;
    const float g = gradient[(size_t)model * weights + at] * clip_factor(squares[model], clip_norm) + decay * kept;
    *first = (float)0.9 * *first + (float)(1.0 - 0.9) * g;
    *second = (float)0.999 * *second + (float)(1.0 - 0.999) * (g * g);
    *weight = kept - step_size * *first / (sqrtf(*second) / root_correction + 1e-8f);
}

// Stochastic gradient descent with momentum on state [model, (weight, momentum), weight]; `rates` as above.
extern "C" __global__ void __launch_bounds__(256)
sgd(float *state, const float *gradient, const double *squares, const float *rates, int weights, double clip_norm,
    float decay, float momentum) {
    const int at = blockIdx.x * 256 + threadIdx.x, model = blockIdx.y;
    if (at >= weights || rates[2 * model + 1] == 0.0f) return;
    float *weight = state + (size_t)model * 2 * weights + at, *moved = weight + weights;
    const float g = gradient[(size_t)model * weights + at] * clip_factor(squares[model], clip_norm);
    *moved = momentum * *moved + (g + decay * *weight);
    *weight -= rates[2 * model] * *moved;
}
