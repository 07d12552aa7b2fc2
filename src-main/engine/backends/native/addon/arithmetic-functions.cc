#include "call.h"
#include "functions.h"
#include "thread-pool.h"

namespace native {
namespace {

/** Below this a batch of products runs one product a thread, above it all threads work on each. */
constexpr double smallProduct = 1 << 20;

struct Batch {
  Product first;
  Index aStep, bStep, cStep;
};

void multiplyOne(const void* context, Index i) {
  const Batch& batch = *static_cast<const Batch*>(context);
  Product product = batch.first;
  product.a += i * batch.aStep;
  product.b += i * batch.bStep;
  product.c += i * batch.cStep;
  if (product.slopeAt) product.slopeAt += i * batch.cStep;
  kernels().product(product);
}

/** (a, b, out, batch, m, n, k, isATransposed, isBTransposed, isARepeated, isBRepeated, bias, hasRelu, slope, slopeAt) */
napi_value multiply(napi_env env, napi_callback_info info) {
  Call call(env, info, 15);
  const Index count = call.index(3), m = call.index(4), n = call.index(5), k = call.index(6);
  const bool isATransposed = call.index(7, 1), isBTransposed = call.index(8, 1);
  const bool isARepeated = call.index(9, 1), isBRepeated = call.index(10, 1);
  Batch batch{};
  batch.first.m = m;
  batch.first.n = n;
  batch.first.k = k;
  batch.first.a = call.floats(0, call.sizeOf(isARepeated ? 1 : count, m, k));
  batch.first.b = call.floats(1, call.sizeOf(isBRepeated ? 1 : count, k, n));
  batch.first.c = call.floats(2, call.sizeOf(count, m, n));
  batch.first.bias = call.optionalFloats(11, 1);
  batch.first.isBiasByColumn = batch.first.bias && call.elementsAt(11) > 1;
  if (batch.first.isBiasByColumn) call.floats(11, n);
  batch.first.hasRelu = call.index(12, 1);
  batch.first.slope = call.choice<Slope>(13);
  batch.first.slopeAt = call.optionalFloats(14, call.sizeOf(count, m, n));
  if (call.isGood() && (batch.first.slope == Slope::none) != !batch.first.slopeAt) call.refuse("a slope and where it is taken go together");
  if (!call.isGood() || count == 0 || m == 0 || n == 0) return nullptr;

  // An operand with one row or column lies dense either way; the reading along k is preferred then.
  batch.first.aRow = isATransposed ? 1 : k;
  batch.first.aColumn = isATransposed ? m : 1;
  batch.first.bRow = isBTransposed ? 1 : n;
  batch.first.bColumn = isBTransposed ? k : 1;
  batch.aStep = isARepeated ? 0 : m * k;
  batch.bStep = isBRepeated ? 0 : k * n;
  batch.cStep = m * n;
  const double operations = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  if (operations < smallProduct) parallel(count, multiplyOne, &batch);
  else
    for (Index i = 0; i < count; i++) multiplyOne(&batch, i);
  return nullptr;
}

/** (operation, x, out, alpha) */
napi_value unary(napi_env env, napi_callback_info info) {
  Call call(env, info, 4);
  const auto operation = call.choice<Unary>(0);
  const Index size = call.elementsAt(1);
  const float* x = call.floats(1, size);
  float* out = call.floats(2, size);
  const float alpha = call.number(3);
  if (call.isGood()) kernels().unary(operation, x, out, size, alpha);
  return nullptr;
}

Index sizeOfLayout(Call& call, const Layout& layout) {
  Index size = 1;
  for (int axis = 0; axis < layout.rank; axis++) size = call.sizeOf(size, layout.dims[axis]);
  return size;
}

/** (operation, layout, a, b, out) */
napi_value binary(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  const auto operation = call.choice<Binary>(0);
  const Layout layout = call.layout(1, call.elementsAt(2), call.elementsAt(3));
  const float* a = call.floats(2, 1);
  const float* b = call.floats(3, 1);
  float* out = call.floats(4, sizeOfLayout(call, layout));
  if (call.isGood()) kernels().binary(operation, layout, a, b, out);
  return nullptr;
}

/** (comparison, layout, a, b, out) */
napi_value compare(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  const auto comparison = call.choice<Comparison>(0);
  const Layout layout = call.layout(1, call.elementsAt(2), call.elementsAt(3));
  const float* a = call.floats(2, 1);
  const float* b = call.floats(3, 1);
  std::uint8_t* out = call.bytes(4, sizeOfLayout(call, layout));
  if (call.isGood()) kernels().compare(comparison, layout, a, b, out);
  return nullptr;
}

Reduced reducedAt(Call& call, std::size_t at) {
  const Reduced shape{call.index(at), call.index(at + 1), call.index(at + 2)};
  if (call.isGood() && (shape.outer < 1 || shape.count < 1 || shape.inner < 1)) call.refuse("a reduction over an empty axis");
  return shape;
}

/** (reduction, x, out, outer, count, inner, scale) */
napi_value reduce(napi_env env, napi_callback_info info) {
  Call call(env, info, 7);
  const auto reduction = call.choice<Reduction>(0);
  const Reduced shape = reducedAt(call, 3);
  const float* x = call.floats(1, call.sizeOf(shape.outer, shape.count, shape.inner));
  float* out = call.floats(2, call.sizeOf(shape.outer, shape.inner));
  const float scale = call.number(6);
  if (call.isGood()) kernels().reduce(reduction, shape, x, out, scale);
  return nullptr;
}

/** (x, out, outer, count, inner) */
napi_value argMax(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  const Reduced shape = reducedAt(call, 2);
  const float* x = call.floats(0, call.sizeOf(shape.outer, shape.count, shape.inner));
  std::int32_t* out = call.ints(1, call.sizeOf(shape.outer, shape.inner));
  if (call.isGood()) kernels().argMax(shape, x, out);
  return nullptr;
}

}  // namespace

const Function arithmeticFunctions[] = {
    {"multiply", multiply}, {"unary", unary},   {"binary", binary}, {"compare", compare},
    {"reduce", reduce},     {"argMax", argMax}, {nullptr, nullptr},
};

}  // namespace native
