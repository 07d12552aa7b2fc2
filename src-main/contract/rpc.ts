/**
 * How a namespace of the contract is written down, and the two types that follow from it.
 *
 *   export const runs = namespace({ list: call(z.object({}), z.array(Run)), follow: stream(args, event, 'latest') })
 *
 * `ServiceOf<typeof runs>` is what the main process implements, `ClientOf<typeof runs>` what the renderer calls.
 * Arguments are validated where they arrive (the serving side); replies are typed and trusted by the renderer.
 * The renderer imports only types from here, so that the schema library stays out of its bundle.
 */
import type { z } from 'zod'

/** Whether a slow reader of a stream gets every event or the newest one only. */
export type Delivery = 'every' | 'latest'

export interface CallDef<A = unknown, R = unknown> {
  readonly kind: 'call'
  readonly args: z.ZodType<A>
  readonly reply: z.ZodType<R>
}

export interface StreamDef<A = unknown, E = unknown> {
  readonly kind: 'stream'
  readonly args: z.ZodType<A>
  readonly event: z.ZodType<E>
  readonly delivery: Delivery
}

export type MethodDef = CallDef | StreamDef
export type Namespace = Readonly<Record<string, MethodDef>>
export type Contract = Readonly<Record<string, Namespace>>

export function call<A, R>(args: z.ZodType<A>, reply: z.ZodType<R>): CallDef<A, R> {
  return { kind: 'call', args, reply }
}

/** `every` streams hold their producer back when the reader is slow; `latest` streams drop what was overtaken. */
export function stream<A, E>(args: z.ZodType<A>, event: z.ZodType<E>, delivery: Delivery): StreamDef<A, E> {
  return { kind: 'stream', args, event, delivery }
}

// The serving side

export interface CallContext {
  /** Aborts when the caller cancels or its connection ends. */
  readonly signal: AbortSignal
}

/** Sends one event. Resolves when the reader has room for the next; with `latest` delivery, always at once. */
export type Emit<E> = (event: E) => Promise<void>

export interface StreamContext<E> extends CallContext {
  readonly emit: Emit<E>
}

/** A stream ends when its handler's promise resolves; it fails when the promise rejects. */
export type HandlerOf<M> =
  M extends CallDef<infer A, infer R>
    ? (args: A, ctx: CallContext) => R | Promise<R>
    : M extends StreamDef<infer A, infer E>
      ? (args: A, ctx: StreamContext<E>) => Promise<void>
      : never

export type ServiceOf<N> = { readonly [K in keyof N]: HandlerOf<N[K]> }
export type ServicesOf<C> = { readonly [K in keyof C]: ServiceOf<C[K]> }

// The calling side

export interface CallOptions {
  /** Aborting rejects the promise with CANCELLED and tells the serving side to stop. */
  readonly signal?: AbortSignal
}

export interface CallMethod<A, R> {
  (args: A, options?: CallOptions): Promise<R>
  /** `namespace.verb`: a stable key for caches. */
  readonly method: string
}

export interface StreamMethod<A, E> {
  /** Resolves when the stream ends, rejects with its failure. */
  (args: A, onEvent: (event: E) => void, options?: CallOptions): Promise<void>
  readonly method: string
}

export type MethodOf<M> =
  M extends CallDef<infer A, infer R>
    ? CallMethod<A, R>
    : M extends StreamDef<infer A, infer E>
      ? StreamMethod<A, E>
      : never

export type ClientOf<C> = { readonly [N in keyof C]: { readonly [K in keyof C[N]]: MethodOf<C[N][K]> } }

// The wire

/**
 * The four message kinds. A stream is a request whose answer is preceded by events.
 * Typed arrays may stand anywhere in `args`, `value` and `event`; transports carry them as bytes.
 */
export type Message =
  | { readonly kind: 'request'; readonly id: number; readonly method: string; readonly args: unknown }
  | { readonly kind: 'response'; readonly id: number; readonly value?: unknown; readonly error?: WireError }
  | { readonly kind: 'event'; readonly id: number; readonly event: unknown }
  /** From the calling side: stop this request, or allow `credit` more events of it. */
  | { readonly kind: 'signal'; readonly id: number; readonly cancel?: true; readonly credit?: number }

export interface WireError {
  readonly code: string
  readonly message: string
  readonly detail?: Readonly<Record<string, unknown>>
}

/** What carries messages between two peers, in order, each exactly once. */
export interface Transport {
  send(message: Message): void
  onMessage(listener: (message: unknown) => void): void
  /** Called once when the other end is gone. */
  onClose(listener: () => void): void
  close(): void
}
