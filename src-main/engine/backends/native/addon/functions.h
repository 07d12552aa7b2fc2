/** The functions that JavaScript calls, by family, and the table of kernels they call in turn. */
#pragma once

#include <node_api.h>

#include "kernels.h"

namespace native {

struct Function {
  const char* name;
  napi_callback call;
};

/** Ends with a null name. */
extern const Function arithmeticFunctions[];
extern const Function movementFunctions[];
extern const Function lossFunctions[];
extern const Function networkFunctions[];
extern const Function machineFunctions[];

/** The kernels of the instruction set in use. */
const Kernels& kernels();

}  // namespace native
