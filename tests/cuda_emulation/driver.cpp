// A stand-in for NVIDIA's driver that runs our kernels on the processor, so that a build for GPUs can be
// tried, slowly, where there is none:
//
//   tests/cuda_emulation/driver.sh FOLDER       makes libcuda.so.1, libcublas.so.13 and libcurand.so.10
//   LD_LIBRARY_PATH=FOLDER attentrack-train --device cuda …
//
// Memory is the host's, everything happens at once and in order. Of candle's own kernels it knows those
// that training and scoring use, by name.
#include <cstdio>

#include "emulation.h"

using Device = int;
using Size = size_t;
#define API extern "C" int

struct Function {
    std::string name;
};
static std::map<std::string, size_t> launches;
struct Report {
    ~Report() {
        if (!getenv("EMULATION_REPORT")) return;
        for (auto &[name, count] : launches) fprintf(stderr, "emulated %s %zu\n", name.c_str(), count);
    }
};
static Report report;

API cuInit(unsigned) { return 0; }
API cuDriverGetVersion(int *version) { return *version = 13000, 0; }
API cuDeviceGetCount(int *count) { return *count = 1, 0; }
API cuDeviceGet(Device *device, int ordinal) { return ordinal == 0 ? (*device = 0, 0) : 101; }
API cuDeviceGetName(char *name, int length, Device) { return snprintf(name, length, "emulated GPU"), 0; }
API cuDeviceGetAttribute(int *value, int, Device) { return *value = 1, 0; }
API cuDevicePrimaryCtxRetain(void **context, Device) { return *context = (void *)1, 0; }
API cuDevicePrimaryCtxRelease_v2(Device) { return 0; }
API cuCtxSetCurrent(void *) { return 0; }
API cuCtxGetCurrent(void **context) { return *context = (void *)1, 0; }
API cuCtxSynchronize() { return 0; }
API cuDeviceGetDefaultMemPool(void **pool, Device) { return *pool = (void *)1, 0; }
API cuMemPoolSetAttribute(void *, int, void *) { return 0; }
static int allocate(uint64_t *at, Size bytes) {
    void *memory = aligned_alloc(256, (bytes + 511) / 256 * 256);
    memset(memory, 0xff, bytes);
    return *at = (uint64_t)memory, 0;
}
API cuMemAllocAsync(uint64_t *at, Size bytes, void *) { return allocate(at, bytes); }
API cuMemAlloc_v2(uint64_t *at, Size bytes) { return allocate(at, bytes); }
API cuMemFreeAsync(uint64_t at, void *) { return free((void *)at), 0; }
API cuMemFree_v2(uint64_t at) { return free((void *)at), 0; }
API cuMemsetD8Async(uint64_t at, unsigned char value, Size count, void *) { return memset((void *)at, value, count), 0; }
API cuMemcpyHtoDAsync_v2(uint64_t to, const void *from, Size bytes, void *) { return memcpy((void *)to, from, bytes), 0; }
API cuMemcpyDtoHAsync_v2(void *to, uint64_t from, Size bytes, void *) { return memcpy(to, (void *)from, bytes), 0; }
API cuMemcpyDtoDAsync_v2(uint64_t to, uint64_t from, Size bytes, void *) { return memmove((void *)to, (void *)from, bytes), 0; }
API cuStreamCreate(void **stream, unsigned) { return *stream = (void *)1, 0; }
API cuStreamDestroy_v2(void *) { return 0; }
API cuStreamSynchronize(void *) { return 0; }
API cuStreamWaitEvent(void *, void *, unsigned) { return 0; }
API cuStreamIsCapturing(void *, int *status) { return *status = 0, 0; }
API cuEventCreate(void **event, unsigned) { return *event = (void *)1, 0; }
API cuEventRecord(void *, void *) { return 0; }
API cuEventSynchronize(void *) { return 0; }
API cuEventElapsedTime_v2(float *time, void *, void *) { return *time = 0.0f, 0; }
API cuEventElapsedTime(float *time, void *, void *) { return *time = 0.0f, 0; }
API cuEventDestroy_v2(void *) { return 0; }
API cuModuleLoadData(void **module, const void *) { return *module = (void *)1, 0; }
API cuModuleUnload(void *) { return 0; }
API cuModuleGetFunction(void **function, void *, const char *name) { return *function = new Function{name}, 0; }
API cuGetErrorName(int, const char **name) { return *name = "EMULATED", 0; }
API cuGetErrorString(int, const char **text) { return *text = "no such emulated GPU", 0; }

// Argument of a kernel of candle's.
template <class T> static T take(void **arguments, int at) { return *(T *)arguments[at]; }

static size_t strided(size_t at, size_t dimensions, const size_t *sizes, const size_t *strides) {
    size_t index = 0;
    for (size_t d = dimensions; d-- > 0; at /= sizes[d]) index += at % sizes[d] * strides[d];
    return index;
}

template <class T, class F> static void binary(void **a, F function) {
    const size_t count = take<size_t>(a, 0), dimensions = take<size_t>(a, 1), *sizes = take<size_t *>(a, 2);
    const T *left = take<T *>(a, 3), *right = take<T *>(a, 4);
    T *out = take<T *>(a, 5);
    for (size_t at = 0; at < count; at++) {
        const size_t l = sizes ? strided(at, dimensions, sizes, sizes + dimensions) : at;
        const size_t r = sizes ? strided(at, dimensions, sizes, sizes + 2 * dimensions) : at;
        out[at] = function(left[l], right[r]);
    }
}

template <class T> static void copy(void **a) {
    const size_t count = take<size_t>(a, 0), dimensions = take<size_t>(a, 1), *sizes = take<size_t *>(a, 2);
    const T *from = take<T *>(a, 3);
    T *to = take<T *>(a, 4);
    for (size_t at = 0; at < count; at++) to[at] = from[sizes ? strided(at, dimensions, sizes, sizes + dimensions) : at];
}

static bool candle(const std::string &name, void **a) {
    if (name == "bmul_f32") binary<float>(a, [](float x, float y) { return x * y; });
    else if (name == "badd_f32") binary<float>(a, [](float x, float y) { return x + y; });
    else if (name == "ucopy_f32") copy<float>(a);
    else if (name == "ucopy_u32") copy<uint32_t>(a);
    else if (name == "const_set_f32") {
        const size_t count = take<size_t>(a, 0), dimensions = take<size_t>(a, 1), *sizes = take<size_t *>(a, 2);
        for (size_t at = 0; at < count; at++) {
            take<float *>(a, 4)[sizes ? strided(at, dimensions, sizes, sizes + dimensions) : at] = take<float>(a, 3);
        }
    } else if (name == "copy2d_f32") {
        const unsigned rows = take<unsigned>(a, 2), columns = take<unsigned>(a, 3);
        for (unsigned row = 0; row < rows; row++) {
            memmove(take<float *>(a, 1) + row * take<unsigned>(a, 5), take<float *>(a, 0) + row * take<unsigned>(a, 4), 4 * columns);
        }
    } else if (name == "fast_sum_f32" || name == "fast_sum_small_f32") {
        const size_t count = take<size_t>(a, 0), each = take<size_t>(a, 1), dimensions = take<size_t>(a, 2);
        const size_t *sizes = take<size_t *>(a, 3), sums = name == "fast_sum_f32" ? count / each : count;
        for (size_t at = 0; at < sums; at++) {
            double sum = 0.0;
            for (size_t k = at * each; k < (at + 1) * each; k++) {
                sum += take<float *>(a, 4)[sizes ? strided(k, dimensions, sizes, sizes + dimensions) : k];
            }
            take<float *>(a, 5)[at] = (float)sum;
        }
    } else if (name == "is_u32_f32") {
        const size_t left = take<size_t>(a, 6), from = take<size_t>(a, 7), ids = take<size_t>(a, 8), right = take<size_t>(a, 9);
        for (size_t l = 0; l < left; l++) {
            for (size_t id = 0; id < ids; id++) {
                const float *row = take<float *>(a, 4) + (l * from + take<uint32_t *>(a, 3)[id]) * right;
                memcpy(take<float *>(a, 5) + (l * ids + id) * right, row, 4 * right);
            }
        }
    } else {
        return false;
    }
    return true;
}

API cuLaunchKernel(Function *function, unsigned x, unsigned y, unsigned z, unsigned threads, unsigned, unsigned,
                   unsigned shared, void *, void **arguments, void **) {
    launches[function->name]++;
    if (!candle(function->name, arguments)) launch(function->name, {x, y, z}, threads, shared, arguments, false);
    return 0;
}

// What candle asks of cuBLAS and cuRAND when it opens a device.
API cublasCreate_v2(void **handle) { return *handle = (void *)1, 0; }
API cublasDestroy_v2(void *) { return 0; }
API cublasSetStream_v2(void *, void *) { return 0; }
API cublasSetWorkspace_v2(void *, void *, Size) { return 0; }
API curandCreateGenerator(void **generator, int) { return *generator = (void *)1, 0; }
API curandDestroyGenerator(void *) { return 0; }
API curandSetPseudoRandomGeneratorSeed(void *, unsigned long long) { return 0; }
API curandSetStream(void *, void *) { return 0; }
