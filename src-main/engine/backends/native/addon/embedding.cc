/**
 * Rows of a table chosen by tokens, and the transpose: rows summed by token.
 *
 * The transpose sorts the batch by token first (a counting sort), so that each row of the result is written once, by one
 * thread, as a sum of rows in the order of the batch. Tokens outside the vocabulary are left out; the binding refuses
 * them where they would be an error.
 */
#include "isa-names.h"
#include "scratch.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

constexpr Index slabElements = 8192;
/** Columns a thread sums at a time, so that few tokens with many rows still occupy all threads. */
constexpr Index columnBlock = 512;

void addFour(const float* const rows[4], Index width, float* into) {
  const float* __restrict r0 = rows[0];
  const float* __restrict r1 = rows[1];
  const float* __restrict r2 = rows[2];
  const float* __restrict r3 = rows[3];
  float* __restrict to = into;
  for (Index j = 0; j < width; j++) to[j] += (r0[j] + r1[j]) + (r2[j] + r3[j]);
}

void addOne(const float* row, Index width, float* into) {
  const float* __restrict from = row;
  float* __restrict to = into;
  for (Index j = 0; j < width; j++) to[j] += from[j];
}

/** Places of the batch by token: those of token t at one position are order[start[t] … start[t + 1] - 1]. */
struct Sorted {
  std::int32_t* start;
  std::int32_t* order;
};

Sorted sortByToken(const std::int32_t* tokens, Index batch, Index positions, Index vocabulary) {
  const Index starts = vocabulary + 1;
  auto* memory = static_cast<std::int32_t*>(
      scratch(Scratch::order, positions * (starts + batch) * Index{sizeof(std::int32_t)}));
  const Sorted sorted{memory, memory + positions * starts};
  forEach(positions, [&](Index position) {
    std::int32_t* start = sorted.start + position * starts;
    std::int32_t* order = sorted.order + position * batch;
    const auto isKnown = [&](std::int32_t token) { return token >= 0 && token < vocabulary; };
    for (Index t = 0; t < starts; t++) start[t] = 0;
    for (Index b = 0; b < batch; b++) {
      const std::int32_t token = tokens[b * positions + position];
      if (isKnown(token)) start[token + 1]++;
    }
    for (Index t = 0; t < vocabulary; t++) start[t + 1] += start[t];
    // Filling moves each start to the next one's place; shifting them back afterwards restores them.
    for (Index b = 0; b < batch; b++) {
      const std::int32_t token = tokens[b * positions + position];
      if (isKnown(token)) order[start[token]++] = static_cast<std::int32_t>(b);
    }
    for (Index t = vocabulary; t > 0; t--) start[t] = start[t - 1];
    start[0] = 0;
  });
  return sorted;
}

}  // namespace

void embeddingSum(const float* table, const std::int32_t* tokens, Index batch, Index positions, Index vocabulary, Index width, float* out) {
  forBlocks(batch, larger(1, slabElements / larger(1, width)), [&](Index begin, Index end) {
    for (Index b = begin; b < end; b++) {
      const std::int32_t* chosen = tokens + b * positions;
      const float* __restrict first = table + chosen[0] * width;
      float* __restrict to = out + b * width;
      if (positions == 1) {
        for (Index j = 0; j < width; j++) to[j] = first[j];
        continue;
      }
      const float* __restrict second = table + (vocabulary + chosen[1]) * width;
      for (Index j = 0; j < width; j++) to[j] = first[j] + second[j];
      for (Index position = 2; position < positions; position++)
        addOne(table + (position * vocabulary + chosen[position]) * width, width, to);
    }
  });
}

void embeddingScatter(const float* dy, const std::int32_t* tokens, Index batch, Index positions, Index vocabulary, Index width, float* out) {
  const Sorted sorted = sortByToken(tokens, batch, positions, vocabulary);
  const Index blocks = ceilDiv(width, columnBlock);
  forEach(positions * vocabulary * blocks, [&](Index index) {
    const Index row = index / blocks;
    const Index column = index % blocks * columnBlock;
    const Index columns = smaller(columnBlock, width - column);
    const Index position = row / vocabulary;
    const std::int32_t* start = sorted.start + position * (vocabulary + 1) + row % vocabulary;
    const std::int32_t* order = sorted.order + position * batch;
    float* to = out + row * width + column;
    for (Index j = 0; j < columns; j++) to[j] = 0;
    Index i = start[0];
    for (; i + 4 <= start[1]; i += 4) {
      const float* rows[4];
      for (int r = 0; r < 4; r++) rows[r] = dy + order[i + r] * width + column;
      addFour(rows, columns, to);
    }
    for (; i < start[1]; i++) addOne(dy + order[i] * width + column, columns, to);
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
