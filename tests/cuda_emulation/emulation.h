// CUDA kernels on a processor: their source is compiled as C++, the threads of a block are fibers that
// take turns at barriers and shuffles, and blocks run one after the other. Barriers that not all threads
// of a block or warp reach are errors.
#pragma once
#include <ucontext.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

struct Index {
    unsigned x, y, z;
};
struct float2 {
    float x, y;
};
struct alignas(16) float4 {
    float x, y, z, w;
};
static float2 make_float2(float x, float y) { return {x, y}; }

static Index threadIdx, blockIdx, blockDim;
static std::vector<float> dynamic_shared;

#define __global__
#define __device__
#define __shared__ static
#define __launch_bounds__(...)
#define DYNAMIC_SHARED(name) float *name = dynamic_shared.data()

#define __expf(x) std::exp(x)
#define __fdividef(x, y) ((x) / (y))
#define min(a, b) ((a) < (b) ? (a) : (b))

enum Waiting { RUNNING, AT_BLOCK, AT_WARP, DONE };
struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    Waiting waiting;
    uint64_t shown;
};
static std::vector<Fiber> fibers;
static ucontext_t scheduler;
static std::function<void()> work;

[[noreturn]] static void die(const std::string &problem) {
    std::cerr << "emulate: " << problem << "\n";
    std::exit(1);
}

static void wait(Waiting what) {
    Fiber &fiber = fibers[threadIdx.x];
    fiber.waiting = what;
    swapcontext(&fiber.context, &scheduler);
}
static void __syncthreads() { wait(AT_BLOCK); }
static void __syncwarp() { wait(AT_WARP); }
template <class T> static T __shfl_xor_sync(unsigned, T value, int mask) {
    const unsigned self = threadIdx.x;
    std::memcpy(&fibers[self].shown, &value, sizeof value);
    wait(AT_WARP);
    T other;
    std::memcpy(&other, &fibers[self ^ mask].shown, sizeof other);
    wait(AT_WARP);
    return other;
}

static void run_fiber() {
    work();
    wait(DONE);
}

static void run_block(bool descending) {
    const unsigned threads = blockDim.x;
    for (unsigned at = 0; at < threads; at++) {
        Fiber &fiber = fibers[at];
        getcontext(&fiber.context);
        fiber.stack.resize(1 << 16);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.waiting = RUNNING;
        makecontext(&fiber.context, run_fiber, 0);
    }
    while (true) {
        for (unsigned turn = 0; turn < threads; turn++) {
            const unsigned at = descending ? threads - 1 - turn : turn;
            if (fibers[at].waiting == RUNNING) {
                threadIdx = {at, 0, 0};
                swapcontext(&scheduler, &fibers[at].context);
            }
        }
        unsigned done = 0, at_block = 0;
        bool released = false;
        for (unsigned first = 0; first < threads; first += 32) {
            unsigned counts[4] = {0, 0, 0, 0}, lanes = min(32u, threads - first);
            for (unsigned lane = 0; lane < lanes; lane++) counts[fibers[first + lane].waiting]++;
            done += counts[DONE];
            at_block += counts[AT_BLOCK];
            if (counts[AT_WARP] == lanes) {
                for (unsigned lane = 0; lane < lanes; lane++) fibers[first + lane].waiting = RUNNING;
                released = true;
            } else if (counts[AT_WARP] != 0) {
                die("a barrier of a warp that not all of its threads reach");
            }
        }
        if (done == threads) return;
        if (released) continue;
        if (at_block != threads) die("a barrier of a block that not all of its threads reach");
        for (unsigned at = 0; at < threads; at++) fibers[at].waiting = RUNNING;
    }
}

// A kernel that a launch can name: `work` for a block, from the arguments as the driver gets them.
using Kernel = std::function<std::function<void()>(void **)>;
template <class... A, size_t... I>
static std::function<void()> bound(void (*kernel)(A...), void **arguments, std::index_sequence<I...>) {
    auto values = std::make_tuple(*(A *)arguments[I]...);
    return [=] { std::apply(kernel, values); };
}
struct Known {
    Kernel kernel;
    // one letter an argument: p(ointer), i(nt), u(nsigned), f(loat), d(ouble)
    std::string types;
};
template <class T> constexpr char letter = 'p';
template <> constexpr char letter<int> = 'i';
template <> constexpr char letter<unsigned> = 'u';
template <> constexpr char letter<float> = 'f';
template <> constexpr char letter<double> = 'd';
template <class... A> static Known kernel(void (*function)(A...)) {
    auto bind = [=](void **arguments) { return bound(function, arguments, std::index_sequence_for<A...>()); };
    return {bind, {letter<A>...}};
}

#include "level.cu"
#include "training.cu"

#define KERNEL(name) {#name, kernel(name)}
static std::map<std::string, Known> kernels = {
    KERNEL(project), KERNEL(forward_32), KERNEL(forward_32_projected), KERNEL(forward_16),
    KERNEL(forward_16_projected), KERNEL(transpose), KERNEL(forward_any), KERNEL(attend), KERNEL(attend_backward),
    KERNEL(backward_32), KERNEL(backward_16), KERNEL(backward_any), KERNEL(weight_gradient), KERNEL(gather_gradient),
    KERNEL(input_gradient), KERNEL(squared_norm), KERNEL(adam), KERNEL(sgd), KERNEL(cross_entropy),
    KERNEL(cross_entropy_derivative),
};


// Runs a kernel on a grid.
static void launch(const std::string &name, Index grid, unsigned threads, unsigned shared, void **arguments,
                   bool descending) {
    if (!kernels.count(name)) die("no kernel " + name);
    work = kernels[name].kernel(arguments);
    blockDim = {threads, 1, 1};
    if (fibers.size() < threads) fibers.resize(threads);
    for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++) {
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++) {
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++) {
                dynamic_shared.assign(shared / 4, NAN);
                run_block(descending);
            }
        }
    }
}
