/** A value that prints as `[secret]`; only `reveal` returns it. A watched file may replace it while
 * the process runs. */
import { inspect } from 'node:util'

export class Secret {
  #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The present value; not to be kept, since it may be replaced. */
  reveal(): string {
    return this.#value
  }

  replace(value: string): void {
    this.#value = value
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
