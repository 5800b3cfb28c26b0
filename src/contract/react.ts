/** Two hooks for React 18 and later: who is signed in, and an app user, by a client made once. */
import { useCallback, useEffect, useState } from 'react'
import type { AppUser, CallOptions, Client, SessionView } from './client.ts'

export interface Loading {
  /** True until the answer is there, and again while it is asked for anew. */
  readonly loading: boolean
  /** A `ClientError`, or what `fetch` rejected with. What was shown before is gone then. */
  readonly error: Error | undefined
  /** Asks anew, such as after a sign-in or a change. */
  reload(): void
}

/** `session` is undefined until it is known; `session.signedIn` says whether somebody is. */
export const useSession = (client: Client): Loading & { readonly session: SessionView | undefined } => {
  const ask = useCallback((options: CallOptions) => client.session(options), [client])
  const { answer, ...loading } = useAnswer(ask)
  return { ...loading, session: answer }
}

/** Without a userId the caller's own user. */
export const useAppUser = (client: Client, userId = 'me'): Loading & { readonly appUser: AppUser | undefined } => {
  const ask = useCallback((options: CallOptions) => client.get_app_user({ userId }, options), [client, userId])
  const { answer, ...loading } = useAnswer(ask)
  return { ...loading, appUser: answer?.appUser }
}

interface Result<T> {
  readonly ask: unknown
  readonly turn: number
  readonly answer?: T
  readonly error?: Error
}

const useAnswer = <T>(ask: (options: CallOptions) => Promise<T>): Loading & { readonly answer: T | undefined } => {
  const [turn, setTurn] = useState(0)
  const [result, setResult] = useState<Result<T> | undefined>(undefined)
  useEffect(() => {
    const controller = new AbortController()
    const { signal } = controller
    const show = (outcome: { answer: T } | { error: Error }) => {
      if (!signal.aborted) setResult({ ask, turn, ...outcome })
    }
    ask({ signal }).then(
      (answer) => show({ answer }),
      (error: Error) => show({ error }),
    )
    return () => controller.abort()
  }, [ask, turn])
  const reload = useCallback(() => setTurn((last) => last + 1), [])
  // One person's answer must not stand under another's id while that one is asked for.
  const shown = result?.ask === ask ? result : undefined
  return { answer: shown?.answer, error: shown?.error, loading: shown?.turn !== turn, reload }
}
