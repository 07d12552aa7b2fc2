/** Something with a lifetime. `dispose` is idempotent and releases everything the thing holds. */
export interface Disposable {
  dispose(): void
}

/** Collects lifetimes and ends them in reverse order of arrival. */
export function createDisposables(): Disposable & { add<T extends Disposable>(item: T): T } {
  const items: Disposable[] = []
  return {
    add(item) {
      items.push(item)
      return item
    },
    dispose() {
      for (const item of items.splice(0).reverse()) item.dispose()
    },
  }
}
