/** jest's environment for Node, in processes that load each package and each module of the service once, as a service does.
 * Test files share these and the globals of their process; modules of `test` each of them has of its own, compiled once. */
import { createRequire } from 'node:module'
import { PerformanceObserver } from 'node:perf_hooks'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm, { type SourceTextModuleOptions, type SyntheticModuleOptions } from 'node:vm'
import { testDeadline } from './until.ts'

/** What comes with jest is no dependency of ours. */
const load = createRequire(import.meta.url)
const { SourceTextModule, SyntheticModule, compileFunction } = vm
/** By file, with the text it is compiled from. */
const compiled = new Map<string, { readonly text: string; readonly bytes: Buffer }>()

const bytesOf = (file: string, text: string): Buffer | undefined => {
  const found = compiled.get(file)
  return found?.text === text ? found.bytes : undefined
}

const root = fileURLToPath(new URL('../../', import.meta.url))
const isOfService = (file: string): boolean => file.endsWith('.ts') && ['src/', 'config/'].some((folder) => file.startsWith(root + folder))
/** Those of jest keep what they know of a test file. */
const isShared = (file: string): boolean =>
  isOfService(file) || (file.includes('/node_modules/') && !/\/node_modules\/(@jest\/|jest-|expect\/)/.test(file))

/** As a module of its own for each test file, which gives on what the shared one exports. */
const givenOn = (file: string): [text: string, exports: object] | undefined => {
  if (!isShared(file)) return undefined
  const exports = load(file) as object
  const lines = Object.keys(exports).map((name, at) => {
    const quoted = JSON.stringify(name)
    return `const given${at} = import.meta.exports[${quoted}]; export { given${at} as ${quoted} }`
  })
  return [lines.join('\n'), exports]
}

type ImportLater = (specifier: string, ...more: unknown[]) => unknown

/** A package that is imported when it is first needed comes from the process, too: jest lets nobody import once a test
 * has ended, though others that were begun with it (test.concurrent) may go on. */
const importedLater =
  (file: string, others: ImportLater): ImportLater =>
  (specifier, ...more) =>
    /^(?:[./]|\w+:)/.test(specifier) ? others(specifier, ...more) : import(pathToFileURL(createRequire(file).resolve(specifier)).href)

class CompiledOnce extends SourceTextModule {
  constructor(given: string, { context: _, ...options }: SourceTextModuleOptions = {}) {
    const { identifier = '', importModuleDynamically: others } = options
    const [text, exports] = givenOn(identifier) ?? [given]
    const cachedData = bytesOf(identifier, text)
    super(text, {
      ...options,
      ...(others && { importModuleDynamically: importedLater(identifier, others as ImportLater) as typeof others }),
      ...(cachedData && { cachedData }),
      ...(exports && { initializeImportMeta: (meta: ImportMeta) => void Object.assign(meta, { exports }) }),
    })
    if (!cachedData) compiled.set(identifier, { text, bytes: (this as unknown as { createCachedData(): Buffer }).createCachedData() })
  }
}

class InTheOneRealm extends SyntheticModule {
  constructor(names: string[], evaluate: () => void, { context: _, ...options }: SyntheticModuleOptions = {}) {
    super(names, evaluate, options)
  }
}

const compileOnce: typeof compileFunction = (text, parameters, { parsingContext: _, ...options } = {}) => {
  const { filename = '' } = options
  if (isShared(filename)) return (module: { exports: unknown }) => (module.exports = load(filename))
  const cachedData = bytesOf(filename, text)
  const made = compileFunction(text, parameters, { ...options, ...(cachedData ? { cachedData } : { produceCachedData: true }) })
  if (made.cachedData) compiled.set(filename, { text, bytes: made.cachedData })
  return made
}

// jest takes them from here at each use; it has no setting for compiled code, nor for a realm.
Object.assign(vm, { SourceTextModule: CompiledOnce, SyntheticModule: InTheOneRealm, compileFunction: compileOnce })

/** Those of prom-client, one for each service started: node:perf_hooks would hold each, and by it all
 * modules of its test file. */
const observers = new Set<PerformanceObserver>()
const { observe } = PerformanceObserver.prototype
PerformanceObserver.prototype.observe = function (...given) {
  observers.add(this)
  observe.apply(this, given)
}

interface TestEvent {
  readonly name: string
  readonly hook?: { readonly timeout?: number }
  readonly test?: { readonly timeout?: number }
}

const { ModuleMocker } = load('jest-mock')
const { ModernFakeTimers } = load('@jest/fake-timers')

/** By which packages find what they share. */
const ofPackages = new Set<PropertyKey>([Symbol.for('undici.globalDispatcher.1')])

export default class {
  readonly global = globalThis
  readonly moduleMocker = new ModuleMocker(globalThis)
  readonly fakeTimers = null
  readonly fakeTimersModern: { dispose(): void }
  readonly variables = process.env
  readonly exit = process.exit
  readonly now = Date.now
  readonly before = Object.getOwnPropertyDescriptors(globalThis) as Record<PropertyKey, PropertyDescriptor>

  constructor({ projectConfig: config }: { projectConfig: object }) {
    this.fakeTimersModern = new ModernFakeTimers({ config, global: globalThis })
    process.env = { ...this.variables }
  }

  /** jest looks for source maps at each stack that is made, of errors too that are no fault: we have none, and it takes a twentieth
   * of the processor time. */
  setup(): void {
    Reflect.deleteProperty(Error, 'prepareStackTrace')
  }

  /** Tests and hooks have a limit each; of concurrent tests jest counts the time from where it comes to them in turn. */
  handleTestEvent({ name, ...of }: TestEvent, { testTimeout }: { testTimeout: number }): void {
    const begun = name === 'hook_start' ? of.hook : name === 'test_fn_start' ? of.test : undefined
    if (begun) Object.assign(globalThis, { [testDeadline]: performance.now() + (begun.timeout || testTimeout) })
  }

  getVmContext(): object {
    return globalThis
  }

  exportConditions(): string[] {
    return ['node', 'node-addons']
  }

  teardown(): void {
    this.fakeTimersModern.dispose()
    for (const observer of observers) observer.disconnect()
    observers.clear()
    Object.assign(process, { env: this.variables, exit: this.exit })
    Date.now = this.now
    for (const name of Reflect.ownKeys(globalThis)) {
      const was = this.before[name]
      if (was) Object.defineProperty(globalThis, name, was)
      else if (!ofPackages.has(name)) Reflect.deleteProperty(globalThis, name)
    }
  }
}
