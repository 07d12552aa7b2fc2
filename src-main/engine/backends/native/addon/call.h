/**
 * One call from JavaScript: reads the arguments, and refuses what a kernel could not take.
 *
 * The first refusal throws a RangeError in JavaScript; reading goes on with harmless values, and the function returns
 * when `isGood` says no, before any kernel runs.
 */
#pragma once

#include <node_api.h>

#include "kernels.h"

namespace native {

constexpr std::size_t maxArguments = 20;

class Call {
 public:
  Call(napi_env env, napi_callback_info info, std::size_t wanted);

  bool isGood() const { return isGood_; }
  void refuse(const char* format, ...) __attribute__((format(printf, 2, 3)));

  /** A whole number from 0 to `most`. */
  Index index(std::size_t at, Index most = Index{1} << 40);
  float number(std::size_t at);
  /** One of an enumeration. */
  template <class Enum>
  Enum choice(std::size_t at) {
    return static_cast<Enum>(index(at, static_cast<Index>(Enum::count) - 1));
  }

  /** Typed arrays of at least that many elements. */
  float* floats(std::size_t at, Index size);
  std::int32_t* ints(std::size_t at, Index size);
  std::uint8_t* bytes(std::size_t at, Index size);
  /** A Float32Array or Int32Array, as elements of four bytes. */
  std::uint32_t* words(std::size_t at, Index size);
  /** Null where JavaScript passed null. */
  const float* optionalFloats(std::size_t at, Index size);
  const std::int32_t* optionalInts(std::size_t at, Index size);
  /** An array of typed arrays: how many, and the elements of one of them. */
  Index listLength(std::size_t at);
  Index elementsInList(std::size_t at, Index item);
  float* floatsInList(std::size_t at, Index item, Index size);
  /** An ArrayBuffer. */
  void* buffer(std::size_t at);
  void text(std::size_t at, char* into, std::size_t capacity);

  /** [rank, dims, strides of a, strides of b], with all strides inside operands of those sizes. */
  Layout layout(std::size_t at, Index aSize, Index bSize);

  /** The product, or -1 after refusing one that no array can have. */
  Index sizeOf(Index x, Index y = 1, Index z = 1, Index w = 1);

  /** Refuses indices outside 0 … limit - 1: `token 5 lies outside the vocabulary of 5`. */
  void holdInside(const char* what, const char* whole, const std::int32_t* indices, Index count, Index limit);

  Index elementsAt(std::size_t at);

 private:
  void* array(std::size_t at, napi_typedarray_type wanted, Index size, const char* name);
  bool typedArrayAt(std::size_t at, napi_typedarray_type& type, std::size_t& length, void*& memory);
  bool isNull(std::size_t at);
  napi_value itemOf(std::size_t at, Index item);

  napi_env env_;
  napi_value arguments_[maxArguments];
  bool isGood_ = true;
};

}  // namespace native
