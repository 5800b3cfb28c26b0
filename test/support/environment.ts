/** jest's environment for Node, in processes that compile each module once and keep nothing of a file
 * that is done: every test file has a context of its own. */
import { createRequire } from 'node:module'
import { PerformanceObserver } from 'node:perf_hooks'
import vm, { type SourceTextModuleOptions } from 'node:vm'

const { SourceTextModule, compileFunction } = vm
/** By file, with the text it is compiled from. */
const compiled = new Map<string, { readonly text: string; readonly bytes: Buffer }>()

const bytesOf = (file: string, text: string): Buffer | undefined => {
  const found = compiled.get(file)
  return found?.text === text ? found.bytes : undefined
}

class CompiledOnce extends SourceTextModule {
  constructor(text: string, options: SourceTextModuleOptions = {}) {
    const { identifier = '' } = options
    const cachedData = bytesOf(identifier, text)
    super(text, { ...options, ...(cachedData && { cachedData }) })
    if (!cachedData) compiled.set(identifier, { text, bytes: (this as unknown as { createCachedData(): Buffer }).createCachedData() })
  }
}

const compileOnce: typeof compileFunction = (text, parameters, options = {}) => {
  const { filename = '' } = options
  const cachedData = bytesOf(filename, text)
  const made = compileFunction(text, parameters, { ...options, ...(cachedData ? { cachedData } : { produceCachedData: true }) })
  if (made.cachedData) compiled.set(filename, { text, bytes: made.cachedData })
  return made
}

// jest takes both from here at each use; it has no setting for compiled code.
Object.assign(vm, { SourceTextModule: CompiledOnce, compileFunction: compileOnce })

/** Those of prom-client, one for each service started: node:perf_hooks would hold each, and by it the
 * whole context of its test file. */
const observers = new Set<PerformanceObserver>()
const { observe } = PerformanceObserver.prototype
PerformanceObserver.prototype.observe = function (...given) {
  observers.add(this)
  observe.apply(this, given)
}

// It comes with jest, so it is no dependency of ours.
const load = createRequire(import.meta.url)
const { TestEnvironment } = load('jest-environment-node') as { TestEnvironment: new (...given: never[]) => { teardown(): Promise<void> } }

export default class extends TestEnvironment {
  override async teardown(): Promise<void> {
    for (const observer of observers) observer.disconnect()
    observers.clear()
    await super.teardown()
  }
}
