// Owns the release of what was taken, in reverse order and once. Knows no `vscode`: its Disposable is a superset.

export interface Disposable {
  dispose(): void;
}

/** Collects disposables and releases them in reverse order; what is added after the release is released at once. */
export class Disposables implements Disposable {
  #items: Disposable[] | undefined = [];

  add<T extends Disposable>(item: T): T {
    if (this.#items) this.#items.push(item);
    else item.dispose();
    return item;
  }

  dispose(): void {
    const items = this.#items;
    this.#items = undefined;
    for (const item of items?.reverse() ?? []) item.dispose();
  }
}
