/** The module: chooses the kernels for this processor and hands its functions to JavaScript. */
#include <atomic>
#include <cstring>
#include <initializer_list>

#include "call.h"
#include "functions.h"
#include "thread-pool.h"

namespace native {

#if defined(__x86_64__)
namespace avx512 { extern const Kernels kernels; }
namespace avx2 { extern const Kernels kernels; }
namespace sse2 { extern const Kernels kernels; }
#elif defined(__aarch64__)
namespace neon { extern const Kernels kernels; }
#else
namespace portable { extern const Kernels kernels; }
#endif

namespace {

struct Choice {
  const Kernels* kernels;
  bool isUsable;
};

/** Best first. */
const Choice* choices() {
  static const Choice all[] = {
#if defined(__x86_64__)
      {&avx512::kernels, __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("fma")},
      {&avx2::kernels, __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")},
      {&sse2::kernels, true},
#elif defined(__aarch64__)
      {&neon::kernels, true},
#else
      {&portable::kernels, true},
#endif
      {nullptr, false},
  };
  return all;
}

std::atomic<const Kernels*> inUse{nullptr};

napi_value textOf(napi_env env, const char* text) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value);
  return value;
}

napi_value numberOf(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

/** (): names of those this processor has, best first. */
napi_value instructionSets(napi_env env, napi_callback_info) {
  napi_value names = nullptr;
  napi_create_array(env, &names);
  std::uint32_t count = 0;
  for (const Choice* choice = choices(); choice->kernels; choice++)
    if (choice->isUsable) napi_set_element(env, names, count++, textOf(env, choice->kernels->instructionSet));
  return names;
}

/** (name): computes with that one from now on. */
napi_value useInstructionSet(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  char name[32];
  call.text(0, name, sizeof name);
  for (const Choice* choice = choices(); choice->kernels; choice++) {
    if (!choice->isUsable || std::strcmp(choice->kernels->instructionSet, name) != 0) continue;
    inUse.store(choice->kernels);
    return nullptr;
  }
  call.refuse("this processor has no instruction set '%s'", name);
  return nullptr;
}

napi_value instructionSet(napi_env env, napi_callback_info) { return textOf(env, kernels().instructionSet); }

napi_value useThreads(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const Index count = call.index(0, 1024);
  if (call.isGood()) setThreadCount(count < 1 ? 1 : static_cast<int>(count));
  return nullptr;
}

napi_value threads(napi_env env, napi_callback_info) { return numberOf(env, threadCount()); }

/** (buffer): how far its memory lies behind the start of a cache line. */
napi_value lineOffset(napi_env env, napi_callback_info info) {
  Call call(env, info, 1);
  const auto address = reinterpret_cast<std::uintptr_t>(call.buffer(0));
  return numberOf(env, static_cast<double>(address % 64));
}

void addAll(napi_env env, napi_value exports, const Function* functions) {
  for (; functions->name; functions++) {
    napi_value function = nullptr;
    napi_create_function(env, functions->name, NAPI_AUTO_LENGTH, functions->call, nullptr, &function);
    napi_set_named_property(env, exports, functions->name, function);
  }
}

}  // namespace

const Function machineFunctions[] = {
    {"instructionSets", instructionSets}, {"useInstructionSet", useInstructionSet}, {"instructionSet", instructionSet},
    {"useThreads", useThreads},           {"threads", threads},                     {"lineOffset", lineOffset},
    {nullptr, nullptr},
};

const Kernels& kernels() {
  const Kernels* chosen = inUse.load(std::memory_order_relaxed);
  if (chosen) return *chosen;
  const Choice* choice = choices();
  while (!choice->isUsable) choice++;
  inUse.store(choice->kernels);
  return *choice->kernels;
}

}  // namespace native

NAPI_MODULE_INIT() {
  for (const auto* functions : {native::arithmeticFunctions, native::movementFunctions, native::lossFunctions,
                                native::networkFunctions, native::machineFunctions})
    native::addAll(env, exports, functions);
  return exports;
}
