#include "call.h"

#include <cstdarg>
#include <cstdio>

namespace native {

Call::Call(napi_env env, napi_callback_info info, std::size_t wanted) : env_(env) {
  std::size_t count = maxArguments;
  if (napi_get_cb_info(env, info, &count, arguments_, nullptr, nullptr) != napi_ok || count != wanted)
    refuse("%zu arguments; %zu are wanted", count, wanted);
}

void Call::refuse(const char* format, ...) {
  if (!isGood_) return;
  isGood_ = false;
  char message[256];
  va_list values;
  va_start(values, format);
  std::vsnprintf(message, sizeof message, format, values);
  va_end(values);
  napi_throw_range_error(env_, "NATIVE_ARGUMENT", message);
}

Index Call::index(std::size_t at, Index most) {
  if (!isGood_) return 0;
  double value = 0;
  if (napi_get_value_double(env_, arguments_[at], &value) != napi_ok) {
    refuse("argument %zu is not a number", at);
    return 0;
  }
  // False for NaN too.
  if (!(value >= 0 && value <= static_cast<double>(most)) || value != static_cast<double>(static_cast<Index>(value))) {
    refuse("argument %zu is %g; a whole number from 0 to %lld is wanted", at, value, static_cast<long long>(most));
    return 0;
  }
  return static_cast<Index>(value);
}

float Call::number(std::size_t at) {
  if (!isGood_) return 0;
  double value = 0;
  if (napi_get_value_double(env_, arguments_[at], &value) != napi_ok) refuse("argument %zu is not a number", at);
  return static_cast<float>(value);
}

bool Call::typedArrayAt(std::size_t at, napi_typedarray_type& type, std::size_t& length, void*& memory) {
  if (!isGood_) return false;
  if (napi_get_typedarray_info(env_, arguments_[at], &type, &length, &memory, nullptr, nullptr) == napi_ok) return true;
  refuse("argument %zu is not a typed array", at);
  return false;
}

void* Call::array(std::size_t at, napi_typedarray_type wanted, Index size, const char* name) {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* memory = nullptr;
  if (!typedArrayAt(at, type, length, memory)) return nullptr;
  if (type != wanted) refuse("argument %zu is not a %s", at, name);
  else if (static_cast<Index>(length) < size)
    refuse("argument %zu has %zu elements; %lld are wanted", at, length, static_cast<long long>(size));
  return memory;
}

float* Call::floats(std::size_t at, Index size) {
  return static_cast<float*>(array(at, napi_float32_array, size, "Float32Array"));
}

std::int32_t* Call::ints(std::size_t at, Index size) {
  return static_cast<std::int32_t*>(array(at, napi_int32_array, size, "Int32Array"));
}

std::uint8_t* Call::bytes(std::size_t at, Index size) {
  return static_cast<std::uint8_t*>(array(at, napi_uint8_array, size, "Uint8Array"));
}

std::uint32_t* Call::words(std::size_t at, Index size) {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* memory = nullptr;
  if (!typedArrayAt(at, type, length, memory)) return nullptr;
  const bool isInt = type == napi_int32_array;
  return static_cast<std::uint32_t*>(
      array(at, isInt ? napi_int32_array : napi_float32_array, size, "Float32Array or Int32Array"));
}

bool Call::isNull(std::size_t at) {
  napi_valuetype type;
  return isGood_ && napi_typeof(env_, arguments_[at], &type) == napi_ok && type == napi_null;
}

const float* Call::optionalFloats(std::size_t at, Index size) { return isNull(at) ? nullptr : floats(at, size); }

const std::int32_t* Call::optionalInts(std::size_t at, Index size) { return isNull(at) ? nullptr : ints(at, size); }

Index Call::listLength(std::size_t at) {
  std::uint32_t length = 0;
  if (isGood_ && napi_get_array_length(env_, arguments_[at], &length) != napi_ok) refuse("argument %zu is not an array", at);
  return length;
}

napi_value Call::itemOf(std::size_t at, Index item) {
  napi_value value = nullptr;
  if (isGood_ && napi_get_element(env_, arguments_[at], static_cast<std::uint32_t>(item), &value) != napi_ok)
    refuse("argument %zu has no item %lld", at, static_cast<long long>(item));
  return value;
}

Index Call::elementsInList(std::size_t at, Index item) {
  const napi_value value = itemOf(at, item);
  std::size_t length = 0;
  if (isGood_ && napi_get_typedarray_info(env_, value, nullptr, &length, nullptr, nullptr, nullptr) != napi_ok)
    refuse("item %lld of argument %zu is not a typed array", static_cast<long long>(item), at);
  return static_cast<Index>(length);
}

float* Call::floatsInList(std::size_t at, Index item, Index size) {
  const napi_value value = itemOf(at, item);
  napi_typedarray_type type = napi_int8_array;
  std::size_t length = 0;
  void* memory = nullptr;
  if (!isGood_) return nullptr;
  const bool isArray = napi_get_typedarray_info(env_, value, &type, &length, &memory, nullptr, nullptr) == napi_ok;
  if (!isArray || type != napi_float32_array || static_cast<Index>(length) < size)
    refuse("item %lld of argument %zu is not a Float32Array of %lld elements", static_cast<long long>(item), at,
           static_cast<long long>(size));
  return static_cast<float*>(memory);
}

void* Call::buffer(std::size_t at) {
  void* memory = nullptr;
  std::size_t length = 0;
  if (isGood_ && napi_get_arraybuffer_info(env_, arguments_[at], &memory, &length) != napi_ok)
    refuse("argument %zu is not an ArrayBuffer", at);
  return memory;
}

void Call::text(std::size_t at, char* into, std::size_t capacity) {
  into[0] = 0;
  if (isGood_ && napi_get_value_string_utf8(env_, arguments_[at], into, capacity, nullptr) != napi_ok)
    refuse("argument %zu is not a string", at);
}

Index Call::elementsAt(std::size_t at) {
  napi_typedarray_type type;
  std::size_t length = 0;
  void* memory = nullptr;
  return typedArrayAt(at, type, length, memory) ? static_cast<Index>(length) : 0;
}

Index Call::sizeOf(Index x, Index y, Index z, Index w) {
  Index size = 0;
  if (__builtin_mul_overflow(x, y, &size) || __builtin_mul_overflow(size, z, &size) || __builtin_mul_overflow(size, w, &size)) {
    refuse("the dimensions' product is too large");
    return -1;
  }
  return size;
}

Layout Call::layout(std::size_t at, Index aSize, Index bSize) {
  Layout layout{};
  const Index length = elementsAt(at);
  const std::int32_t* numbers = ints(at, 1);
  if (!isGood_) return layout;
  layout.rank = numbers[0];
  if (layout.rank < 1 || layout.rank > maxRank || length < 1 + 3 * layout.rank) {
    refuse("a layout of rank %d in %lld numbers", layout.rank, static_cast<long long>(length));
    return Layout{};
  }
  Index aLast = 0, bLast = 0;
  for (int axis = 0; axis < layout.rank; axis++) {
    const Index dim = layout.dims[axis] = numbers[1 + axis];
    layout.a[axis] = numbers[1 + layout.rank + axis];
    layout.b[axis] = numbers[1 + 2 * layout.rank + axis];
    if (dim < 1 || layout.a[axis] < 0 || layout.b[axis] < 0) {
      refuse("a layout with a dimension below 1 or a negative stride");
      return Layout{};
    }
    aLast += sizeOf(dim - 1, layout.a[axis]);
    bLast += sizeOf(dim - 1, layout.b[axis]);
  }
  if (aLast >= aSize || bLast >= bSize) refuse("a layout that leaves its operands");
  // A refused layout has no axes, so that whoever walks along it before asking `isGood` goes nowhere.
  return isGood_ ? layout : Layout{};
}

void Call::holdInside(const char* what, const char* whole, const std::int32_t* indices, Index count, Index limit) {
  if (!isGood_) return;
  for (Index i = 0; i < count; i++) {
    if (indices[i] >= 0 && indices[i] < limit) continue;
    refuse("%s %d lies outside %s of %lld", what, indices[i], whole, static_cast<long long>(limit));
    return;
  }
}

}  // namespace native
