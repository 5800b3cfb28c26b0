/** For the image, where nothing can be written at run time: has Node keep the compiled code of what `src/main.ts help` does not load. V8 takes it only under the flags under which it was compiled, and a thread looks in a folder of its own, so all is loaded in the manner of the service: on threads, and after the start. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { growNewSpace } from '../src/platform/process/v8-flags.ts'

const folder = mkdtempSync(join(tmpdir(), 'compile-'))
const url = `sqlite:${join(folder, 'journal.db')}`
const [{ openFor }, { createIntegrity }] = await Promise.all([
  import('../src/journal/store/open.ts'),
  import('../src/console/integrity.ts'),
  import('../src/service/serve.ts'),
  import('ioredis'),
  import('pg'),
])
const { store } = await openFor('service', url, {})
// The thread that reads has loaded all that it needs before the flags change, as in the service.
await store.readers.select('SELECT 1')
growNewSpace()
await Promise.all([
  createIntegrity({ url, secrets: {}, size: () => 0 }).run(),
  import('../src/docs/openapi.ts'),
  import('../src/docs/reference/document.ts'),
  import('../src/docs/reference/page.ts'),
])
await store.close()
rmSync(folder, { recursive: true })
