/**
 * How a colour looks without one kind of cone.
 * Source: Machado, Oliveira, Fernandes 2009, severity 1; the matrices act on linear light.
 */
import { type Rgb } from '@renderer/base/colour'

const matrices = {
  protanope: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
  deuteranope: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
  tritanope: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
  ordinary: [1, 0, 0, 0, 1, 0, 0, 0, 1],
} as const

export type Vision = keyof typeof matrices
export const visions = Object.keys(matrices) as Vision[]

export function simulated(colour: Rgb, vision: Vision): Rgb {
  const light = colour.map((part) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4,
  )
  const matrix = matrices[vision]
  const seen = [0, 1, 2].map((row) => light.reduce((sum, value, i) => sum + matrix[row * 3 + i]! * value, 0))
  return seen.map((part) => {
    const share = part <= 0.0031308 ? part * 12.92 : 1.055 * part ** (1 / 2.4) - 0.055
    return Math.min(255, Math.max(0, share * 255))
  }) as unknown as Rgb // three rows
}
