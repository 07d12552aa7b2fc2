/**
 * Sums and extremes over the middle axis of a tensor [outer, count, inner].
 *
 * Long axes are cut into slabs whose length is given by the shape; the slabs' results are combined in order, so that
 * the number of threads does not show in the last bit. Sums over slabs are kept in double.
 */
#include "isa-names.h"
#include "scratch.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

/** Elements of a slab: short enough that a float sum loses little, long enough to be worth a thread. */
constexpr Index slabElements = 16384;

float combine(Reduction reduction, float x, float y) {
  if (reduction == Reduction::sum) return x + y;
  if (reduction == Reduction::maximum) return x > y || x != x ? x : y;
  return x < y || x != x ? x : y;
}

float sumDense(const float* x, Index count) {
  Vec sum[4] = {Vec{}, Vec{}, Vec{}, Vec{}};
  Index i = 0;
  for (; i + 4 * lanes <= count; i += 4 * lanes)
    for (int v = 0; v < 4; v++) sum[v] += load(x + i + v * lanes);
  for (; i + lanes <= count; i += lanes) sum[0] += load(x + i);
  float total = sumOf((sum[0] + sum[1]) + (sum[2] + sum[3]));
  for (; i < count; i++) total += x[i];
  return total;
}

float extremeDense(Reduction reduction, const float* x, Index count) {
  float best[lanes];
  const Index head = smaller(count, lanes);
  for (Index i = 0; i < head; i++) best[i] = x[i];
  Index i = head;
  if (reduction == Reduction::maximum) {
    for (; i + lanes <= count; i += lanes)
      for (int v = 0; v < lanes; v++) best[v] = best[v] > x[i + v] || best[v] != best[v] ? best[v] : x[i + v];
  } else {
    for (; i + lanes <= count; i += lanes)
      for (int v = 0; v < lanes; v++) best[v] = best[v] < x[i + v] || best[v] != best[v] ? best[v] : x[i + v];
  }
  float result = best[0];
  for (Index v = 1; v < head; v++) result = combine(reduction, result, best[v]);
  for (; i < count; i++) result = combine(reduction, result, x[i]);
  return result;
}

float reduceDense(Reduction reduction, const float* x, Index count) {
  return reduction == Reduction::sum ? sumDense(x, count) : extremeDense(reduction, x, count);
}

/** One long row: slabs on all threads, then their results in order. */
float reduceLong(Reduction reduction, const float* x, Index count) {
  const Index slabs = ceilDiv(count, slabElements);
  float* partial = static_cast<float*>(scratch(Scratch::partial, slabs * Index{sizeof(float)}));
  forBlocks(count, slabElements, [&](Index begin, Index end) {
    partial[begin / slabElements] = reduceDense(reduction, x + begin, end - begin);
  });
  if (reduction != Reduction::sum) return extremeDense(reduction, partial, slabs);
  double total = 0;
  for (Index slab = 0; slab < slabs; slab++) total += static_cast<double>(partial[slab]);
  return static_cast<float>(total);
}

void foldRow(Reduction reduction, const float* x, Index inner, float* into) {
  const float* __restrict from = x;
  float* __restrict to = into;
  if (reduction == Reduction::sum)
    for (Index j = 0; j < inner; j++) to[j] += from[j];
  else if (reduction == Reduction::maximum)
    for (Index j = 0; j < inner; j++) to[j] = to[j] > from[j] || to[j] != to[j] ? to[j] : from[j];
  else
    for (Index j = 0; j < inner; j++) to[j] = to[j] < from[j] || to[j] != to[j] ? to[j] : from[j];
}

void foldRows(Reduction reduction, const float* x, Index count, Index inner, float* into) {
  for (Index j = 0; j < inner; j++) into[j] = x[j];
  for (Index i = 1; i < count; i++) foldRow(reduction, x + i * inner, inner, into);
}

void scaleAll(float* out, Index size, float scale) {
  if (scale == 1) return;
  for (Index i = 0; i < size; i++) out[i] *= scale;
}

void reduceRows(Reduction reduction, const Reduced& shape, const float* x, float* out) {
  if (shape.outer == 1 || shape.count > 4 * slabElements) {
    for (Index row = 0; row < shape.outer; row++) out[row] = reduceLong(reduction, x + row * shape.count, shape.count);
    return;
  }
  forBlocks(shape.outer, larger(1, slabElements / shape.count), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) out[row] = reduceDense(reduction, x + row * shape.count, shape.count);
  });
}

/** Rows of a matrix folded into one: slabs of rows on all threads, then their results in order. */
void reduceColumns(Reduction reduction, Index count, Index inner, const float* x, float* out) {
  const Index slabRows = larger(16, ceilDiv(slabElements, inner));
  const Index slabs = ceilDiv(count, slabRows);
  if (slabs == 1) return foldRows(reduction, x, count, inner, out);
  float* partial = static_cast<float*>(scratch(Scratch::partial, slabs * inner * Index{sizeof(float)}));
  forBlocks(count, slabRows, [&](Index begin, Index end) {
    foldRows(reduction, x + begin * inner, end - begin, inner, partial + begin / slabRows * inner);
  });
  foldRows(reduction, partial, slabs, inner, out);
}

}  // namespace

void reduce(Reduction reduction, const Reduced& shape, const float* x, float* out, float scale) {
  if (shape.inner == 1) {
    reduceRows(reduction, shape, x, out);
  } else if (shape.outer == 1) {
    reduceColumns(reduction, shape.count, shape.inner, x, out);
  } else {
    forBlocks(shape.outer, larger(1, slabElements / (shape.count * shape.inner)), [&](Index begin, Index end) {
      for (Index i = begin; i < end; i++)
        foldRows(reduction, x + i * shape.count * shape.inner, shape.count, shape.inner, out + i * shape.inner);
    });
  }
  scaleAll(out, shape.outer * shape.inner, scale);
}

void argMax(const Reduced& shape, const float* x, std::int32_t* out) {
  forBlocks(shape.outer, larger(1, slabElements / (shape.count * shape.inner)), [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) {
      for (Index j = 0; j < shape.inner; j++) {
        const float* from = x + i * shape.count * shape.inner + j;
        Index best = 0;
        // As in the cpu backend the first of the largest wins, and NaN only where it comes first.
        for (Index k = 1; k < shape.count; k++)
          if (from[k * shape.inner] > from[best * shape.inner]) best = k;
        out[i * shape.inner + j] = static_cast<std::int32_t>(best);
      }
    }
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
