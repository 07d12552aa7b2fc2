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

/**
 * (param, grad, m, v, nextParam, nextM, nextV, learningRate, beta1, beta2, epsilon, decay, firstCorrection,
 * secondCorrection)
 */
napi_value adam(napi_env env, napi_callback_info info) {
  Call call(env, info, 14);
  const Index size = call.elementsAt(0);
  const float* inputs[4];
  for (std::size_t i = 0; i < 4; i++) inputs[i] = call.floats(i, size);
  float* outputs[3];
  for (std::size_t i = 0; i < 3; i++) outputs[i] = call.floats(4 + i, size);
  const Adam settings{call.number(7),  call.number(8),  call.number(9), call.number(10),
                      call.number(11), call.number(12), call.number(13)};
  if (call.isGood())
    kernels().adam(settings, inputs[0], inputs[1], inputs[2], inputs[3], outputs[0], outputs[1], outputs[2], size);
  return nullptr;
}

}  // namespace

const Function lossFunctions[] = {
    {"softmax", softmax}, {"crossEntropy", crossEntropy}, {"oneHotError", oneHotError}, {"adam", adam}, {nullptr, nullptr},
};

}  // namespace native
