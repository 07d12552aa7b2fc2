import { integer, type NumberField } from '../../../../base/settings'

export const promptCount = (count: number): NumberField => integer({
  title: 'Prompts',
  help: 'Number of prompts drawn. Means over more of them are steadier and take longer.',
  default: count,
  min: 1,
  max: 10_000,
})
