/** The functions that each instruction set defines in its own namespace; isa.cc puts them into a table. */
#pragma once

#include "kernels.h"

namespace native {
namespace NATIVE_ISA {

void multiply(const Product&);
void mapUnary(Unary, const float*, float*, Index, float);
void mapBinary(Binary, const Layout&, const float*, const float*, float*);
void compare(Comparison, const Layout&, const float*, const float*, std::uint8_t*);
void reduce(Reduction, const Reduced&, const float*, float*, float);
void argMax(const Reduced&, const float*, std::int32_t*);
void softmax(const float*, float*, Index, Index, bool);
void crossEntropy(const float*, const std::int32_t*, Index, Index, float*, float*);
void oneHotError(const float*, const std::int32_t*, Index, Index, float*, float*);
void embeddingSum(const float*, const std::int32_t*, Index, Index, Index, Index, float*);
void embeddingScatter(const float*, const std::int32_t*, Index, Index, Index, Index, float*);
void gather(const std::uint32_t*, const std::int32_t*, Index, Index, Index, Index, std::uint32_t*);
void rearrange(const Layout&, const std::uint32_t*, std::uint32_t*);
void select(const std::uint8_t*, const std::uint32_t*, const std::uint32_t*, Index, Index, std::uint32_t*);
void copyRows(const std::uint32_t*, Index, std::uint32_t*, Index, Index, Index);
void oneHot(const std::int32_t*, Index, Index, float, float, float*);
void castInts(const std::int32_t*, float*, Index);
void castBytes(const std::uint8_t*, float*, Index);
void fill(std::uint32_t*, Index, std::uint32_t);
void adam(const Adam&, const AdamPart*, Index);
void crossEntropyInDouble(const float*, const std::int32_t*, Index, Index, float*, float*);
void normalize(const float*, Index, Index, float, bool, float*, float*);
void normalizeGradient(const float*, const float*, const float*, Index, Index, bool, float*);
void attend(const Attention&, const float*, const float*, float*, float*);
void attendGradient(const Attention&, const AttentionArrays&);

}  // namespace NATIVE_ISA
}  // namespace native
