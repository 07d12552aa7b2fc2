import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'

const root = resolve(import.meta.dirname, '..')

/**
 * One project a kind of test: `unit` and `suites` run in Node, `renderer` in happy-dom, `e2e` drives a real browser
 * against the built application. `electron` always resolves to the fake, because importing the real module where its
 * binary is missing starts a download.
 */
const alias = {
  '@contract': resolve(root, 'src-main/contract'),
  '@main': resolve(root, 'src-main'),
  '@renderer': resolve(root, 'src-renderer'),
  electron: resolve(root, 'test/fixtures/electron-fake.ts'),
}

export default defineConfig({
  root,
  resolve: { alias },
  plugins: [vue()],
  test: {
    maxWorkers: 2,
    // No test waits for a time to pass; the limit only ends one that hangs, on however busy a machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/main/**/*.test.ts', 'test/*.test.ts'], environment: 'node' },
      },
      {
        extends: true,
        test: { name: 'suites', include: ['test/suites/**/*.test.ts'], environment: 'node', testTimeout: 120_000 },
      },
      {
        extends: true,
        test: { name: 'renderer', include: ['test/renderer/**/*.test.ts'], environment: 'happy-dom' },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          environment: 'node',
          testTimeout: 180_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
