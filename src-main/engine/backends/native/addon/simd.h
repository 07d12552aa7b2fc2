/** Vectors of the widest registers this file is compiled for, by the vector extensions of GCC and Clang. */
#pragma once

#include "kernels.h"
#include "thread-pool.h"

#ifndef NATIVE_ISA
#error "kernel files are compiled once per instruction set, with NATIVE_ISA as its name"
#endif

namespace native {
namespace NATIVE_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX2__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif

typedef float Vec __attribute__((vector_size(lanes * sizeof(float))));
typedef float LooseVec __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));

inline Vec load(const float* from) { return *reinterpret_cast<const LooseVec*>(from); }
inline void store(float* to, Vec value) { *reinterpret_cast<LooseVec*>(to) = value; }
inline Vec splat(float value) { return value - Vec{}; }

/** By halves: a chain of additions would take as long as a row of a hundred. */
inline float sumOf(Vec value) {
  float parts[lanes];
  store(parts, value);
#pragma GCC unroll 4
  for (int half = lanes / 2; half > 0; half /= 2)
#pragma GCC unroll 8
    for (int i = 0; i < half; i++) parts[i] += parts[i + half];
  return parts[0];
}

inline Index smaller(Index x, Index y) { return x < y ? x : y; }
inline Index larger(Index x, Index y) { return x > y ? x : y; }
inline Index ceilDiv(Index x, Index y) { return (x + y - 1) / y; }

/** body(0 … count - 1) on all threads. */
template <class Body>
void forEach(Index count, const Body& body) {
  parallel(count, [](const void* context, Index index) { (*static_cast<const Body*>(context))(index); }, &body);
}

/** Elements a thread takes at a time where each costs about one operation. */
constexpr Index blockElements = 16384;

/** body(begin, end) over 0 … size in blocks, on all threads when there is more than one block. */
template <class Body>
void forBlocks(Index size, Index block, const Body& body) {
  forEach(ceilDiv(size, block), [&](Index i) { body(i * block, smaller(size, (i + 1) * block)); });
}

}  // namespace
}  // namespace NATIVE_ISA
}  // namespace native
