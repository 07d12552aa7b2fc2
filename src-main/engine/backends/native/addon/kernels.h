/**
 * The arithmetic behind the backend, as one table of functions per instruction set.
 *
 * 1. Every file of kernels (gemm, elementwise, reduce, softmax, attention, …) is compiled once per instruction set,
 *    each time into a namespace of its own, NATIVE_ISA. isa.cc collects them in a table.
 * 2. The binding looks at the processor when it is loaded and takes the best table.
 * 3. Kernels split their work among threads by the problem's shape, never by the number of threads, and sum in a fixed
 *    order, so that results have the same bits with any number of threads.
 *
 * Lengths are ptrdiff_t: `long` has 32 bits on some systems. Kernels trust their arguments; the binding checks them.
 * The kernel files use no templates of the standard library: the linker may keep the copy of such a function that was
 * compiled for the widest instruction set, for everyone.
 */
#pragma once

#include <cstddef>
#include <cstdint>

namespace native {

using Index = std::ptrdiff_t;

/** What a product is multiplied by, element by element: the slope of an activation at x. */
enum class Slope : std::int32_t { none, quadratic, relu, count };

/** C [m, n] = A [m, k] · B [k, n]; operands by strides, one of each pair being 1. C is dense. */
struct Product {
  Index m, n, k;
  const float* a;
  Index aRow, aColumn;
  const float* b;
  Index bRow, bColumn;
  float* c;
  /** Added to each row of C when not null. */
  const float* bias;
  /** 0, or n when every column has its own. */
  bool isBiasByColumn;
  /** max(C, 0) at the end. */
  bool hasRelu;
  /** C is then multiplied by the slope at each of these. Dense as C; null without one. */
  const float* slopeAt;
  Slope slope;
};

enum class Unary : std::int32_t {
  negate, absolute, square, root, inverseRoot, reciprocal, exponential, logarithm, tangent, sigmoid, relu, step, error,
  gelu, geluTanh, silu, count
};
enum class Binary : std::int32_t {
  add, subtract, multiply, divide, maximum, minimum, squaredDifference, squareGradient, reluGradient,
  geluGradient, geluTanhGradient, siluGradient, count
};
enum class Comparison : std::int32_t { equal, notEqual, greater, greaterEqual, less, lessEqual, count };
enum class Reduction : std::int32_t { sum, maximum, minimum, count };

constexpr int maxRank = 6;

/** How two arrays run along the axes of an operation, outermost first. A stride of 0 repeats. */
struct Layout {
  int rank;
  Index dims[maxRank];
  Index a[maxRank];
  Index b[maxRank];
};

struct Adam {
  float learningRate, beta1, beta2, epsilon, decay;
  /** 1 / (1 - beta1^t) and 1 / sqrt(1 - beta2^t). */
  float firstCorrection, secondCorrection;
};

/** One parameter's arrays, of `size` elements each. */
struct AdamPart {
  const float *param, *grad, *m, *v;
  float *nextParam, *nextM, *nextV;
  Index size;
};

/** Heads of `width` numbers each; see attention.cc. */
struct Attention {
  Index batch, queries, keys, heads, width;
  float scale;
  /** Position of each query, which sees no key after it. Null: it sees all. */
  const std::int32_t* at;
  /** [batch, key], 0 for keys that nobody sees. Null: all are seen. */
  const float* mask;
  /** [batch, key]: rows of a table of `rows` that keys and values are read from. Null: each key has its own. */
  const std::int32_t* places;
  Index rows;
};

struct AttentionArrays {
  const float *dz, *q, *kv, *pattern;
  float *dq, *dkv;
};

/** A tensor [outer, count, inner], of which the middle axis is reduced. */
struct Reduced {
  Index outer, count, inner;
};

struct Kernels {
  const char* instructionSet;
  void (*product)(const Product&);
  void (*unary)(Unary, const float* x, float* out, Index size, float alpha);
  void (*binary)(Binary, const Layout&, const float* a, const float* b, float* out);
  void (*compare)(Comparison, const Layout&, const float* a, const float* b, std::uint8_t* out);
  void (*reduce)(Reduction, const Reduced&, const float* x, float* out, float scale);
  void (*argMax)(const Reduced&, const float* x, std::int32_t* out);
  void (*softmax)(const float* x, float* out, Index rows, Index columns, bool isLog);
  /** Mean negative log likelihood into `loss`, and its gradient into `gradient`. */
  void (*crossEntropy)(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient);
  /** Mean squared distance from one-hot labels into `loss`, and its gradient into `gradient`. */
  void (*oneHotError)(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient);
  /** out [batch, width] = sum over positions of table [position, vocabulary, width] at tokens [batch, position]. */
  void (*embeddingSum)(const float* table, const std::int32_t* tokens, Index batch, Index positions, Index vocabulary, Index width, float* out);
  /** The transpose of it: rows of dy [batch, width] summed by token into out [position, vocabulary, width]. */
  void (*embeddingScatter)(const float* dy, const std::int32_t* tokens, Index batch, Index positions, Index vocabulary, Index width, float* out);
  /** out [outer, count, inner] = rows of x [outer, size, inner] at indices [count]. Elements of four bytes. */
  void (*gather)(const std::uint32_t* x, const std::int32_t* indices, Index outer, Index size, Index inner, Index count, std::uint32_t* out);
  /** Copies from places along the layout's first strides to places along its second. Elements of four bytes. */
  void (*rearrange)(const Layout&, const std::uint32_t* x, std::uint32_t* out);
  /** out [size, inner] = rows of x where the condition is not 0, of y where it is. Elements of four bytes. */
  void (*select)(const std::uint8_t* condition, const std::uint32_t* x, const std::uint32_t* y, Index size, Index inner, std::uint32_t* out);
  /** `rows` runs of `size` elements, from and to places that far apart. Elements of four bytes. */
  void (*copyRows)(const std::uint32_t* x, Index fromStep, std::uint32_t* out, Index toStep, Index rows, Index size);
  void (*oneHot)(const std::int32_t* indices, Index count, Index depth, float on, float off, float* out);
  void (*castInts)(const std::int32_t* x, float* out, Index size);
  void (*castBytes)(const std::uint8_t* x, float* out, Index size);
  void (*fill)(std::uint32_t* out, Index size, std::uint32_t bits);
  void (*adam)(const Adam&, const AdamPart* parts, Index count);
  /** As crossEntropy, with every exponential, sum and difference in double. */
  void (*crossEntropyInDouble)(const float* logits, const std::int32_t* labels, Index rows, Index columns, float* loss, float* gradient);
  /** Rows divided by the root of their mean square (plus epsilon), centred first or not; the roots into `scales`. */
  void (*normalize)(const float* x, Index rows, Index width, float epsilon, bool isCentred, float* out, float* scales);
  void (*normalizeGradient)(const float* dy, const float* y, const float* scales, Index rows, Index width, bool isCentred, float* dx);
  void (*attend)(const Attention&, const float* q, const float* kv, float* z, float* pattern);
  void (*attendGradient)(const Attention&, const AttentionArrays&);
};

}  // namespace native
