/**
 * A reader of pickles that can run nothing.
 *
 * A pickle is a program for a stack machine. This one has the instructions that build plain data, and a closed list of
 * callables (pickle-calls.ts) that are functions of ours. A name outside the list becomes a PickleGlobal, an inert name;
 * an object of such a class becomes a PickleInstance, which keeps the state it would have been given; a call of such a
 * name is remembered in `unknownCalls`, and its result is inert too. Whether a file with such calls is refused is decided
 * by who asked for it (torch.ts).
 *
 * Every instruction consumes at least one byte and makes at most one value, and lengths are checked against the bytes
 * that are there, so reading takes memory in proportion to the pickle.
 *
 * Source: CPython's Lib/pickletools.py, protocols 0 to 5.
 */
import { countAt, quoted, refuse, viewOf } from './refusal'
import { isKind, type PickleGlobal, type PickleInstance, type PickleValue } from './pickle-value'

export interface PickleRules {
  /** What a callable of this name gives for these arguments; undefined where the name is not on the list. */
  call(name: string, args: readonly PickleValue[]): PickleValue | undefined
  /** Gives state to a value that waits for it; false where that is not this value's way. */
  build(target: PickleValue, state: PickleValue): boolean
  /** What a persistent id stands for. */
  persistent(id: PickleValue): PickleValue
}

export interface ReadPickle {
  readonly value: PickleValue
  /** Names that the pickle wanted to call and that are not on the list. */
  readonly unknownCalls: ReadonlySet<string>
  /** Where the pickle ended. */
  readonly endOffset: number
}

/** Marks a place on the stack. */
const mark = Symbol('mark')

interface Machine {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly rules: PickleRules
  readonly stack: (PickleValue | typeof mark)[]
  readonly memo: Map<number, PickleValue>
  readonly unknownCalls: Set<string>
  offset: number
}

export function readPickle(bytes: Uint8Array, rules: PickleRules, start = 0): ReadPickle {
  const machine: Machine = {
    bytes,
    view: viewOf(bytes),
    rules,
    stack: [],
    memo: new Map(),
    unknownCalls: new Set(),
    offset: start,
  }
  for (;;) {
    if (machine.offset >= bytes.length) refuse('the pickle has no end; it is truncated')
    const opcode = bytes[machine.offset++]!
    if (opcode === 0x2e) break
    const instruction = instructions[opcode]
    if (!instruction) refuse(`the pickle has instruction 0x${opcode.toString(16)} at byte ${machine.offset - 1}, which is not read`)
    instruction(machine)
  }
  const { unknownCalls, offset: endOffset } = machine
  return { value: pop(machine), unknownCalls, endOffset }
}

// Reading what follows an instruction

function take(machine: Machine, length: number): Uint8Array {
  const end = machine.offset + length
  if (end > machine.bytes.length) refuse(`the pickle claims ${length} bytes at byte ${machine.offset}; it has ${machine.bytes.length}`)
  const taken = machine.bytes.subarray(machine.offset, end)
  machine.offset = end
  return taken
}

function number(machine: Machine, kind: 'u8' | 'u16' | 'i32' | 'u32' | 'u64' | 'f64'): number {
  const { view, offset } = machine
  take(machine, { u8: 1, u16: 2, i32: 4, u32: 4, u64: 8, f64: 8 }[kind])
  switch (kind) {
    case 'u8':
      return view.getUint8(offset)
    case 'u16':
      return view.getUint16(offset, true)
    case 'i32':
      return view.getInt32(offset, true)
    case 'u32':
      return view.getUint32(offset, true)
    case 'u64':
      return countAt(view, offset) ?? refuse(`the pickle claims a length beyond 2^53 at byte ${offset}`)
    case 'f64':
      return view.getFloat64(offset) // big-endian, the only such number of a pickle
  }
}

function line(machine: Machine): string {
  const end = machine.bytes.indexOf(0x0a, machine.offset)
  if (end < 0) refuse('the pickle ends within a line')
  const text = new TextDecoder().decode(take(machine, end - machine.offset))
  machine.offset++
  return text
}

const text = (machine: Machine, length: number): string => new TextDecoder().decode(take(machine, length))
/** Python 2's strings are bytes; names and locations are what they hold here. */
const oldText = (machine: Machine, length: number): string => new TextDecoder('latin1').decode(take(machine, length))

/** Two's complement, little-endian. Longer integers than 64 bits occur in no checkpoint but as the format's mark. */
function long(machine: Machine, length: number): number | bigint {
  if (length > 32) refuse(`the pickle has an integer of ${length} bytes; at most 32 are read`)
  const taken = take(machine, length)
  let value = 0n
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(taken[i]!)
  const signed = BigInt.asIntN(8 * Math.max(1, length), value)
  return Number.isSafeInteger(Number(signed)) ? Number(signed) : signed
}

function writtenNumber(written: string): number {
  const value = Number(written.replace(/L$/, ''))
  return Number.isNaN(value) && !/^[-+]?nan$/.test(written) ? refuse(`${quoted(written)} is no number`) : value
}

/** A quoted string of protocol 0; escapes are left as they are written. */
function writtenText(written: string): string {
  const [, , body] = /^(['"])(.*)\1$/s.exec(written) ?? []
  return body ?? refuse(`${quoted(written)} is no text`)
}

// The stack

function push(machine: Machine, value: PickleValue): void {
  machine.stack.push(value)
}

function pop(machine: Machine): PickleValue {
  const value = machine.stack.pop()
  if (value === undefined || value === mark) return refuse('the pickle takes a value where none is; it is damaged')
  return value
}

function top(machine: Machine): PickleValue {
  const value = machine.stack.at(-1)
  if (value === undefined || value === mark) return refuse('the pickle takes a value where none is; it is damaged')
  return value
}

function popToMark(machine: Machine): PickleValue[] {
  const at = machine.stack.lastIndexOf(mark)
  if (at < 0) refuse('the pickle looks for a mark where none is; it is damaged')
  const values = machine.stack.splice(at + 1) as PickleValue[] // the last mark lies before them
  machine.stack.pop()
  return values
}

function recall(machine: Machine, index: number): void {
  const value = machine.memo.get(index)
  push(machine, value === undefined ? refuse(`the pickle recalls value ${index}, which it never kept`) : value)
}

const keep = (machine: Machine, index: number): void => void machine.memo.set(index, top(machine))

// Building

function append(target: PickleValue, values: readonly PickleValue[]): void {
  if (!isKind(target, 'list') && !isKind(target, 'instance')) return refuse('the pickle appends to what is no list; it is damaged')
  for (const value of values) target.items.push(value)
}

function setItems(target: PickleValue, values: readonly PickleValue[]): void {
  if (!isKind(target, 'dict') && !isKind(target, 'instance')) return refuse('the pickle sets keys of what is no dict; it is damaged')
  if (values.length % 2 !== 0) refuse('the pickle sets a key without a value; it is damaged')
  for (let i = 0; i < values.length; i += 2) target.entries.set(values[i]!, values[i + 1]!)
}

function instanceOf({ name }: PickleGlobal, isCalled: boolean): PickleInstance {
  return { kind: 'instance', className: name, isCalled, state: null, items: [], entries: new Map() }
}

function argumentsOf(value: PickleValue): readonly PickleValue[] {
  return isKind(value, 'tuple') ? value.items : refuse('the pickle calls with what is no tuple; it is damaged')
}

function reduce(machine: Machine): void {
  const args = argumentsOf(pop(machine))
  const callee = pop(machine)
  if (!isKind(callee, 'global')) return refuse('the pickle calls what is no name; it is damaged')
  const result = machine.rules.call(callee.name, args)
  if (result === undefined) machine.unknownCalls.add(callee.name)
  push(machine, result === undefined ? instanceOf(callee, true) : result)
}

/** `class.__new__(class, *args)`: makes an object and calls nothing that the class defines beyond that. */
function newObject(machine: Machine): void {
  const args = argumentsOf(pop(machine))
  const callee = pop(machine)
  if (!isKind(callee, 'global')) return refuse('the pickle makes an object of what is no class; it is damaged')
  const known = machine.rules.call(callee.name, args)
  push(machine, known === undefined ? instanceOf(callee, false) : known)
}

function build(machine: Machine): void {
  const state = pop(machine)
  const target = top(machine)
  if (machine.rules.build(target, state)) return
  if (isKind(target, 'instance')) target.state = state
}

function global(module: string, name: string): PickleGlobal {
  return { kind: 'global', name: `${module}.${name}` }
}

function stackGlobal(machine: Machine): void {
  const name = pop(machine)
  const module = pop(machine)
  if (typeof name !== 'string' || typeof module !== 'string') return refuse('the pickle names a class by what is no text')
  push(machine, global(module, name))
}

function popAny(machine: Machine): void {
  if (machine.stack.pop() === undefined) refuse('the pickle drops a value where none is; it is damaged')
}

type Instruction = (machine: Machine) => void

/** By opcode, which is a character that the sources write. Left out and refused: EXT1–4, INST, OBJ, buffers out of band. */
const instructions: Readonly<Record<number, Instruction>> = byCode({
  // Frames, marks and the memo
  '\x80': (m) => void take(m, 1),
  '\x95': (m) => void number(m, 'u64'),
  '(': (m) => void m.stack.push(mark),
  '0': popAny,
  '1': (m) => void popToMark(m),
  '2': (m) => push(m, top(m)),
  p: (m) => keep(m, writtenNumber(line(m))),
  q: (m) => keep(m, number(m, 'u8')),
  r: (m) => keep(m, number(m, 'u32')),
  '\x94': (m) => keep(m, m.memo.size),
  g: (m) => recall(m, writtenNumber(line(m))),
  h: (m) => recall(m, number(m, 'u8')),
  j: (m) => recall(m, number(m, 'u32')),
  // Plain values
  N: (m) => push(m, null),
  '\x88': (m) => push(m, true),
  '\x89': (m) => push(m, false),
  I: (m) => {
    const written = line(m)
    push(m, written === '01' ? true : written === '00' ? false : writtenNumber(written))
  },
  L: (m) => push(m, writtenNumber(line(m))),
  F: (m) => push(m, writtenNumber(line(m))),
  J: (m) => push(m, number(m, 'i32')),
  K: (m) => push(m, number(m, 'u8')),
  M: (m) => push(m, number(m, 'u16')),
  '\x8a': (m) => push(m, long(m, number(m, 'u8'))),
  '\x8b': (m) => push(m, long(m, number(m, 'u32'))),
  G: (m) => push(m, number(m, 'f64')),
  S: (m) => push(m, writtenText(line(m))),
  V: (m) => push(m, line(m)),
  U: (m) => push(m, oldText(m, number(m, 'u8'))),
  T: (m) => push(m, oldText(m, number(m, 'u32'))),
  '\x8c': (m) => push(m, text(m, number(m, 'u8'))),
  X: (m) => push(m, text(m, number(m, 'u32'))),
  '\x8d': (m) => push(m, text(m, number(m, 'u64'))),
  C: (m) => push(m, take(m, number(m, 'u8'))),
  B: (m) => push(m, take(m, number(m, 'u32'))),
  '\x8e': (m) => push(m, take(m, number(m, 'u64'))),
  '\x96': (m) => push(m, take(m, number(m, 'u64'))),
  // Containers
  ']': (m) => push(m, { kind: 'list', items: [] }),
  '}': (m) => push(m, { kind: 'dict', entries: new Map() }),
  ')': (m) => push(m, { kind: 'tuple', items: [] }),
  '\x8f': (m) => push(m, { kind: 'list', items: [] }),
  l: (m) => push(m, { kind: 'list', items: popToMark(m) }),
  t: (m) => push(m, { kind: 'tuple', items: popToMark(m) }),
  '\x91': (m) => push(m, { kind: 'tuple', items: popToMark(m) }),
  '\x85': (m) => push(m, { kind: 'tuple', items: [pop(m)] }),
  '\x86': (m) => push(m, { kind: 'tuple', items: [pop(m), pop(m)].reverse() }),
  '\x87': (m) => push(m, { kind: 'tuple', items: [pop(m), pop(m), pop(m)].reverse() }),
  d: (m) => {
    const values = popToMark(m)
    push(m, { kind: 'dict', entries: new Map() })
    setItems(top(m), values)
  },
  a: (m) => {
    const value = pop(m)
    append(top(m), [value])
  },
  e: (m) => {
    const values = popToMark(m)
    append(top(m), values)
  },
  '\x90': (m) => {
    const values = popToMark(m)
    append(top(m), values)
  },
  s: (m) => {
    const value = pop(m)
    const key = pop(m)
    setItems(top(m), [key, value])
  },
  u: (m) => {
    const values = popToMark(m)
    setItems(top(m), values)
  },
  // Names, objects and calls
  c: (m) => push(m, global(line(m), line(m))),
  '\x93': stackGlobal,
  R: reduce,
  '\x81': newObject,
  '\x92': (m) => {
    pop(m)
    newObject(m)
  },
  b: build,
  P: (m) => push(m, m.rules.persistent(line(m))),
  Q: (m) => push(m, m.rules.persistent(pop(m))),
})

function byCode(table: Readonly<Record<string, Instruction>>): Readonly<Record<number, Instruction>> {
  return Object.fromEntries(Object.entries(table).map(([code, instruction]) => [code.charCodeAt(0), instruction]))
}
