/**
 * Threads that take part in one piece of work at a time, and sleep when there is none.
 *
 * `parallel` runs work(context, 0 … count - 1), each index once, in no particular order, on the calling thread and the
 * pool's, and returns when all are done. A call from a second JavaScript thread while another holds the pool runs its
 * work alone. After work, threads look for more for some tens of microseconds before they sleep: kernels of a training
 * step follow each other closely, and waking a thread costs as much as a small kernel.
 */
#pragma once

#include "kernels.h"

namespace native {

using Work = void (*)(const void* context, Index index);

void parallel(Index count, Work work, const void* context);

/** Threads that work at once, the calling one included. Takes effect at once; between calls of `parallel` only. */
void setThreadCount(int count);
int threadCount();

}  // namespace native
