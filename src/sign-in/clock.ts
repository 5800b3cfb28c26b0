/** How far a provider's clock may be from ours, whatever it signed: an ID token, a logout token, one to exchange. */
export const clockToleranceSeconds = 30
