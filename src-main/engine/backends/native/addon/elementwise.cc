/** One output element from one element of each operand. Plain loops: the compiler makes vectors of them. */
#include "isa-names.h"
#include "scalar-math.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

template <class Map>
void mapAll(const float* x, float* out, Index size, Index block, const Map& map) {
  forBlocks(size, block, [&](Index begin, Index end) {
    const float* __restrict from = x;
    float* __restrict to = out;
    for (Index i = begin; i < end; i++) to[i] = map(from[i]);
  });
}

/** Along the innermost axis, where an operand either advances by one or repeats. */
template <class Out, class Map>
void mapRow(Index size, const float* a, bool aMoves, const float* b, bool bMoves, Out* out, const Map& map) {
  const float* __restrict left = a;
  const float* __restrict right = b;
  Out* __restrict to = out;
  if (aMoves && bMoves) {
    for (Index i = 0; i < size; i++) to[i] = map(left[i], right[i]);
  } else if (aMoves) {
    const float one = *right;
    for (Index i = 0; i < size; i++) to[i] = map(left[i], one);
  } else if (bMoves) {
    const float one = *left;
    for (Index i = 0; i < size; i++) to[i] = map(one, right[i]);
  } else {
    const Out one = map(*left, *right);
    for (Index i = 0; i < size; i++) to[i] = one;
  }
}

/** Offsets of both operands at the start of a row. */
void offsetsOf(const Layout& layout, Index row, Index& a, Index& b) {
  a = b = 0;
  for (int axis = layout.rank - 2; axis >= 0; axis--) {
    const Index at = row % layout.dims[axis];
    row /= layout.dims[axis];
    a += at * layout.a[axis];
    b += at * layout.b[axis];
  }
}

template <class Out, class Map>
void mapLayout(const Layout& layout, const float* a, const float* b, Out* out, const Map& map) {
  const int last = layout.rank - 1;
  const Index size = layout.dims[last];
  const bool aMoves = layout.a[last] != 0, bMoves = layout.b[last] != 0;
  Index rows = 1;
  for (int axis = 0; axis < last; axis++) rows *= layout.dims[axis];
  if (rows == 1) {
    forBlocks(size, blockElements, [&](Index begin, Index end) {
      mapRow(end - begin, a + (aMoves ? begin : 0), aMoves, b + (bMoves ? begin : 0), bMoves, out + begin, map);
    });
    return;
  }
  forBlocks(rows, larger(1, blockElements / size), [&](Index begin, Index end) {
    for (Index row = begin; row < end; row++) {
      Index atA, atB;
      offsetsOf(layout, row, atA, atB);
      mapRow(size, a + atA, aMoves, b + atB, bMoves, out + row * size, map);
    }
  });
}

/** Elements a thread takes at a time where each costs some twenty operations. */
constexpr Index costlyBlock = 4096;

}  // namespace

void mapUnary(Unary unary, const float* x, float* out, Index size, float alpha) {
  switch (unary) {
    case Unary::negate: return mapAll(x, out, size, blockElements, [](float v) { return -v; });
    case Unary::absolute: return mapAll(x, out, size, blockElements, [](float v) { return __builtin_fabsf(v); });
    case Unary::square: return mapAll(x, out, size, blockElements, [](float v) { return v * v; });
    case Unary::root: return mapAll(x, out, size, blockElements, [](float v) { return __builtin_sqrtf(v); });
    case Unary::inverseRoot: return mapAll(x, out, size, blockElements, [](float v) { return 1.0f / __builtin_sqrtf(v); });
    case Unary::reciprocal: return mapAll(x, out, size, blockElements, [](float v) { return 1.0f / v; });
    case Unary::exponential: return mapAll(x, out, size, costlyBlock, [](float v) { return exponential(v); });
    case Unary::logarithm: return mapAll(x, out, size, costlyBlock, [](float v) { return logarithm(v); });
    case Unary::tangent: return mapAll(x, out, size, costlyBlock, [](float v) { return tangent(v); });
    case Unary::sigmoid:
      return mapAll(x, out, size, costlyBlock, [](float v) { return 1.0f / (1.0f + exponential(-v)); });
    // The comparison is false for NaN, which therefore stays.
    case Unary::relu: return mapAll(x, out, size, blockElements, [](float v) { return v < 0 ? 0.0f : v; });
    case Unary::step:
      return mapAll(x, out, size, blockElements, [=](float v) { return v != v ? v : v > 0 ? 1.0f : alpha; });
    case Unary::error: return mapAll(x, out, size, costlyBlock, [](float v) { return errorFunction(v); });
    case Unary::gelu: return mapAll(x, out, size, costlyBlock, [](float v) { return gelu(v); });
    case Unary::geluTanh: return mapAll(x, out, size, costlyBlock, [](float v) { return geluTanh(v); });
    case Unary::silu: return mapAll(x, out, size, costlyBlock, [](float v) { return v / (1.0f + exponential(-v)); });
    case Unary::count: return;
  }
}

void mapBinary(Binary binary, const Layout& layout, const float* a, const float* b, float* out) {
  switch (binary) {
    case Binary::add: return mapLayout(layout, a, b, out, [](float x, float y) { return x + y; });
    case Binary::subtract: return mapLayout(layout, a, b, out, [](float x, float y) { return x - y; });
    case Binary::multiply: return mapLayout(layout, a, b, out, [](float x, float y) { return x * y; });
    case Binary::divide: return mapLayout(layout, a, b, out, [](float x, float y) { return x / y; });
    // A NaN on either side is the result: x is taken when it is NaN, y when no comparison holds.
    case Binary::maximum: return mapLayout(layout, a, b, out, [](float x, float y) { return x > y || x != x ? x : y; });
    case Binary::minimum: return mapLayout(layout, a, b, out, [](float x, float y) { return x < y || x != x ? x : y; });
    case Binary::squaredDifference:
      return mapLayout(layout, a, b, out, [](float x, float y) { return (x - y) * (x - y); });
    case Binary::squareGradient: return mapLayout(layout, a, b, out, [](float dy, float x) { return dy * (x + x); });
    case Binary::reluGradient:
      // dy · step(x), where the step of NaN is NaN.
      return mapLayout(layout, a, b, out, [](float dy, float x) { return x > 0 ? dy : x != x ? x : dy * 0.0f; });
    case Binary::geluGradient:
      return mapLayout(layout, a, b, out, [](float dy, float x) { return dy * geluSlope(x); });
    case Binary::geluTanhGradient:
      return mapLayout(layout, a, b, out, [](float dy, float x) { return dy * geluTanhSlope(x); });
    case Binary::siluGradient:
      return mapLayout(layout, a, b, out, [](float dy, float x) {
        const float share = 1.0f / (1.0f + exponential(-x));
        return dy * (share + x * share * (1.0f - share));
      });
    case Binary::count: return;
  }
}

void compare(Comparison comparison, const Layout& layout, const float* a, const float* b, std::uint8_t* out) {
  switch (comparison) {
    case Comparison::equal: return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x == y}; });
    case Comparison::notEqual: return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x != y}; });
    case Comparison::greater: return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x > y}; });
    case Comparison::greaterEqual:
      return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x >= y}; });
    case Comparison::less: return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x < y}; });
    case Comparison::lessEqual: return mapLayout(layout, a, b, out, [](float x, float y) { return std::uint8_t{x <= y}; });
    case Comparison::count: return;
  }
}

}  // namespace NATIVE_ISA
}  // namespace native
