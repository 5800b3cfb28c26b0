/** What a look at something outside found: one line for operators, and what to do. */
export interface Finding {
  /** `warn`: it works, and deserves a word. */
  readonly level: 'ok' | 'warn' | 'fault'
  readonly text: string
  readonly todo?: string
}

export const ok = (text: string): Finding => ({ level: 'ok', text })
export const warn = (text: string, todo: string): Finding => ({ level: 'warn', text, todo })
export const fault = (text: string, todo: string): Finding => ({ level: 'fault', text, todo })
