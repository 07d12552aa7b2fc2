/** A pure function of a trained arm, computed once for each however many claims look at it. */
import type { ArmEvidence } from '../claim'

/** Answers are kept by the identity of the arm and go with it. */
export function oncePerArm<T>(compute: (arm: ArmEvidence) => T): (arm: ArmEvidence) => T {
  const answers = new WeakMap<ArmEvidence, { readonly value: T }>()
  return (arm) => {
    const known = answers.get(arm)
    if (known) return known.value
    const value = compute(arm)
    answers.set(arm, { value })
    return value
  }
}
