/** Makes dist/, which is what the package holds: Node strips no types below node_modules. */
import { spawnSync } from 'node:child_process'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const compile = (project: string): void => {
  const { status } = spawnSync('node_modules/.bin/tsc', ['-p', project], { stdio: 'inherit' })
  if (status !== 0) throw new Error(`${project} does not compile`)
}

const rewrite = (pattern: string, from: RegExp, to: string): void => {
  for (const path of globSync(pattern)) writeFileSync(path, readFileSync(path, 'utf8').replaceAll(from, to))
}

rmSync('dist', { recursive: true, force: true })
compile('tsconfig.package.json')
// Checked, typed and for older browsers; over what the first has made of the same files.
compile('tsconfig.client.json')
// The compiler rewrites imports, but neither addresses of modules nor the imports of declarations.
rewrite('dist/**/*.js', /(new URL\('[^']+)\.ts(', import\.meta\.url\))/g, '$1.js$2')
rewrite('dist/**/*.d.ts', /(from '\.[^']+)\.ts(')/g, '$1.js$2')
// Style sheets, pages, the checker in Go, and what browsers run, which may not be called like a module beside it.
for (const path of globSync('src/**/*.{css,go,html,js}')) cpSync(path, `dist/${path}`, { force: false, errorOnExist: true })
