/** A front-end developer's project that has the package and nothing else: what its compiler says, what its bundler makes. */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'

export const resolutions = ['bundler', 'nodenext'] as const

export const compileIn = (folder: string, program: string, resolution: (typeof resolutions)[number]): string => {
  writeFileSync(join(folder, 'program.ts'), program)
  const compilerOptions = {
    ...{ strict: true, noEmit: true, types: [], lib: ['es2022', 'dom'], target: 'es2022' },
    ...{ module: resolution === 'bundler' ? 'esnext' : 'nodenext', moduleResolution: resolution },
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  return spawnSync(resolve('node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' }).stdout
}

/** For pages. React comes from here, unless it is to stay outside. */
export const bundleIn = async (folder: string, contents: string, external: readonly string[] = []): Promise<string> => {
  const alias = Object.fromEntries(['react', 'react-dom'].map((name) => [name, resolve('node_modules', name)]))
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: folder },
    ...{ bundle: true, minify: true, write: false, format: 'esm', platform: 'browser', external: [...external] },
    ...(external.length === 0 && { alias }),
    define: { 'process.env.NODE_ENV': '"production"' },
  })
  return outputFiles[0]!.text
}

export const program = (field: string): string => `import { ClientError, createClient } from 'smooch-bff/client'
const client = createClient({ base: '/bff' })
try {
  const { appUser, meta } = await client.get_app_user({ userId: 'me' })
  console.log(appUser.${field}, meta.rateLimit?.remaining)
  await client.delete_app_user({ userId: 'a' }, { reason: 'gdpr_request', idempotencyKey: 'k' })
} catch (error) {
  if (error instanceof ClientError) console.log(error.code, error.retryAfter)
}
`

/** Shows the session and a user. */
export const page = `import { createElement as h, StrictMode, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { createClient } from 'smooch-bff/client'
import { useAppUser, useSession } from 'smooch-bff/react'
const client = createClient({ base: '/bff' })
const Page = () => {
  const [userId, setUserId] = useState('me')
  const { session, reload } = useSession(client)
  const { appUser, error, loading, reload: again } = useAppUser(client, userId)
  return h('main', null,
    h('p', { id: 'session' }, session === undefined ? 'asking' : session.signedIn ? session.kind : 'nobody'),
    h('p', { id: 'user' }, loading ? 'asking' : (error?.code ?? appUser.givenName)),
    h('button', { id: 'reload', onClick: () => { reload(); again() } }, 'reload'),
    h('button', { id: 'other', onClick: () => setUserId('cust-30007') }, 'other'))
}
createRoot(document.body.appendChild(document.createElement('div'))).render(h(StrictMode, null, h(Page)))
`
