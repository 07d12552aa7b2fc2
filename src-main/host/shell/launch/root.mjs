import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json. */
export const root = fileURLToPath(new URL('../../../../', import.meta.url))

/** False in a packaged install, which carries `out/` and this launcher only. */
export const hasSources = existsSync(join(root, 'src-main', 'host', 'entry', 'main.ts'))
