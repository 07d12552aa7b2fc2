import vue from 'eslint-plugin-vue'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

const declarations = [
  'src-main/lab/{tasks,models,optimizers,losses,probes,interpret,recipes,importers,reports}/*.ts',
  'src-main/lab/models/components/*.ts',
  'src-main/lab/importers/layouts/*.ts',
  'src-main/lab/tasks/prompts/*.ts',
  'src-main/lab/interpret/circuit-methods/*.ts',
  'src-main/lab/interpret/known-circuits/*.ts',
  'src-main/lab/interpret/tickets/*.ts',
  'src-main/engine/ops/*.ts',
  'src-main/engine/backends/*.ts',
  'src-main/host/store/migrations/*.ts',
  'src-renderer/views/*/{index,fixtures}.ts',
  'src-renderer/gallery/**/*.ts',
]
const consoleOwners = ['src-main/base/log.ts', 'src-main/host/entry/**', 'test/tools/**', 'test/bench/**']
const ipcOwners = ['src-main/host/rpc/electron.ts', 'src-main/host/entry/preload.ts']

const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'only declarations have a default export; name this one',
}
const rawIpc = {
  selector: "MemberExpression[object.name=/^ipc(Main|Renderer)$/]",
  message: 'messages go through the contract; only rpc/electron and the preload script speak ipc',
}

export default defineConfig(
  { ignores: ['out/**', 'node_modules/**', 'test/artifacts/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  tseslint.configs.recommended,
  tseslint.configs.stylistic,
  vue.configs['flat/essential'],
  {
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-definitions': ['error', 'interface'],
      // The compiler reports these, and knows the underscore.
      '@typescript-eslint/no-unused-vars': 'off',
      // Where an index is known to be there, a comment would only say so; the compiler's own check stays on.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // Loops over typed arrays are counted where they are hot.
      '@typescript-eslint/prefer-for-of': 'off',
      'no-console': 'error',
      'no-empty': ['error', { allowEmptyCatch: false }],
      'no-restricted-syntax': ['error', noDefaultExport, rawIpc],
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'max-lines': ['error', { max: 500 }],
      'no-constant-condition': 'error',
      'no-fallthrough': 'error',
      'no-self-assign': 'error',
      'no-self-compare': 'error',
      'no-unreachable': 'error',
      'no-unsafe-finally': 'error',
      'no-useless-escape': 'error',
      eqeqeq: 'error',
      'prefer-const': 'error',
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
    },
  },
  { files: ['**/*.vue'], languageOptions: { parserOptions: { parser: tseslint.parser } } },
  { files: consoleOwners, rules: { 'no-console': 'off' } },
  { files: ipcOwners, rules: { 'no-restricted-syntax': ['error', noDefaultExport] } },
  {
    files: [...declarations, '**/*.vue', '**/*.config.{ts,mjs}', 'test/fixtures/electron-fake.ts', '**/*.d.ts'],
    rules: { 'no-restricted-syntax': ['error', rawIpc] },
  },
  { files: ['test/**'], rules: { 'no-restricted-syntax': 'off', 'max-lines': ['error', { max: 800 }] } },
)
