/** Softmax over rows, and the two losses whose gradient comes out of the same pass. */
#include "isa-names.h"
#include "scalar-math.h"
#include "scratch.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

constexpr Index slabElements = 8192;

Index rowsOfSlab(Index columns) { return larger(1, slabElements / columns); }

float largest(const float* x, Index count) {
  // Two at once would reorder comparisons with NaN, which is left to come through the exponentials.
  float best[lanes];
  for (int v = 0; v < lanes; v++) best[v] = x[0];
  Index i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int v = 0; v < lanes; v++) best[v] = x[i + v] > best[v] ? x[i + v] : best[v];
  for (int half = lanes / 2; half > 0; half /= 2)
    for (int v = 0; v < half; v++) best[v] = best[v + half] > best[v] ? best[v + half] : best[v];
  float result = best[0];
  for (; i < count; i++) result = x[i] > result ? x[i] : result;
  return result;
}

float sumDense(const float* x, Index count) {
  Vec sum[2] = {Vec{}, Vec{}};
  Index i = 0;
  for (; i + 2 * lanes <= count; i += 2 * lanes) {
    sum[0] += load(x + i);
    sum[1] += load(x + i + lanes);
  }
  float total = sumOf(sum[0] + sum[1]);
  for (; i < count; i++) total += x[i];
  return total;
}

/** out = exp(x - largest); returns its sum. */
float exponentials(const float* x, Index count, float top, float* out) {
  const float* __restrict from = x;
  float* __restrict to = out;
  for (Index i = 0; i < count; i++) to[i] = exponential(from[i] - top);
  return sumDense(out, count);
}

/** Sum over rows of what `ofRow` gives, in double and in the order of the rows' slabs. */
template <class OfRow>
double sumOverRows(Index rows, Index columns, const OfRow& ofRow) {
  const Index slabRows = rowsOfSlab(columns);
  const Index slabs = ceilDiv(rows, slabRows);
  double* partial = static_cast<double*>(scratch(Scratch::partial, slabs * Index{sizeof(double)}));
  forBlocks(rows, slabRows, [&](Index begin, Index end) {
    double sum = 0;
    for (Index row = begin; row < end; row++) sum += static_cast<double>(ofRow(row));
    partial[begin / slabRows] = sum;
  });
  double total = 0;
  for (Index slab = 0; slab < slabs; slab++) total += partial[slab];
  return total;
}

}  // namespace

void softmax(const float* x, float* out, Index rows, Index columns, bool isLog) {
  forBlocks(rows, rowsOfSlab(columns), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) {
      const float* from = x + row * columns;
      float* to = out + row * columns;
      const float top = largest(from, columns);
      const float sum = exponentials(from, columns, top, to);
      if (isLog) {
        const float shift = logarithm(sum);
        for (Index j = 0; j < columns; j++) to[j] = (from[j] - top) - shift;
      } else {
        for (Index j = 0; j < columns; j++) to[j] /= sum;
      }
    }
  });
}

/** In passes over a few rows, because a row's own sums would each wait for the one before. */
void crossEntropy(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient) {
  const float share = 1.0f / static_cast<float>(rows);
  const Index slabRows = rowsOfSlab(columns), slabs = ceilDiv(rows, slabRows);
  double* partial = static_cast<double*>(scratch(Scratch::partial, slabs * Index{sizeof(double)}));
  forBlocks(rows, slabRows, [&](Index begin, Index end) {
    const Index count = end - begin;
    float* tops = static_cast<float*>(scratch(Scratch::order, 2 * count * Index{sizeof(float)}));
    float* sums = tops + count;
    const float* from = logits + begin * columns;
    float* to = gradient + begin * columns;
    for (Index row = 0; row < count; row++) tops[row] = largest(from + row * columns, columns);
    for (Index row = 0; row < count; row++) {
      const float* __restrict x = from + row * columns;
      float* __restrict y = to + row * columns;
      const float top = tops[row];
      for (Index j = 0; j < columns; j++) y[j] = x[j] - top;
    }
    for (Index i = 0; i < count * columns; i++) to[i] = exponential(to[i]);
    for (Index row = 0; row < count; row++) sums[row] = sumDense(to + row * columns, columns);
    double total = 0;
    for (Index row = 0; row < count; row++) {
      float* __restrict y = to + row * columns;
      const float scale = share / sums[row];
      for (Index j = 0; j < columns; j++) y[j] *= scale;
      const Index label = labels[begin + row];
      y[label] -= share;
      tops[row] = from[row * columns + label] - tops[row];
    }
    for (Index row = 0; row < count; row++) sums[row] = logarithm(sums[row]) - tops[row];
    for (Index row = 0; row < count; row++) total += static_cast<double>(sums[row]);
    partial[begin / slabRows] = total;
  });
  double total = 0;
  for (Index slab = 0; slab < slabs; slab++) total += partial[slab];
  *loss = static_cast<float>(total / static_cast<double>(rows));
}

/**
 * Everything after the logits in double. In float a probability within 6e-8 of 1 is 1, its loss and gradient 0, and a
 * network that fits its training set stops learning.
 */
void crossEntropyInDouble(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient) {
  const double share = 1 / static_cast<double>(rows);
  const double total = sumOverRows(rows, columns, [&](Index row) {
    const float* __restrict from = logits + row * columns;
    float* __restrict to = gradient + row * columns;
    double* __restrict exponentials =
        static_cast<double*>(scratch(Scratch::order, columns * Index{sizeof(double)}));
    const double top = static_cast<double>(largest(from, columns));
    for (Index j = 0; j < columns; j++) exponentials[j] = exponentialInDouble(static_cast<double>(from[j]) - top);
    // What the other classes have is summed apart: against 1 it would be rounded away.
    const Index label = labels[row];
    const double own = exponentials[label];
    exponentials[label] = 0;
    double others = 0;
    for (Index j = 0; j < columns; j++) others += exponentials[j];
    const double sum = own + others;
    const double scale = share / sum;
    for (Index j = 0; j < columns; j++) to[j] = static_cast<float>(exponentials[j] * scale);
    to[label] = static_cast<float>(-others * scale);
    // log(sum) - log(own), which near 1 is best taken as log1p. NaN goes through both.
    return others < own ? __builtin_log1p(others / own) : __builtin_log(sum) - (static_cast<double>(from[label]) - top);
  });
  *loss = static_cast<float>(total / static_cast<double>(rows));
}

void oneHotError(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient) {
  const double size = static_cast<double>(rows) * static_cast<double>(columns);
  const float share = static_cast<float>(2 / size);
  const double total = sumOverRows(rows, columns, [&](Index row) {
    const float* __restrict from = logits + row * columns;
    float* __restrict to = gradient + row * columns;
    Vec sum = Vec{};
    Index j = 0;
    for (; j + lanes <= columns; j += lanes) {
      const Vec value = load(from + j);
      sum += value * value;
      store(to + j, value * splat(share));
    }
    float squares = sumOf(sum);
    for (; j < columns; j++) {
      squares += from[j] * from[j];
      to[j] = from[j] * share;
    }
    const float wanted = from[labels[row]];
    to[labels[row]] = (wanted - 1) * share;
    // The label's own term was summed as z^2 and is (z - 1)^2. Taken back in double, where it cancels exactly enough.
    const double before = static_cast<double>(wanted) * static_cast<double>(wanted);
    const double after = (static_cast<double>(wanted) - 1) * (static_cast<double>(wanted) - 1);
    return static_cast<double>(squares) - before + after;
  });
  *loss = static_cast<float>(total / size);
}

}  // namespace NATIVE_ISA
}  // namespace native
