#include "call.h"
#include "functions.h"

namespace native {
namespace {

/** (x, indices, out, outer, size, inner, count) */
napi_value gather(napi_env env, napi_callback_info info) {
  Call call(env, info, 7);
  const Index outer = call.index(3), size = call.index(4), inner = call.index(5), count = call.index(6);
  const std::uint32_t* x = call.words(0, call.sizeOf(outer, size, inner));
  const std::int32_t* indices = call.ints(1, count);
  std::uint32_t* out = call.words(2, call.sizeOf(outer, count, inner));
  call.holdInside("index", "an axis", indices, count, size);
  if (call.isGood()) kernels().gather(x, indices, outer, size, inner, count, out);
  return nullptr;
}

/** (layout, x, fromStart, out, toStart) */
napi_value rearrange(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  const Index fromStart = call.index(2), toStart = call.index(4);
  const Layout layout = call.layout(0, call.elementsAt(1) - fromStart, call.elementsAt(3) - toStart);
  for (int axis = 0; axis < layout.rank; axis++)
    if (layout.dims[axis] > 1 && layout.b[axis] == 0) call.refuse("a layout that writes to one place twice");
  const std::uint32_t* x = call.words(1, fromStart);
  std::uint32_t* out = call.words(3, toStart);
  if (call.isGood()) kernels().rearrange(layout, x + fromStart, out + toStart);
  return nullptr;
}

/** (condition, x, y, out, size, inner) */
napi_value select(napi_env env, napi_callback_info info) {
  Call call(env, info, 6);
  const Index size = call.index(4), inner = call.index(5);
  const Index whole = call.sizeOf(size, inner);
  const std::uint8_t* condition = call.bytes(0, size);
  const std::uint32_t* x = call.words(1, whole);
  const std::uint32_t* y = call.words(2, whole);
  std::uint32_t* out = call.words(3, whole);
  if (call.isGood() && whole > 0) kernels().select(condition, x, y, size, inner, out);
  return nullptr;
}

/** (x, fromStart, fromStep, out, toStart, toStep, rows, size) */
napi_value copyRows(napi_env env, napi_callback_info info) {
  Call call(env, info, 8);
  const Index fromStart = call.index(1), fromStep = call.index(2), toStart = call.index(4), toStep = call.index(5);
  const Index rows = call.index(6), size = call.index(7);
  if (!call.isGood() || rows == 0 || size == 0) return nullptr;
  const std::uint32_t* x = call.words(0, fromStart + call.sizeOf(fromStep, rows - 1) + size);
  std::uint32_t* out = call.words(3, toStart + call.sizeOf(toStep, rows - 1) + size);
  if (call.isGood()) kernels().copyRows(x + fromStart, fromStep, out + toStart, toStep, rows, size);
  return nullptr;
}

/** (indices, out, count, depth, on, off); an index outside the depth gives a row of `off`. */
napi_value oneHot(napi_env env, napi_callback_info info) {
  Call call(env, info, 6);
  const Index count = call.index(2), depth = call.index(3);
  const std::int32_t* indices = call.ints(0, count);
  float* out = call.floats(1, call.sizeOf(count, depth));
  const float on = call.number(4), off = call.number(5);
  if (call.isGood()) kernels().oneHot(indices, count, depth, on, off, out);
  return nullptr;
}

/** (x, out) */
napi_value castInts(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Index size = call.elementsAt(0);
  const std::int32_t* x = call.ints(0, size);
  float* out = call.floats(1, size);
  if (call.isGood()) kernels().castInts(x, out, size);
  return nullptr;
}

/** (x, out) */
napi_value castBytes(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Index size = call.elementsAt(0);
  const std::uint8_t* x = call.bytes(0, size);
  float* out = call.floats(1, size);
  if (call.isGood()) kernels().castBytes(x, out, size);
  return nullptr;
}

/** (out, value) */
napi_value fill(napi_env env, napi_callback_info info) {
  Call call(env, info, 2);
  const Index size = call.elementsAt(0);
  float* out = call.floats(0, size);
  const float value = call.number(1);
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  if (call.isGood()) kernels().fill(reinterpret_cast<std::uint32_t*>(out), size, bits);
  return nullptr;
}

/** (table, tokens, out, batch, positions, vocabulary, width) */
napi_value embeddingSum(napi_env env, napi_callback_info info) {
  Call call(env, info, 7);
  const Index batch = call.index(3), positions = call.index(4), vocabulary = call.index(5), width = call.index(6);
  if (call.isGood() && positions < 1) call.refuse("an embedding sum over no positions");
  const float* table = call.floats(0, call.sizeOf(positions, vocabulary, width));
  const std::int32_t* tokens = call.ints(1, call.sizeOf(batch, positions));
  float* out = call.floats(2, call.sizeOf(batch, width));
  call.holdInside("token", "the vocabulary", tokens, batch * positions, vocabulary);
  if (call.isGood()) kernels().embeddingSum(table, tokens, batch, positions, vocabulary, width, out);
  return nullptr;
}

/** (dy, tokens, out, batch, positions, vocabulary, width, isStrict); without `isStrict` unknown tokens are left out. */
napi_value embeddingScatter(napi_env env, napi_callback_info info) {
  Call call(env, info, 8);
  const Index batch = call.index(3, INT32_MAX), positions = call.index(4), vocabulary = call.index(5, INT32_MAX - 1);
  const Index width = call.index(6);
  const bool isStrict = call.index(7, 1);
  const float* dy = call.floats(0, call.sizeOf(batch, width));
  const std::int32_t* tokens = call.ints(1, call.sizeOf(batch, positions));
  float* out = call.floats(2, call.sizeOf(positions, vocabulary, width));
  if (isStrict) call.holdInside("token", "the vocabulary", tokens, batch * positions, vocabulary);
  if (call.isGood()) kernels().embeddingScatter(dy, tokens, batch, positions, vocabulary, width, out);
  return nullptr;
}

}  // namespace

const Function movementFunctions[] = {
    {"gather", gather},     {"rearrange", rearrange}, {"select", select},             {"copyRows", copyRows},
    {"oneHot", oneHot},
    {"castInts", castInts}, {"castBytes", castBytes}, {"fill", fill},                 {"embeddingSum", embeddingSum},
    {"embeddingScatter", embeddingScatter},           {nullptr, nullptr},
};

}  // namespace native
