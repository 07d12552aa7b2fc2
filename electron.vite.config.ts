import { resolve } from 'node:path'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'electron-vite'

const root = import.meta.dirname
const entry = (name: string): string => resolve(root, `src-main/host/entry/${name}.ts`)

export default defineConfig({
  main: {
    build: {
      outDir: 'out/main',
      rolldownOptions: {
        // Four composition roots: the desktop shell, the served workbench, the compute process, the command line.
        input: { main: entry('main'), serve: entry('serve'), compute: entry('compute'), headless: entry('headless') },
      },
    },
  },
  preload: {
    build: {
      outDir: 'out/preload',
      externalizeDeps: false,
      rolldownOptions: {
        input: { preload: entry('preload') },
        // A sandboxed preload can only be CommonJS.
        output: { format: 'cjs', entryFileNames: '[name].cjs' },
      },
    },
  },
  renderer: {
    root: resolve(root, 'src-renderer'),
    base: './',
    publicDir: resolve(root, 'resources/icons'),
    resolve: { alias: { '@contract': resolve(root, 'src-main/contract') } },
    plugins: [vue()],
    build: {
      outDir: resolve(root, 'out/renderer'),
      minify: true,
      rolldownOptions: { input: resolve(root, 'src-renderer/index.html') },
    },
  },
})
