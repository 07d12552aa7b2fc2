/** The step of Adam and AdamW in one pass: four arrays read, three written, where composed operations take over thirty. */
#include "isa-names.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {

void adam(const Adam& settings, const float* param, const float* grad, const float* m, const float* v, float* nextParam, float* nextM, float* nextV, Index size) {
  const float step = settings.learningRate * settings.firstCorrection;
  const float beta1 = settings.beta1, beta2 = settings.beta2;
  const float epsilon = settings.epsilon, decay = settings.decay, correction = settings.secondCorrection;
  forBlocks(size, blockElements / 4, [&](Index begin, Index end) {
    const float* __restrict p = param;
    const float* __restrict g = grad;
    const float* __restrict m0 = m;
    const float* __restrict v0 = v;
    float* __restrict p1 = nextParam;
    float* __restrict m1 = nextM;
    float* __restrict v1 = nextV;
    for (Index i = begin; i < end; i++) {
      const float mean = beta1 * m0[i] + (1 - beta1) * g[i];
      const float square = beta2 * v0[i] + (1 - beta2) * (g[i] * g[i]);
      m1[i] = mean;
      v1[i] = square;
      p1[i] = decay * p[i] - step * (mean / (__builtin_sqrtf(square) * correction + epsilon));
    }
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
