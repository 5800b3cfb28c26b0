/** Prints what runs in the image and in the package, as CycloneDX. Not `npm sbom --omit dev`: that leaves out every package that a development dependency needs as well, cookie and debug among them. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { flagsOf } from './flags.ts'

interface Component {
  readonly 'bom-ref': string
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}
interface Bom {
  readonly metadata: { readonly component: object }
  readonly components: readonly Component[]
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[]
}

flagsOf('sbom', {})
const { name } = JSON.parse(readFileSync('package.json', 'utf8')) as { name: string }
const words = ['sbom', '--sbom-format', 'cyclonedx', '--sbom-type', 'application', '--package-lock-only']
const bom = JSON.parse(execFileSync('npm', words, { encoding: 'utf8', maxBuffer: 100e6 })) as Bom

const components = bom.components.filter(
  ({ properties = [] }) => !properties.some((property) => property.name === 'cdx:npm:package:development'),
)
const refs = new Set(components.map((component) => component['bom-ref']))
const dependencies = bom.dependencies
  .filter(({ ref }) => refs.has(ref) || ref.startsWith(`${name}@`))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => refs.has(one)) }))
// npm names it after the folder.
const metadata = { ...bom.metadata, component: { ...bom.metadata.component, name } }
process.stdout.write(`${JSON.stringify({ ...bom, metadata, components, dependencies }, null, 2)}\n`)
