// Runs CUDA kernels on a processor, to compare their results with the CPU's without a GPU.
//
// A script on standard input says what to do:
//
//   order descending              the threads take turns in this order (or: ascending)
//   buffer NAME BYTES             memory, filled with NaN
//   load NAME FILE / save NAME FILE
//   launch KERNEL GX GY GZ THREADS SHARED ARGUMENT...
//                                 arguments: p:NAME (p:- for none), i:INT, u:UNSIGNED, f:BITS, d:BITS
//
// Arguments of the wrong type and memory outside a buffer (with -fsanitize=address) are errors.

#include <fstream>
#include <sstream>

#include "emulation.h"

static std::map<std::string, std::vector<char>> memories;

// The bytes of an argument, from its text.
static uint64_t value_of(const std::string &text, char type) {
    if (text[0] != type) die("argument " + text + " where one of type " + type + " is expected");
    const std::string value = text.substr(2);
    if (type != 'p') return type == 'i' ? (uint32_t)std::stoi(value) : std::stoull(value);
    if (value == "-") return 0;
    if (!memories.count(value)) die("no buffer " + value);
    return (uint64_t)memories[value].data();
}

int main() {
    bool descending = false;
    std::string line;
    while (std::getline(std::cin, line)) {
        std::istringstream words(line);
        std::string verb, name, file;
        words >> verb >> name;
        std::vector<char> &memory = memories[name];
        if (verb == "order") {
            descending = name == "descending";
        } else if (verb == "buffer") {
            size_t bytes;
            words >> bytes;
            memory.assign(bytes, (char)0xff);
        } else if (verb == "load") {
            words >> file;
            std::ifstream from(file, std::ios::binary);
            if (!from.read(memory.data(), memory.size())) die("cannot read " + file);
        } else if (verb == "save") {
            words >> file;
            std::ofstream to(file, std::ios::binary);
            if (!to.write(memory.data(), memory.size())) die("cannot write " + file);
        } else if (verb == "launch") {
            Index grid;
            unsigned threads, shared;
            words >> grid.x >> grid.y >> grid.z >> threads >> shared;
            if (!kernels.count(name)) die("no kernel " + name);
            const std::string &types = kernels[name].types;
            std::vector<uint64_t> values;
            for (std::string text; words >> text;) {
                if (values.size() == types.size()) die("too many arguments of " + name);
                values.push_back(value_of(text, types[values.size()]));
            }
            if (values.size() != types.size()) die("too few arguments of " + name);
            std::vector<void *> arguments;
            for (uint64_t &value : values) arguments.push_back(&value);
            launch(name, grid, threads, shared, arguments.data(), descending);
        } else {
            die("what is " + verb + "?");
        }
    }
}
