/**
 * Attention of few keys, read where the projections left them: no transposes, no product of small matrices.
 *
 *   q [batch, query, head, width],  kv [batch, key, 2, head, width] (keys, then values)  ->  z as q
 *   pattern [batch, head, query, key] = softmax over keys of q k / scale; a key that a query must not see scores -1e30
 *
 * With `places`, kv is a table [row, 2, head, width] that each key's row is chosen from. Its gradient is summed over slabs
 * of examples, as many as the shape says, and then over the slabs: every sum has one order, whatever the number of threads.
 */
#include "isa-names.h"
#include "scalar-math.h"
#include "scratch.h"
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

/** to = sum over j of factors[j] · the row at j. */
template <class RowAt>
void mix(const float* factors, const RowAt& rowAt, Index count, Index width, float* to) {
  Index w = 0;
  for (; w + lanes <= width; w += lanes) {
    Vec sum = Vec{};
    for (Index j = 0; j < count; j++) sum += splat(factors[j]) * load(rowAt(j) + w);
    store(to + w, sum);
  }
  for (; w < width; w++) {
    float sum = 0;
    for (Index j = 0; j < count; j++) sum += factors[j] * rowAt(j)[w];
    to[w] = sum;
  }
}

/** to = or += factor · from */
void putScaled(float factor, const float* from, Index count, bool isFirst, float* to) {
  const float* __restrict x = from;
  float* __restrict y = to;
  if (isFirst)
    for (Index i = 0; i < count; i++) y[i] = factor * x[i];
  else
    for (Index i = 0; i < count; i++) y[i] += factor * x[i];
}

void clear(float* to, Index count) {
  for (Index i = 0; i < count; i++) to[i] = 0;
}

/** Softmax of each row, its exponentials taken together with those of the others: a row alone is shorter than a vector. */
void softmaxRows(float* rows, Index count, Index width) {
  for (float* row = rows; row < rows + count * width; row += width) {
    float top = row[0];
    for (Index j = 1; j < width; j++) top = row[j] > top ? row[j] : top;
    for (Index j = 0; j < width; j++) row[j] -= top;
  }
  for (Index i = 0; i < count * width; i++) rows[i] = exponential(rows[i]);
  for (float* row = rows; row < rows + count * width; row += width) {
    float sum = 0;
    for (Index j = 0; j < width; j++) sum += row[j];
    const float share = 1 / sum;
    for (Index j = 0; j < width; j++) row[j] *= share;
  }
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
  const Attention& shape;
  Index example, head;
  Index row() const { return shape.heads * shape.width; }
  Index query(Index i) const { return (example * shape.queries + i) * row() + head * shape.width; }
  Index key(Index j) const {
    const Index at = example * shape.keys + j;
    return (shape.places ? shape.places[at] : at) * 2 * row() + head * shape.width;
  }
  Index value(Index j) const { return key(j) + row(); }
};

/** body(rows, query, its row of the pattern) for each example, head and query of a stretch of the batch. */
template <class Pattern, class Body>
void eachQuery(const Attention& shape, Index begin, Index end, Pattern* pattern, const Body& body) {
  Pattern* row = pattern + begin * shape.heads * shape.queries * shape.keys;
  for (Index example = begin; example < end; example++)
    for (Index head = 0; head < shape.heads; head++)
      for (Index i = 0; i < shape.queries; i++, row += shape.keys) body(Rows{shape, example, head}, i, row);
}

constexpr Index lineFloats = 16;

/** Rows that lie dense, of the example after this one: heads read them in pieces, which no processor foresees. */
void fetchNext(const Rows& rows, Index query, const float* kv) {
  const Attention& shape = rows.shape;
  if (shape.places || rows.head > 0 || query > 0 || rows.example + 1 >= shape.batch) return;
  const Index size = shape.keys * 2 * rows.row();
  const float* next = kv + (rows.example + 1) * size;
  for (Index i = 0; i < size; i += lineFloats) __builtin_prefetch(next + i);
}

/** dq, and what this stretch of the batch adds to dkv, which begins as zeros. */
void gradientOf(const AttentionArrays& arrays, const Attention& shape, Index begin, Index end, float* dkv) {
  const float scale = 1 / shape.scale;
  float* slopes = static_cast<float*>(scratch(Scratch::order, shape.keys * Index{sizeof(float)}));
  const float *dz = arrays.dz, *q = arrays.q, *kv = arrays.kv;
  eachQuery(shape, begin, end, arrays.pattern, [&](const Rows& rows, Index i, const float* row) {
    fetchNext(rows, i, kv);
    const Index at = rows.query(i);
    float mean = 0;
    for (Index j = 0; j < shape.keys; j++) {
      slopes[j] = dot(dz + at, kv + rows.value(j), shape.width);
      mean += row[j] * slopes[j];
    }
    // Keys that lie dense are each one example's own: what its first query gives them is not added but put.
    const bool isFirst = !shape.places && i == 0;
    for (Index j = 0; j < shape.keys; j++) {
      slopes[j] = sees(shape, rows.example, i, j) ? row[j] * (slopes[j] - mean) * scale : 0;
      putScaled(row[j], dz + at, shape.width, isFirst, dkv + rows.value(j));
      putScaled(slopes[j], q + at, shape.width, isFirst, dkv + rows.key(j));
    }
    mix(slopes, [&](Index j) { return kv + rows.key(j); }, shape.keys, shape.width, arrays.dq + at);
  });
}

constexpr Index mostSlabs = 8;
constexpr Index leastExamples = 64;

}  // namespace

void attend(const Attention& shape, const float* q, const float* kv, float* z, float* pattern) {
  const float scale = 1 / shape.scale;
  forBlocks(shape.batch, examplesAtATime(shape), [&](Index begin, Index end) {
    eachQuery(shape, begin, end, pattern, [&](const Rows& rows, Index i, float* row) {
      fetchNext(rows, i, kv);
      for (Index j = 0; j < shape.keys; j++)
        row[j] = sees(shape, rows.example, i, j) ? dot(q + rows.query(i), kv + rows.key(j), shape.width) * scale : forbidden;
    });
    const Index ofExample = shape.heads * shape.queries;
    softmaxRows(pattern + begin * ofExample * shape.keys, (end - begin) * ofExample, shape.keys);
    eachQuery(shape, begin, end, pattern, [&](const Rows& rows, Index i, float* row) {
      mix(row, [&](Index j) { return kv + rows.value(j); }, shape.keys, shape.width, z + rows.query(i));
    });
  });
}

void attendGradient(const Attention& shape, const AttentionArrays& arrays) {
  if (!shape.places) {
    forBlocks(shape.batch, examplesAtATime(shape), [&](Index begin, Index end) {
      gradientOf(arrays, shape, begin, end, arrays.dkv);
    });
    return;
  }
  const Index size = shape.rows * 2 * shape.heads * shape.width;
  const Index slabs = larger(1, smaller(mostSlabs, shape.batch / leastExamples));
  const Index examples = larger(1, ceilDiv(shape.batch, slabs));
  float* partial = static_cast<float*>(scratch(Scratch::partial, slabs * size * Index{sizeof(float)}));
  forEach(slabs, [&](Index slab) {
    clear(partial + slab * size, size);
    gradientOf(arrays, shape, smaller(shape.batch, slab * examples), smaller(shape.batch, (slab + 1) * examples), partial + slab * size);
  });
  forBlocks(size, blockElements, [&](Index begin, Index end) {
    for (Index i = begin; i < end; i++) {
      float sum = partial[i];
      for (Index slab = 1; slab < slabs; slab++) sum += partial[slab * size + i];
      arrays.dkv[i] = sum;
    }
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
