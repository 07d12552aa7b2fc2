/**
 * exp, log, tanh and erf on floats, free of branches so that loops over them become vector code.
 *
 * Errors stay within about two units in the last place; erf's absolute error is below 1.5e-7.
 * NaN goes through, infinities give the limits, results too small for a normal float are rounded like any other.
 * Sources: Cephes (expf, logf, tanhf); Abramowitz and Stegun 7.1.5 and 7.1.26 for erf; arXiv:1606.08415 for GELU.
 */
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels.h"

namespace native {
namespace NATIVE_ISA {
namespace {

inline std::int32_t bitsOf(float x) {
  std::int32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

inline float floatOf(std::int32_t bits) {
  float x;
  std::memcpy(&x, &bits, sizeof x);
  return x;
}

inline float powerOfTwo(std::int32_t exponent) {
  return floatOf(static_cast<std::int32_t>(static_cast<std::uint32_t>(exponent + 127) << 23));
}

inline float exponential(float given) {
  // Beyond these the result is 0 or infinite; the comparisons let NaN pass.
  const float x = given < -104.0f ? -104.0f : given > 89.0f ? 89.0f : given;
  // Adding 1.5 · 2^23 rounds to the nearest integer and leaves it in the low bits.
  const float magic = 12582912.0f;
  const float shifted = x * 1.44269504088896341f + magic;
  const std::int32_t n = bitsOf(shifted) - bitsOf(magic);
  const float whole = shifted - magic;
  const float r = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float poly = 1.9875691500e-4f;
  poly = poly * r + 1.3981999507e-3f;
  poly = poly * r + 8.3334519073e-3f;
  poly = poly * r + 4.1665795894e-2f;
  poly = poly * r + 1.6666665459e-1f;
  poly = poly * r + 5.0000001201e-1f;
  const float value = poly * r * r + r + 1.0f;
  // Two factors, because 2^n alone may lie outside the normal range. Shifting keeps the halves of a NaN's n in range.
  const std::int32_t half = n >> 1;
  return value * powerOfTwo(half) * powerOfTwo(n - half);
}

inline float logarithm(float given) {
  const bool isTiny = given < 1.17549435e-38f;
  const float x = isTiny ? given * 8388608.0f : given;
  const std::int32_t bits = bitsOf(x);
  std::int32_t exponent = ((bits >> 23) & 0xff) - 126 - (isTiny ? 23 : 0);
  const float mantissa = floatOf((bits & 0x007fffff) | 0x3f000000);
  const bool isLow = mantissa < 0.707106781186547524f;
  exponent -= isLow ? 1 : 0;
  const float r = (isLow ? mantissa + mantissa : mantissa) - 1.0f;
  const float square = r * r;
  float poly = 7.0376836292e-2f;
  poly = poly * r - 1.1514610310e-1f;
  poly = poly * r + 1.1676998740e-1f;
  poly = poly * r - 1.2420140846e-1f;
  poly = poly * r + 1.4249322787e-1f;
  poly = poly * r - 1.6668057665e-1f;
  poly = poly * r + 2.0000714765e-1f;
  poly = poly * r - 2.4999993993e-1f;
  poly = poly * r + 3.3333331174e-1f;
  const float scale = static_cast<float>(exponent);
  const float tail = poly * r * square - 2.12194440e-4f * scale - 0.5f * square;
  const float value = r + tail + 0.693359375f * scale;
  const float infinity = __builtin_inff();
  const float finite = given == infinity ? infinity : value;
  return given == 0.0f ? -infinity : given > 0.0f ? finite : __builtin_nanf("");
}

inline float tangent(float x) {
  const float magnitude = x < 0 ? -x : x;
  const float square = x * x;
  float poly = -5.70498872745e-3f;
  poly = poly * square + 2.06390887954e-2f;
  poly = poly * square - 5.37397155531e-2f;
  poly = poly * square + 1.33314422036e-1f;
  poly = poly * square - 3.33332819422e-1f;
  const float near = poly * square * x + x;
  const float far = 1.0f - 2.0f / (exponential(magnitude + magnitude) + 1.0f);
  return magnitude < 0.625f ? near : x < 0 ? -far : far;
}

inline float errorFunction(float x) {
  const float magnitude = x < 0 ? -x : x;
  const float square = x * x;
  // Near 0 the other form would lose digits against 1: there the Taylor series, up to x^13.
  float series = 1.0f / 9360.0f;
  series = series * square - 1.0f / 1320.0f;
  series = series * square + 1.0f / 216.0f;
  series = series * square - 1.0f / 42.0f;
  series = series * square + 1.0f / 10.0f;
  series = series * square - 1.0f / 3.0f;
  series = series * square + 1.0f;
  const float near = 1.12837916709551257f * x * series;
  const float t = 1.0f / (1.0f + 0.3275911f * magnitude);
  float poly = 1.061405429f;
  poly = poly * t - 1.453152027f;
  poly = poly * t + 1.421413741f;
  poly = poly * t - 0.284496736f;
  poly = poly * t + 0.254829592f;
  const float far = 1.0f - poly * t * exponential(-square);
  return magnitude < 0.5f ? near : x < 0 ? -far : far;
}

/** x Phi(x), where Phi is the normal distribution; exact form. */
inline float gelu(float x) { return 0.5f * x * (1.0f + errorFunction(x * 0.70710678118654752f)); }

/** Phi(x) + x phi(x). The density's exponent is bounded, so that infinity times zero does not appear. */
inline float geluSlope(float x) {
  const float bounded = x < -30.0f ? -30.0f : x > 30.0f ? 30.0f : x;
  const float density = 0.39894228040143268f * exponential(-0.5f * bounded * bounded);
  return 0.5f * (1.0f + errorFunction(x * 0.70710678118654752f)) + bounded * density;
}

/** Its approximation x sigmoid(2 sqrt(2 / pi) (x + 0.044715 x^3)), the same as with 0.5 (1 + tanh). */
inline float geluTanhShare(float x) {
  const float inner = 1.5957691216057308f * (x + 0.044715f * x * x * x);
  return 1.0f / (1.0f + exponential(-inner));
}

inline float geluTanh(float x) { return x * geluTanhShare(x); }

inline float geluTanhSlope(float x) {
  const float bounded = x < -30.0f ? -30.0f : x > 30.0f ? 30.0f : x;
  const float share = geluTanhShare(bounded);
  return share + bounded * share * (1.0f - share) * 1.5957691216057308f * (1.0f + 0.134145f * bounded * bounded);
}

/** In double, from arguments up to 0: relative error about 2e-16, 0 below -708. */
inline double exponentialInDouble(double given) {
  const double x = given < -708.0 ? -708.0 : given;
  const double magic = 6755399441055744.0;
  const double shifted = x * 1.4426950408889634 + magic;
  const double whole = shifted - magic;
  const double r = (x - whole * 0.693147180369123816490) - whole * 1.90821492927058770002e-10;
  double poly = 1.0 / 6227020800.0;
  poly = poly * r + 1.0 / 479001600.0;
  poly = poly * r + 1.0 / 39916800.0;
  poly = poly * r + 1.0 / 3628800.0;
  poly = poly * r + 1.0 / 362880.0;
  poly = poly * r + 1.0 / 40320.0;
  poly = poly * r + 1.0 / 5040.0;
  poly = poly * r + 1.0 / 720.0;
  poly = poly * r + 1.0 / 120.0;
  poly = poly * r + 1.0 / 24.0;
  poly = poly * r + 1.0 / 6.0;
  poly = poly * r + 0.5;
  poly = poly * r + 1.0;
  poly = poly * r + 1.0;
  // The low bits of the shifted number hold n.
  std::uint64_t n, power;
  std::memcpy(&n, &shifted, sizeof n);
  power = (n + 1023) << 52;
  double scale;
  std::memcpy(&scale, &power, sizeof scale);
  return given < -708.0 ? 0.0 : poly * scale;
}

}  // namespace
}  // namespace NATIVE_ISA
}  // namespace native
