/** TABLE: acts of administration. No row of the operations describes them; the journal keeps them as it keeps calls, refused ones too. */

// biome-ignore format: a table is read down its columns
export const acts = {
  end_sessions:      { past: 'ended sessions of',     infinitive: 'end sessions of' },
  set_roles:         { past: 'changed the roles of',  infinitive: 'change the roles of' },
  mint_session:      { past: 'minted a session for',  infinitive: 'mint a session for' },
  reveal_operation:  { past: 'revealed an operation', infinitive: 'reveal an operation' },
  resolve_operation: { past: 'resolved an operation', infinitive: 'resolve an operation' },
} as const

export type Act = keyof typeof acts
