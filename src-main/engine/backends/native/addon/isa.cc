#include "isa-names.h"

#define NATIVE_TEXT_OF(name) #name
#define NATIVE_TEXT(name) NATIVE_TEXT_OF(name)

namespace native {
namespace NATIVE_ISA {

extern const Kernels kernels;
const Kernels kernels = {
  NATIVE_TEXT(NATIVE_ISA), multiply, mapUnary, mapBinary, compare, reduce, argMax, softmax, crossEntropy, oneHotError,
  embeddingSum, embeddingScatter, gather, rearrange, select, copyRows, oneHot, castInts, castBytes, fill, adam,
  crossEntropyInDouble, normalize, normalizeGradient, attend, attendGradient,
};

}  // namespace NATIVE_ISA
}  // namespace native
