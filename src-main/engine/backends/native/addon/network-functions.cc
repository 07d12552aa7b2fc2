#include <vector>

#include "call.h"
#include "functions.h"

namespace native {
namespace {

/**
 * (arrays, learningRate, beta1, beta2, epsilon, decay, firstCorrection, secondCorrection); `arrays` holds param, grad,
 * m, v, nextParam, nextM and nextV of each parameter in turn.
 */
napi_value adam(napi_env env, napi_callback_info info) {
  Call call(env, info, 8);
  const Index count = call.listLength(0);
  if (call.isGood() && count % 7 != 0) call.refuse("%lld arrays; seven for each parameter are wanted", static_cast<long long>(count));
  const Adam settings{call.number(1), call.number(2), call.number(3), call.number(4),
                      call.number(5), call.number(6), call.number(7)};
  std::vector<AdamPart> parts;
  for (Index i = 0; call.isGood() && i < count; i += 7) {
    const Index size = call.elementsInList(0, i);
    float* arrays[7];
    for (Index j = 0; j < 7; j++) arrays[j] = call.floatsInList(0, i + j, size);
    parts.push_back({arrays[0], arrays[1], arrays[2], arrays[3], arrays[4], arrays[5], arrays[6], size});
  }
  if (call.isGood()) kernels().adam(settings, parts.data(), static_cast<Index>(parts.size()));
  return nullptr;
}

/** (x, out, scales, rows, width, epsilon, isCentred) */
napi_value normalize(napi_env env, napi_callback_info info) {
  Call call(env, info, 7);
  const Index rows = call.index(3), width = call.index(4);
  const Index size = call.sizeOf(rows, width);
  const float* x = call.floats(0, size);
  float* out = call.floats(1, size);
  float* scales = call.floats(2, rows);
  const float epsilon = call.number(5);
  const bool isCentred = call.index(6, 1);
  if (call.isGood() && size > 0) kernels().normalize(x, rows, width, epsilon, isCentred, out, scales);
  return nullptr;
}

/** (dy, y, scales, dx, rows, width, isCentred) */
napi_value normalizeGradient(napi_env env, napi_callback_info info) {
  Call call(env, info, 7);
  const Index rows = call.index(4), width = call.index(5);
  const Index size = call.sizeOf(rows, width);
  const float* dy = call.floats(0, size);
  const float* y = call.floats(1, size);
  const float* scales = call.floats(2, rows);
  float* dx = call.floats(3, size);
  const bool isCentred = call.index(6, 1);
  if (call.isGood() && size > 0) kernels().normalizeGradient(dy, y, scales, rows, width, isCentred, dx);
  return nullptr;
}

/**
 * Starting there: batch, queries, keys, heads, width, scale, positions of the queries or null, mask or null, and where keys
 * are rows of a table its number of rows and the row of each key, else 0 and null.
 */
Attention attentionAt(Call& call, std::size_t at) {
  Attention shape{call.index(at), call.index(at + 1), call.index(at + 2), call.index(at + 3), call.index(at + 4), call.number(at + 5),
                  nullptr, nullptr, nullptr, call.index(at + 8)};
  const Index keys = call.sizeOf(shape.batch, shape.keys);
  shape.at = call.optionalInts(at + 6, shape.queries);
  shape.mask = call.optionalFloats(at + 7, keys);
  shape.places = call.optionalInts(at + 9, keys);
  if (shape.places) call.holdInside("row", "a table", shape.places, keys, shape.rows);
  if (call.isGood() && (shape.keys < 1 || shape.width < 1)) call.refuse("attention to no keys, or of heads without width");
  return shape;
}

Index sizeOfKeys(Call& call, const Attention& shape) {
  const Index row = call.sizeOf(2, shape.heads, shape.width);
  return shape.places ? call.sizeOf(shape.rows, row) : call.sizeOf(shape.batch, shape.keys, row);
}

Index sizeOfQueries(Call& call, const Attention& shape) {
  return call.sizeOf(shape.batch, shape.queries, shape.heads, shape.width);
}

/** (q, kv, z, pattern, batch, queries, keys, heads, width, scale, at, mask, rows, places) */
napi_value attend(napi_env env, napi_callback_info info) {
  Call call(env, info, 14);
  const Attention shape = attentionAt(call, 4);
  const float* q = call.floats(0, sizeOfQueries(call, shape));
  const float* kv = call.floats(1, sizeOfKeys(call, shape));
  float* z = call.floats(2, sizeOfQueries(call, shape));
  float* pattern = call.floats(3, call.sizeOf(shape.batch, shape.heads, shape.queries, shape.keys));
  if (call.isGood()) kernels().attend(shape, q, kv, z, pattern);
  return nullptr;
}

/** (dz, q, kv, pattern, dq, dkv, batch, queries, keys, heads, width, scale, at, mask, rows, places) */
napi_value attendGradient(napi_env env, napi_callback_info info) {
  Call call(env, info, 16);
  const Attention shape = attentionAt(call, 6);
  AttentionArrays arrays;
  arrays.dz = call.floats(0, sizeOfQueries(call, shape));
  arrays.q = call.floats(1, sizeOfQueries(call, shape));
  arrays.kv = call.floats(2, sizeOfKeys(call, shape));
  arrays.pattern = call.floats(3, call.sizeOf(shape.batch, shape.heads, shape.queries, shape.keys));
  arrays.dq = call.floats(4, sizeOfQueries(call, shape));
  arrays.dkv = call.floats(5, sizeOfKeys(call, shape));
  if (call.isGood()) kernels().attendGradient(shape, arrays);
  return nullptr;
}

}  // namespace

const Function networkFunctions[] = {
    {"adam", adam},     {"normalize", normalize},           {"normalizeGradient", normalizeGradient},
    {"attend", attend}, {"attendGradient", attendGradient}, {nullptr, nullptr},
};

}  // namespace native
