/** Recipes: papers as data, their arms, claims and verdicts. */
import { z } from 'zod'
import { call } from './rpc'
import { RunId, RunSpec, SettingValue, SettingValues } from './runs'
import { verdicts } from './words'

const FieldText = { title: z.string(), help: z.string() }
/** A setting's description, as base/settings.ts defines it. */
export const Field = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['number', 'integer']),
    ...FieldText,
    default: z.number(),
    min: z.number().optional(),
    max: z.number().optional(),
    unit: z.string().optional(),
  }),
  z.object({ kind: z.literal('choice'), ...FieldText, default: z.string(), choices: z.array(z.string()).readonly() }),
  z.object({ kind: z.literal('text'), ...FieldText, default: z.string() }),
  z.object({ kind: z.literal('boolean'), ...FieldText, default: z.boolean() }),
])
export type Field = z.infer<typeof Field>

export const Part = z.object({ id: z.string(), title: z.string(), help: z.string(), fields: z.record(z.string(), Field) })
export type Part = z.infer<typeof Part>

export { verdicts }
export const VerdictWord = z.enum(verdicts)

export const ClaimCard = z.object({
  id: z.string(),
  says: z.string(),
  /** Section or figure of the paper. */
  where: z.string(),
  measures: z.string(),
  expect: z.string(),
})

export const RecipeCard = z.object({
  id: z.string(),
  paper: z.object({ title: z.string(), authors: z.array(z.string()), year: z.number().int(), arxiv: z.string() }),
  summary: z.string(),
  scales: z.array(z.object({ id: z.string(), title: z.string(), note: z.string() })),
  arms: z.array(
    z.object({
      id: z.string(),
      title: z.string(),
      note: z.string(),
      /** The arm it starts from; such an arm is trained with the whole recipe only. */
      from: z.string().optional(),
    }),
  ),
  differences: z.array(z.string()),
  claims: z.array(ClaimCard),
})
export type RecipeCard = z.infer<typeof RecipeCard>

export const Verdict = z.object({
  recipeId: z.string(),
  claimId: z.string(),
  scale: z.string(),
  verdict: VerdictWord,
  /** One value per seed. */
  values: z.array(z.object({ seed: z.number().int(), value: z.number() })),
  /** Accepted range, [low, high]; an open end is ±1e308. */
  expect: z.tuple([z.number(), z.number()]),
  runIds: z.array(RunId),
  backend: z.string(),
  versions: z.string(),
  atMs: z.number(),
})
export type Verdict = z.infer<typeof Verdict>

export const recipes = {
  list: call(z.object({}), z.array(RecipeCard)),
  /** Complete settings of one arm at one scale: what the new-run dialogue starts from. */
  spec: call(
    z.object({ recipeId: z.string(), scale: z.string(), arm: z.string(), seed: z.number().int().nonnegative() }),
    RunSpec,
  ),
  /** Every task, model, optimizer and loss there is, and the schedule's fields. */
  parts: call(
    z.object({}),
    z.object({
      tasks: z.array(Part),
      models: z.array(Part),
      optimizers: z.array(Part),
      losses: z.array(Part),
      schedule: z.record(z.string(), Field),
    }),
  ),
  /** Checks a specification; failures are listed by path (`task.p`), not thrown. */
  check: call(
    z.object({ spec: RunSpec }),
    z.object({ complaints: z.array(z.object({ path: z.string(), message: z.string() })) }),
  ),
  /** Trains every arm over the seeds, measures every claim and stores the verdicts, as one job. */
  run: call(
    z.object({
      recipeId: z.string(),
      scale: z.string(),
      seeds: z.array(z.number().int().nonnegative()).min(1).max(20),
      set: SettingValues.optional(),
    }),
    z.object({ jobId: z.string() }),
  ),
  /** Stored verdicts of this project, newest first. */
  verdicts: call(z.object({ recipeId: z.string().optional() }), z.array(Verdict)),
  /** Results recorded with the release (resources/claims), for comparison. */
  recorded: call(z.object({ recipeId: z.string() }), z.array(Verdict)),
} as const

export { SettingValue }
