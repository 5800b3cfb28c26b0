/** A value that prints as `[secret]` everywhere; only `reveal` gives it away. A watched file may replace it while the process runs. */
import { inspect } from 'node:util'

export class Secret {
  #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The value as it is now; ask each time, since it may have been replaced. */
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
