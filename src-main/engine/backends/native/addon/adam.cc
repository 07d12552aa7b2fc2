/** The step of Adam and AdamW in one pass: four arrays read, three written, where composed operations take over thirty. */
#include "isa-names.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

constexpr Index block = blockElements / 4;

void stepBlock(const Adam& settings, const AdamPart& part, Index begin, Index end) {
  const float step = settings.learningRate * settings.firstCorrection;
  const float beta1 = settings.beta1, beta2 = settings.beta2;
  const float epsilon = settings.epsilon, decay = settings.decay, correction = settings.secondCorrection;
  const float* __restrict p = part.param;
  const float* __restrict g = part.grad;
  const float* __restrict m0 = part.m;
  const float* __restrict v0 = part.v;
  float* __restrict p1 = part.nextParam;
  float* __restrict m1 = part.nextM;
  float* __restrict v1 = part.nextV;
  for (Index i = begin; i < end; i++) {
    const float mean = beta1 * m0[i] + (1 - beta1) * g[i];
    const float square = beta2 * v0[i] + (1 - beta2) * (g[i] * g[i]);
    m1[i] = mean;
    v1[i] = square;
    p1[i] = decay * p[i] - step * (mean / (__builtin_sqrtf(square) * correction + epsilon));
  }
}

}  // namespace

void adam(const Adam& settings, const AdamPart* parts, Index count) {
  Index blocks = 0;
  for (Index i = 0; i < count; i++) blocks += ceilDiv(parts[i].size, block);
  forEach(blocks, [&](Index index) {
    const AdamPart* part = parts;
    for (; index >= ceilDiv(part->size, block); part++) index -= ceilDiv(part->size, block);
    stepBlock(settings, *part, index * block, smaller(part->size, (index + 1) * block));
  });
}

}  // namespace NATIVE_ISA
}  // namespace native
