/** LayerNorm and RMSNorm of rows without their weights, and what their gradients become. */
#include "isa-names.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

constexpr Index slabElements = 8192;

/** Sum of x - shift (or of (x - shift) · y), in vectors of their own and then together. */
float sumShifted(const float* x, Index count, float shift) {
  Vec sum[2] = {Vec{}, Vec{}};
  const Vec by = splat(shift);
  Index i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum[0] += load(x + i) - by;
    sum[1] += load(x + i + lanes) - by;
  }
  float total = sumOf(sum[0] + sum[1]);
  for (; i < count; i++) total += x[i] - shift;
  return total;
}

float sumProducts(const float* x, const float* y, Index count, float shift) {
  Vec sum[2] = {Vec{}, Vec{}};
  const Vec by = splat(shift);
  Index i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum[0] += (load(x + i) - by) * (load(y + i) - by);
    sum[1] += (load(x + i + lanes) - by) * (load(y + i + lanes) - by);
  }
  float total = sumOf(sum[0] + sum[1]);
  for (; i < count; i++) total += (x[i] - shift) * (y[i] - shift);
  return total;
}

}  // namespace

void normalize(const float* x, Index rows, Index width, float epsilon, bool isCentred, float* out, float* scales) {
  const float count = static_cast<float>(width);
  forBlocks(rows, larger(1, slabElements / width), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) {
      const float* __restrict from = x + row * width;
      float* __restrict to = out + row * width;
      const float mean = isCentred ? sumShifted(from, width, 0) / count : 0;
      const float scale = __builtin_sqrtf(sumProducts(from, from, width, mean) / count + epsilon);
      for (Index j = 0; j < width; j++) to[j] = (from[j] - mean) / scale;
      scales[row] = scale;
    }
  });
}

/** dx = ( dy - mean(dy) - y · mean(dy · y) ) / scale, the first mean only where the rows were centred. */
void normalizeGradient(const float* dy, const float* y, const float* scales, Index rows, Index width, bool isCentred, float* dx) {
  const float count = static_cast<float>(width);
  forBlocks(rows, larger(1, slabElements / width), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) {
      const float* __restrict from = dy + row * width;
      const float* __restrict normal = y + row * width;
      float* __restrict to = dx + row * width;
      const float mean = isCentred ? sumShifted(from, width, 0) / count : 0;
      const float along = sumProducts(from, normal, width, 0) / count;
      const float scale = scales[row];
      for (Index j = 0; j < width; j++) to[j] = (from[j] - mean - normal[j] * along) / scale;
    }
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
