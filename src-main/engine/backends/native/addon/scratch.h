/** Memory that a kernel needs while it runs, kept per thread so that no call has to ask the system for it. */
#pragma once

#include "kernels.h"

namespace native {

enum class Scratch { packedRight, packedLeft, partial, order, count };

/**
 * At least that many bytes, aligned to a cache line, the calling thread's own until it asks for the same slot again.
 * Ends the process when memory is exhausted.
 */
void* scratch(Scratch slot, Index bytes);

}  // namespace native
