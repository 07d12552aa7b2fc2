/**
 * Modular arithmetic as prompts: `a b`, or `a b =`, answered by a∘b mod p.
 *
 * Corrupted, b is another residue with another answer, which is the wrong one. Tokens are those of the task of the same
 * name with the same settings: residues are their own ids, "=" is p.
 * Source: arXiv:2301.05217 (with "="), arXiv:2310.13061 (without).
 */
import { boolean, choice, integer } from '../../../base/settings'
import type { Rng } from '../../../base/rng'
import { isPrime, operations, ruleOf } from '../components/residues'
import { drawMany } from './components/draws'
import { marked, markedText } from './components/marked-text'
import { promptCount } from './components/prompt-count'
import { definePromptTask, type Prompt } from './prompt-set'

export default definePromptTask({
  id: 'modular-arithmetic',
  title: 'Modular arithmetic',
  help: 'Pairs of residues, answered by their sum or another operation; for networks trained here.',
  source: 'arXiv:2201.02177',
  trainedAs: { 'modular-arithmetic': {} },
  fields: {
    prompts: promptCount(100),
    operation: choice({
      title: 'Operation',
      help: 'The rule behind the answers. Division is by b ≠ 0 and needs a prime modulus.',
      choices: operations,
      default: '+',
    }),
    p: integer({ title: 'Modulus', help: 'Number of residues, as in the task the network was trained on.', default: 97, min: 2, max: 499 }),
    equalsToken: boolean({ title: 'Equals token', help: 'Whether "=" follows the residues, as in the task.', default: false }),
  },

  check({ operation, p }) {
    if (operation !== '/' || isPrime(p)) return []
    return [{ key: 'p', message: `p is ${p}; division needs a prime modulus` }]
  },

  create({ prompts, operation, p, equalsToken }, rng) {
    const residues = Array.from({ length: p }, (_, i) => String(i))
    const firstB = operation === '/' ? 1 : 0
    return {
      title: `Modular arithmetic, ${operation} mod ${p}`,
      source: 'arXiv:2201.02177',
      prompts: drawMany(rng, prompts, (draws) => drawPrompt(draws, { p, firstB, equalsToken, rule: ruleOf(operation, p) })),
      vocabulary: { words: equalsToken ? [...residues, '='] : residues },
    }
  },
})

interface Rule {
  readonly p: number
  readonly firstB: number
  readonly equalsToken: boolean
  readonly rule: (a: number, b: number) => number
}

function drawPrompt(rng: Rng, { p, firstB, equalsToken, rule }: Rule): Prompt {
  const drawB = (): number => firstB + rng.below(p - firstB)
  const [a, b] = [rng.below(p), drawB()]
  let [otherA, otherB] = [a, b]
  // Another b first; where none changes the answer (0 times anything), another pair. No operation is constant.
  for (let tries = 0; rule(otherA, otherB) === rule(a, b); tries++) {
    otherB = drawB()
    if (tries > p) otherA = rng.below(p)
  }
  const write = (first: number, second: number): ReturnType<typeof markedText> =>
    markedText([marked('a', String(first)), marked('b', ` ${second}`), equalsToken ? ' =' : ''])
  const clean = write(a, b)
  return {
    clean: clean.text,
    corrupted: write(otherA, otherB).text,
    answers: [` ${rule(a, b)}`],
    wrong: [` ${rule(otherA, otherB)}`],
    marks: clean.marks,
    group: 'all',
  }
}
