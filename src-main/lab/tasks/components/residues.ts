/** Operations on residues. */

export const operations = ['+', '-', '*', '/', 'a^2+b^2', 'a^3+ab'] as const
export type Operation = (typeof operations)[number]

/** The label of (a, b). Intermediate values stay below p^3, exact in doubles for every modulus allowed. */
export function ruleOf(operation: Operation, p: number): (a: number, b: number) => number {
  switch (operation) {
    case '+':
      return (a, b) => (a + b) % p
    case '-':
      return (a, b) => (a - b + p) % p
    case '*':
      return (a, b) => (a * b) % p
    case 'a^2+b^2':
      return (a, b) => (a * a + b * b) % p
    case 'a^3+ab':
      return (a, b) => (a * a * a + a * b) % p
    case '/': {
      const inverses = inversesMod(p)
      return (a, b) => (a * inverses[b]!) % p
    }
  }
}

/** inverses[b] · b = 1 mod p for b = 1 .. p - 1. Source: the recurrence p = (p / b) · b + p mod b, solved for 1 / b. */
function inversesMod(p: number): Int32Array {
  const inverses = new Int32Array(p)
  inverses[1] = 1
  for (let b = 2; b < p; b++) inverses[b] = ((p - Math.floor(p / b)) * inverses[p % b]!) % p
  return inverses
}

export function isPrime(n: number): boolean {
  for (let divisor = 2; divisor * divisor <= n; divisor++) if (n % divisor === 0) return false
  return n >= 2
}
