#include "scratch.h"

#include <cstdlib>

namespace native {
namespace {

constexpr std::uintptr_t lineBytes = 64;

struct Block {
  void* memory = nullptr;
  Index bytes = 0;
};

struct Blocks {
  Block slots[static_cast<int>(Scratch::count)];
  ~Blocks() {
    for (auto& slot : slots) std::free(slot.memory);
  }
};

thread_local Blocks blocks;

}  // namespace

void* scratch(Scratch slot, Index bytes) {
  Block& block = blocks.slots[static_cast<int>(slot)];
  if (block.bytes < bytes) {
    std::free(block.memory);
    block.memory = std::malloc(static_cast<std::size_t>(bytes) + lineBytes);
    block.bytes = block.memory ? bytes : 0;
    if (!block.memory) std::abort();  // a kernel has no way to go on, and its caller no way to undo
  }
  const auto address = reinterpret_cast<std::uintptr_t>(block.memory);
  return reinterpret_cast<void*>((address + lineBytes - 1) / lineBytes * lineBytes);
}

}  // namespace native
