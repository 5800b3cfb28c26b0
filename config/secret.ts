/** A value that prints as `[secret]`; only `reveal` returns it. A watched file may replace it. */
import { inspect } from 'node:util'

export class Secret {
  #content: { readonly value: string }

  constructor(value: string) {
    this.#content = { value }
  }

  /** The present value; not to be kept, since it may be replaced. */
  reveal(): string {
    return this.#content.value
  }

  replace(value: string): void {
    this.#content = { value }
  }

  /** Another object after each replacement, see `perContent`. */
  get content(): object {
    return this.#content
  }

  toString(): string {
    return '[secret]'
  }

  toJSON(): string {
    return '[secret]'
  }

  [inspect.custom](): string {
    return '[secret]'
  }
}

/** A value made once for each content of the owner's secret. It goes with the content: nothing else
 * may remember a former key. */
export const perContent = <O extends { readonly secret: Secret }, T>(make: (owner: O) => T): ((owner: O) => T) => {
  const made = new WeakMap<object, T>()
  return (owner) => made.getOrInsertComputed(owner.secret.content, () => make(owner))
}
