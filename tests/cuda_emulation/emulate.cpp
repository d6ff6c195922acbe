// Runs CUDA kernels on a processor, to compare their results with the CPU's without a GPU.
//
// The kernels' source is compiled as C++. The threads of a block are fibers that take turns at barriers
// and shuffles; blocks run one after the other. A script on standard input says what to do:
//
//   order descending              the threads take turns in this order (or: ascending)
//   buffer NAME BYTES             memory, filled with NaN
//   load NAME FILE / save NAME FILE
//   launch KERNEL GX GY GZ THREADS SHARED ARGUMENT...
//                                 arguments: p:NAME (p:- for none), i:INT, u:UNSIGNED, f:BITS, d:BITS
//
// Barriers that not all threads of the block or warp reach, arguments of the wrong type, and memory
// outside a buffer (with -fsanitize=address) are errors.

#include <ucontext.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
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

struct Memory {
    std::vector<char> bytes;
};
static std::map<std::string, Memory> memories;

// Reads one argument of a type from its text.
template <class T> struct Argument;
static uint64_t number(const std::string &text, char kind) {
    if (text[0] != kind) die("argument " + text + " where one of type " + kind + " is expected");
    return std::strtoull(text.c_str() + 2, nullptr, 10);
}
template <> struct Argument<int> {
    static int of(const std::string &text) { return std::atoi((number(text, 'i'), text.c_str() + 2)); }
};
template <> struct Argument<unsigned> {
    static unsigned of(const std::string &text) { return number(text, 'u'); }
};
template <> struct Argument<float> {
    static float of(const std::string &text) {
        const uint32_t bits = number(text, 'f');
        float value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
};
template <> struct Argument<double> {
    static double of(const std::string &text) {
        const uint64_t bits = number(text, 'd');
        double value;
        std::memcpy(&value, &bits, sizeof value);
        return value;
    }
};
template <class T> struct Argument<T *> {
    static T *of(const std::string &text) {
        number(text, 'p');
        const std::string name = text.substr(2);
        if (name == "-") return nullptr;
        if (!memories.count(name)) die("no buffer " + name);
        return (T *)memories[name].bytes.data();
    }
};

using Kernel = std::function<std::function<void()>(const std::vector<std::string> &)>;
template <class... A, size_t... I>
static std::function<void()> bound(void (*kernel)(A...), const std::vector<std::string> &texts,
                                  std::index_sequence<I...>) {
    if (texts.size() != sizeof...(A)) die("wrong number of arguments");
    auto arguments = std::make_tuple(Argument<A>::of(texts[I])...);
    return [=] { std::apply(kernel, arguments); };
}
template <class... A> static Kernel kernel(void (*function)(A...)) {
    return [=](const std::vector<std::string> &texts) { return bound(function, texts, std::index_sequence_for<A...>()); };
}

#include "level.cu"
#include "training.cu"

#define KERNEL(name) {#name, kernel(name)}
static std::map<std::string, Kernel> kernels = {
    KERNEL(project), KERNEL(forward_32), KERNEL(forward_32_projected), KERNEL(forward_16),
    KERNEL(forward_16_projected), KERNEL(transpose), KERNEL(forward_any), KERNEL(attend), KERNEL(attend_backward),
    KERNEL(backward_32), KERNEL(backward_16), KERNEL(backward_any), KERNEL(weight_gradient), KERNEL(gather_gradient),
    KERNEL(input_gradient), KERNEL(squared_norm), KERNEL(adam), KERNEL(sgd), KERNEL(cross_entropy),
    KERNEL(cross_entropy_derivative),
};

int main() {
    bool descending = false;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string verb, name, file;
        words >> verb >> name;
        if (verb == "order") {
            descending = name == "descending";
        } else if (verb == "buffer") {
            size_t bytes;
            words >> bytes;
            memories[name].bytes.assign(bytes, (char)0xff);
        } else if (verb == "load") {
            words >> file;
            std::ifstream from(file, std::ios::binary);
            if (!from.read(memories[name].bytes.data(), memories[name].bytes.size())) die("cannot read " + file);
        } else if (verb == "save") {
            words >> file;
            std::ofstream to(file, std::ios::binary);
            if (!to.write(memories[name].bytes.data(), memories[name].bytes.size())) die("cannot write " + file);
        } else if (verb == "launch") {
            Index grid;
            unsigned shared;
            words >> grid.x >> grid.y >> grid.z >> blockDim.x >> shared;
            blockDim.y = blockDim.z = 1;
            std::vector<std::string> texts;
            for (std::string text; words >> text;) texts.push_back(text);
            if (!kernels.count(name)) die("no kernel " + name);
            work = kernels[name](texts);
            if (fibers.size() < blockDim.x) fibers.resize(blockDim.x);
            for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++) {
                for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++) {
                    for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++) {
                        dynamic_shared.assign(shared / 4, NAN);
                        run_block(descending);
                    }
                }
            }
        } else {
            die("what is " + verb + "?");
        }
    }
}
