import type { ViewFixtures } from '../../workbench/view'

const pages = [
  { name: 'glossary', title: 'Glossary' },
  { name: 'errors/CANCELLED', title: 'CANCELLED' },
]

export default {
  empty: { answers: { system: { pages: () => [], page: () => ({ markdown: '' }) } } },
  loading: { answers: {} },
  error: {
    answers: { system: { pages: () => pages, page: () => Promise.reject({ code: 'FILE_UNREADABLE', message: 'no page glossary' }) } },
  },
  full: { answers: { system: { pages: () => pages, page: () => ({ markdown: '# Glossary\n\nOne term per idea.' }) } } },
} satisfies ViewFixtures
