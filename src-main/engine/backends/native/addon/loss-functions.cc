#include "call.h"
#include "functions.h"

namespace native {
namespace {

/** (x, out, rows, columns, isLog) */
napi_value softmax(napi_env env, napi_callback_info info) {
  Call call(env, info, 5);
  const Index rows = call.index(2), columns = call.index(3);
  const Index size = call.sizeOf(rows, columns);
  const float* x = call.floats(0, size);
  float* out = call.floats(1, size);
  const bool isLog = call.index(4, 1);
  if (call.isGood() && size > 0) kernels().softmax(x, out, rows, columns, isLog);
  return nullptr;
}

using Loss = void (*)(const float*, const std::int32_t*, Index, Index, float*, float*);

/** (logits, labels, loss, gradient, rows, columns) */
napi_value lossBy(napi_env env, napi_callback_info info, Loss loss) {
  Call call(env, info, 6);
  const Index rows = call.index(4), columns = call.index(5);
  const Index size = call.sizeOf(rows, columns);
  const float* logits = call.floats(0, size);
  const std::int32_t* labels = call.ints(1, rows);
  float* value = call.floats(2, 1);
  float* gradient = call.floats(3, size);
  if (call.isGood() && size == 0) call.refuse("a loss over no examples or no classes");
  call.holdInside("label", "a number of classes", labels, rows, columns);
  if (call.isGood()) loss(logits, labels, rows, columns, value, gradient);
  return nullptr;
}

napi_value crossEntropy(napi_env env, napi_callback_info info) { return lossBy(env, info, kernels().crossEntropy); }

napi_value oneHotError(napi_env env, napi_callback_info info) { return lossBy(env, info, kernels().oneHotError); }

napi_value crossEntropyInDouble(napi_env env, napi_callback_info info) {
  return lossBy(env, info, kernels().crossEntropyInDouble);
}

}  // namespace

const Function lossFunctions[] = {
    {"softmax", softmax}, {"crossEntropy", crossEntropy}, {"oneHotError", oneHotError},
    {"crossEntropyInDouble", crossEntropyInDouble}, {nullptr, nullptr},
};

}  // namespace native
