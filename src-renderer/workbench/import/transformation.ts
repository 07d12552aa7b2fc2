/** What is done to a tensor on its way into a parameter, as a person reads and writes it: `transpose(1, 0) · reshape(4, 32, 128)`. */
import type { MappingStep } from '@contract/imports'

export function transformationText(steps: readonly MappingStep[]): string {
  return steps.map(stepText).join(' · ')
}

function stepText(step: MappingStep): string {
  switch (step.op) {
    case 'transpose':
      return `transpose(${step.order.join(', ')})`
    case 'reshape':
      return `reshape(${step.shape.join(', ')})`
    case 'slice':
      return `slice(${step.axis}, ${step.start}, ${step.length})`
    case 'scale':
      return `scale(${step.factor})`
    case 'pad':
      return `pad(${step.axis}, ${step.length})`
  }
}

export type ReadTransformation = { readonly steps: readonly MappingStep[] } | { readonly complaint: string }

export const transformationHelp = 'transpose(order), reshape(shape), slice(axis, start, length), scale(factor), pad(axis, length), joined by ·'

/** Steps separated by a middle dot or a semicolon; an empty text is none. Whether they fit the tensor is judged elsewhere. */
export function readTransformation(text: string): ReadTransformation {
  const steps: MappingStep[] = []
  for (const piece of text.split(/[·;]/).map((part) => part.trim()).filter((part) => part !== '')) {
    const step = readStep(piece)
    if (!step) return { complaint: `'${piece}' is not understood; known: ${transformationHelp}` }
    steps.push(step)
  }
  return { steps }
}

function readStep(piece: string): MappingStep | undefined {
  const [, op, inner = ''] = /^([a-z]+)\s*\(([^()]*)\)$/.exec(piece) ?? []
  const texts = inner.split(/[\s,]+/).filter((part) => part !== '')
  const numbers = texts.map(Number)
  const areCounts = numbers.every((value) => Number.isSafeInteger(value) && value >= 0)
  if (op === 'transpose' && areCounts && numbers.length > 0) return { op, order: numbers }
  if (op === 'reshape' && areCounts) return { op, shape: numbers }
  if (op === 'slice' && areCounts && numbers.length === 3) return { op, axis: numbers[0]!, start: numbers[1]!, length: numbers[2]! }
  if (op === 'pad' && areCounts && numbers.length === 2) return { op, axis: numbers[0]!, length: numbers[1]! }
  if (op === 'scale' && numbers.length === 1 && Number.isFinite(numbers[0])) return { op, factor: numbers[0]! }
  return undefined
}
