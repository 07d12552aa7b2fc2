/**
 * A transformer whose logits are known: A · sum over its harmonics of cos(w_f (a + b - c)), exactly.
 *
 * 1. W_E holds cos(w_f x) and sin(w_f x); at "=" head 0 looks at the first position and head 1 at the second, and each
 *    copies what stands there to slots of its own.
 * 2. Gated neurons multiply: (1 + cos a) cos b and their like, where the 1 comes with "=" and keeps the gate's ReLU open.
 * 3. W_U makes cos(a + b) and sin(a + b) of them, taking off the cos b and sin b that the 1 brought in, and answers with
 *    cos(w c) cos(w (a + b)) + sin(w c) sin(w (a + b)).
 */
import { namedArray } from '@main/base/array'
import { defaultsOf } from '@main/base/settings'
import type { ArraysByName } from '@main/lab/models/model'
import { createNetwork, type Network } from '@main/lab/models/network'
import transformer from '@main/lab/models/transformer'

/** Scores of 72 and 0: the softmax of the wanted position is 1 in float32. */
const certain = 12

export function addingNetwork(p: number, freqs: readonly number[], amplitude = 20): Network {
  const count = freqs.length
  const d_head = 2 * count
  // Slots: position 0, 1, 2, the 1 of "=", then by harmonic cos and sin of the token itself, of a, of b, and four neurons.
  const slotOf = (freq: number, slot: number): number => 4 + 10 * freq + slot
  const d_model = 4 + 10 * count
  const d_mlp = 4 * count
  const arrays = {
    W_E: zeros({ d_vocab: p + 1, d_model }),
    W_pos: zeros({ pos: 3, d_model }),
    'blocks.0.attn.W_Q': zeros({ head: 2, d_model, d_head }),
    'blocks.0.attn.W_K': zeros({ head: 2, d_model, d_head }),
    'blocks.0.attn.W_V': zeros({ head: 2, d_model, d_head }),
    'blocks.0.attn.W_O': zeros({ head: 2, d_head, d_model }),
    'blocks.0.mlp.W_gate': zeros({ d_model, d_mlp }),
    'blocks.0.mlp.W_in': zeros({ d_model, d_mlp }),
    'blocks.0.mlp.W_out': zeros({ d_mlp, d_model }),
    W_U: zeros({ d_model, d_vocab: p }),
  }
  const write = (name: keyof typeof arrays, place: readonly number[], value: number): void => {
    const { data, shape } = arrays[name]
    data[place.reduce((flat, index, axis) => flat * shape[axis]! + index, 0)] = value
  }
  for (const pos of [0, 1, 2]) write('W_pos', [pos, pos], 1)
  write('W_E', [p, 3], 1)
  for (const head of [0, 1]) {
    write('blocks.0.attn.W_Q', [head, 2, 0], certain)
    write('blocks.0.attn.W_K', [head, head, 0], certain * Math.sqrt(d_head / 2))
  }
  freqs.forEach((freq, f) => {
    const angle = (x: number): number => (2 * Math.PI * freq * x) / p
    const slot = (index: number): number => slotOf(f, index)
    for (let x = 0; x < p; x++) {
      write('W_E', [x, slot(0)], Math.cos(angle(x)))
      write('W_E', [x, slot(1)], Math.sin(angle(x)))
    }
    for (const head of [0, 1]) {
      for (const part of [0, 1]) {
        write('blocks.0.attn.W_V', [head, slot(part), 2 * f + part], 1)
        write('blocks.0.attn.W_O', [head, 2 * f + part, slot(2 + 2 * head + part)], 1)
      }
    }
    // Neuron: cos a cos b, sin a sin b, sin a cos b, cos a sin b.
    const factors = [[2, 4], [3, 5], [3, 4], [2, 5]] as const
    factors.forEach(([gate, input], neuron) => {
      write('blocks.0.mlp.W_gate', [3, 4 * f + neuron], 1)
      write('blocks.0.mlp.W_gate', [slot(gate), 4 * f + neuron], 1)
      write('blocks.0.mlp.W_in', [slot(input), 4 * f + neuron], 1)
      write('blocks.0.mlp.W_out', [4 * f + neuron, slot(6 + neuron)], 1)
    })
    for (let c = 0; c < p; c++) {
      const [cosine, sine] = [amplitude * Math.cos(angle(c)), amplitude * Math.sin(angle(c))]
      const reads = [-cosine - sine, cosine - sine, cosine, -cosine, sine, sine]
      reads.forEach((value, i) => write('W_U', [slot(4 + i), c], value))
    }
  })
  const settings = { ...defaultsOf(transformer.fields), n_layers: 1, n_heads: 2, d_model, d_head, d_mlp, gatedMlp: true }
  return createNetwork(transformer, settings, { n_ctx: 3, d_vocab: p + 1, d_vocab_out: p }, arrays)
}

function zeros(lengths: Readonly<Record<string, number>>): ArraysByName[string] {
  const shape = Object.values(lengths)
  return namedArray(Object.keys(lengths), shape, new Float32Array(shape.reduce((size, length) => size * length, 1)))
}
