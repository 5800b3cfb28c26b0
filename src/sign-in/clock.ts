/** Tolerance between a provider's clock and ours, for every kind of token. */
export const clockToleranceSeconds = 30
