/** Kernels that move elements without computing with them. */
#include "isa-names.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

/** Side of the squares that a transpose moves at once: a cache line of four-byte elements. */
constexpr Index side = 16;

void copyDense(const std::uint32_t* x, Index size, std::uint32_t* out) {
  const std::uint32_t* __restrict from = x;
  std::uint32_t* __restrict to = out;
  for (Index i = 0; i < size; i++) to[i] = from[i];
}

void copyRun(const std::uint32_t* x, Index step, Index size, std::uint32_t* out, Index outStep) {
  if (step == 1 && outStep == 1) return copyDense(x, size, out);
  for (Index i = 0; i < size; i++) out[i * outStep] = x[i * step];
}

/** out[row · outStep + i] = x[row + i · step] for `rows` ≤ side rows. */
void transposeStrip(const std::uint32_t* x, Index step, Index rows, Index size, std::uint32_t* out, Index outStep) {
  for (Index begin = 0; begin < size; begin += side) {
    const Index end = smaller(size, begin + side);
    for (Index row = 0; row < rows; row++)
      for (Index i = begin; i < end; i++) out[row * outStep + i] = x[row + i * step];
  }
}

}  // namespace

void gather(const std::uint32_t* x, const std::int32_t* indices, Index outer, Index size, Index inner, Index count, std::uint32_t* out) {
  forBlocks(outer * count, larger(1, blockElements / larger(1, inner)), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) {
      const Index from = row / count * size + indices[row % count];
      copyDense(x + from * inner, inner, out + row * inner);
    }
  });
}

void copyRows(const std::uint32_t* x, Index fromStep, std::uint32_t* out, Index toStep, Index rows, Index size) {
  if (rows == 1) {
    forBlocks(size, blockElements, [&](Index begin, Index end) { copyDense(x + begin, end - begin, out + begin); });
    return;
  }
  forBlocks(rows, larger(1, blockElements / larger(1, size)), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) copyDense(x + row * fromStep, size, out + row * toStep);
  });
}

void rearrange(const Layout& layout, const std::uint32_t* x, std::uint32_t* out) {
  const int last = layout.rank - 1;
  const Index size = layout.dims[last], step = layout.a[last], outStep = layout.b[last];
  // The axis along which the input lies dense; its elements and those of the last axis form squares.
  int dense = last;
  for (int axis = 0; axis < last; axis++)
    if (layout.a[axis] == 1 && layout.dims[axis] > 1) dense = axis;
  const bool isCopy = step == 1 || outStep != 1 || dense == last;

  // Every axis but the last, the dense one in strips; a block walks through them like an odometer.
  Layout walk = layout;
  walk.rank = last;
  if (!isCopy) {
    walk.dims[dense] = ceilDiv(layout.dims[dense], side);
    walk.a[dense] = side;
    walk.b[dense] = side * layout.b[dense];
  }
  Index places = 1;
  for (int axis = 0; axis < last; axis++) places *= walk.dims[axis];
  const Index cost = isCopy ? size : size * side;
  forBlocks(places, larger(1, blockElements / larger(1, cost)), [&](Index begin, Index end) {
    Index at[maxRank] = {};
    Index from = 0, to = 0, rest = begin;
    for (int axis = last - 1; axis >= 0; axis--) {
      at[axis] = rest % walk.dims[axis];
      rest /= walk.dims[axis];
      from += at[axis] * walk.a[axis];
      to += at[axis] * walk.b[axis];
    }
    for (Index place = begin; place < end; place++) {
      if (isCopy) {
        copyRun(x + from, step, size, out + to, outStep);
      } else {
        const Index rows = smaller(side, layout.dims[dense] - at[dense] * side);
        transposeStrip(x + from, step, rows, size, out + to, layout.b[dense]);
      }
      for (int axis = last - 1; axis >= 0; axis--) {
        from += walk.a[axis];
        to += walk.b[axis];
        if (++at[axis] < walk.dims[axis]) break;
        from -= walk.dims[axis] * walk.a[axis];
        to -= walk.dims[axis] * walk.b[axis];
        at[axis] = 0;
      }
    }
  });
}

void select(const std::uint8_t* condition, const std::uint32_t* x, const std::uint32_t* y, Index size, Index inner, std::uint32_t* out) {
  if (inner == 1) {
    forBlocks(size, blockElements, [&](Index begin, Index end) {
      for (Index i = begin; i < end; i++) out[i] = condition[i] ? x[i] : y[i];
    });
    return;
  }
  forBlocks(size, larger(1, blockElements / inner), [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) copyDense((condition[i] ? x : y) + i * inner, inner, out + i * inner);
  });
}

void oneHot(const std::int32_t* indices, Index count, Index depth, float on, float off, float* out) {
  forBlocks(count, larger(1, blockElements / larger(1, depth)), [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) {
      float* row = out + i * depth;
      for (Index j = 0; j < depth; j++) row[j] = off;
      if (indices[i] >= 0 && indices[i] < depth) row[indices[i]] = on;
    }
  });
}

void castInts(const std::int32_t* x, float* out, Index size) {
  forBlocks(size, blockElements, [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) out[i] = static_cast<float>(x[i]);
  });
}

void castBytes(const std::uint8_t* x, float* out, Index size) {
  forBlocks(size, blockElements, [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) out[i] = static_cast<float>(x[i]);
  });
}

void fill(std::uint32_t* out, Index size, std::uint32_t bits) {
  forBlocks(size, blockElements, [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) out[i] = bits;
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
