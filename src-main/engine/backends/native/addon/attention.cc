/**
 * Attention of few keys, read where the projections left them: no transposes, no product of small matrices.
 *
 *   q [batch, query, head, width],  kv [batch, key, 2, head, width] (keys, then values)  ->  z as q
 *   pattern [batch, head, query, key] = softmax over keys of q k / scale; a key that a query must not see scores -1e30
 *
 * An example is one piece of work: every sum has one order, whatever the number of threads.
 */
#include "isa-names.h"
#include "scalar-math.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

/** Multiplications a thread takes at a time. */
constexpr Index slabOperations = 65536;
constexpr float forbidden = -1e30f;

float dot(const float* x, const float* y, Index count) {
  Vec sum = Vec{};
  Index i = 0;
  for (; i + lanes <= count; i += lanes) sum += load(x + i) * load(y + i);
  float total = i > 0 ? sumOf(sum) : 0;
  for (; i < count; i++) total += x[i] * y[i];
  return total;
}

/** to += factor · from */
void addScaled(float factor, const float* from, Index count, float* to) {
  const float* __restrict x = from;
  float* __restrict y = to;
  for (Index i = 0; i < count; i++) y[i] += factor * x[i];
}

void clear(float* to, Index count) {
  for (Index i = 0; i < count; i++) to[i] = 0;
}

void softmaxRow(float* row, Index count) {
  float top = row[0];
  for (Index j = 1; j < count; j++) top = row[j] > top ? row[j] : top;
  float sum = 0;
  for (Index j = 0; j < count; j++) row[j] = exponential(row[j] - top);
  for (Index j = 0; j < count; j++) sum += row[j];
  for (Index j = 0; j < count; j++) row[j] /= sum;
}

bool sees(const Attention& shape, Index example, Index query, Index key) {
  if (shape.at && key > shape.at[query]) return false;
  return !shape.mask || shape.mask[example * shape.keys + key] != 0;
}

Index examplesAtATime(const Attention& shape) {
  return larger(1, slabOperations / larger(1, shape.queries * shape.keys * shape.heads * shape.width));
}

/** Where the rows of one example and head lie. */
struct Rows {
  Index width, row;
  const float* q;
  const float* k;
  const float* v;
};

Rows rowsOf(const Attention& shape, const float* q, const float* kv, Index example, Index head) {
  const Index row = shape.heads * shape.width;
  const float* keys = kv + example * shape.keys * 2 * row + head * shape.width;
  return {shape.width, row, q + example * shape.queries * row + head * shape.width, keys, keys + row};
}

}  // namespace

void attend(const Attention& shape, const float* q, const float* kv, float* z, float* pattern) {
  forBlocks(shape.batch, examplesAtATime(shape), [&](Index begin, Index end) {
    for (Index example = begin; example < end; example++) {
      for (Index head = 0; head < shape.heads; head++) {
        const Rows rows = rowsOf(shape, q, kv, example, head);
        for (Index i = 0; i < shape.queries; i++) {
          float* row = pattern + ((example * shape.heads + head) * shape.queries + i) * shape.keys;
          for (Index j = 0; j < shape.keys; j++)
            row[j] = sees(shape, example, i, j) ? dot(rows.q + i * rows.row, rows.k + j * 2 * rows.row, rows.width) / shape.scale
                                                : forbidden;
          softmaxRow(row, shape.keys);
          float* to = z + (rows.q - q) + i * rows.row;
          clear(to, rows.width);
          for (Index j = 0; j < shape.keys; j++) addScaled(row[j], rows.v + j * 2 * rows.row, rows.width, to);
        }
      }
    }
  });
}

void attendGradient(const Attention& shape, const float* dz, const float* q, const float* kv, const float* pattern, float* dq, float* dkv) {
  forBlocks(shape.batch, examplesAtATime(shape), [&](Index begin, Index end) {
    for (Index example = begin; example < end; example++) {
      const Index size = shape.keys * 2 * shape.heads * shape.width;
      clear(dkv + example * size, size);
      for (Index head = 0; head < shape.heads; head++) {
        const Rows rows = rowsOf(shape, q, kv, example, head);
        float* dk = dkv + (rows.k - kv);
        float* dv = dk + rows.row;
        for (Index i = 0; i < shape.queries; i++) {
          const float* row = pattern + ((example * shape.heads + head) * shape.queries + i) * shape.keys;
          const Index at = rows.q - q + i * rows.row;
          float mean = 0;
          for (Index j = 0; j < shape.keys; j++) {
            mean += row[j] * dot(dz + at, rows.v + j * 2 * rows.row, rows.width);
            addScaled(row[j], dz + at, rows.width, dv + j * 2 * rows.row);
          }
          clear(dq + at, rows.width);
          for (Index j = 0; j < shape.keys; j++) {
            if (!sees(shape, example, i, j)) continue;
            const float change = dot(dz + at, rows.v + j * 2 * rows.row, rows.width) - mean;
            const float score = row[j] * change / shape.scale;
            addScaled(score, rows.k + j * 2 * rows.row, rows.width, dq + at);
            addScaled(score, q + at, rows.width, dk + j * 2 * rows.row);
          }
        }
      }
    }
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
