/** A chart of operations over time by kind, as SVG without script; its numbers also as a table. */
import { type Html, html } from '../../http/html.ts'
import { type Kind, kinds } from '../counters.ts'
import { operations } from './numbers.ts'

type Counts = Readonly<Record<Kind, number>>

const width = 600
const height = 96

const totalOf = (counts: Counts): number => kinds.reduce((sum, kind) => sum + counts[kind], 0)

/** One path for each kind: hundreds of elements would delay the page. */
const bars = (series: readonly Counts[], step: number, max: number): Html => {
  const drawn = new Map<Kind, string>()
  const wide = (step - 2).toFixed(1)
  series.forEach((counts, at) => {
    let y = height
    for (const kind of kinds) {
      if (counts[kind] === 0) continue
      const high = Math.max(2, (counts[kind] / max) * (height - 8))
      y -= high
      const rectangle = `M${(at * step + 1).toFixed(1)} ${y.toFixed(1)}h${wide}v${high.toFixed(1)}h-${wide}z`
      drawn.set(kind, (drawn.get(kind) ?? '') + rectangle)
    }
  })
  return html`${[...drawn].map(([kind, path]) => html`<path class="k-${kind}" d="${path}"/>`)}`
}

/** The tooltip of a step. */
const hit = (counts: Counts, at: number, step: number, name: string): Html => {
  const words = kinds.filter((kind) => counts[kind] > 0).map((kind) => `${counts[kind]} ${kind}`)
  return html`<rect class="hit" x="${(at * step).toFixed(1)}" width="${step.toFixed(1)}" height="${height}"><title>${name}: ${words.join(', ') || 'nothing'}</title></rect>`
}

const table = (series: readonly Counts[], names: readonly string[]): Html => html`
<table><thead><tr><th scope="col">When (UTC)</th>${kinds.map((kind) => html`<th scope="col">${kind}</th>`)}</tr></thead>
<tbody>${series.map(
  (counts, at) =>
    totalOf(counts) > 0 && html`<tr><th scope="row">${names[at]}</th>${kinds.map((kind) => html`<td>${counts[kind]}</td>`)}</tr>`,
)}</tbody></table>`

/** `names`: the time of each step, as text. */
export const chart = (title: string, series: readonly Counts[], names: readonly string[]): Html => {
  const max = Math.max(1, ...series.map(totalOf))
  const step = width / series.length
  const sum = series.reduce((total, counts) => total + totalOf(counts), 0)
  return html`
<figure class="chart">
<figcaption><b>${title}</b> <span>${operations(sum)}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${title}: ${operations(sum)}, at most ${max} in one step">
<line class="base" x1="0" x2="${width}" y1="${height}" y2="${height}"/>
${bars(series, step, max)}
${series.map((counts, at) => hit(counts, at, step, names[at]!))}
</svg>
<p class="axis"><span>${names[0]}</span><span>${names.at(-1)} UTC</span></p>
<details><summary>As a table</summary><div class="scroll" tabindex="0" role="region" aria-label="${title}, as a table">${sum > 0 ? table(series, names) : html`<p>Nothing happened.</p>`}</div></details>
</figure>`
}

export const legend = (): Html => html`
<ul class="legend" aria-label="Colours">${kinds.map((kind) => html`<li><span class="swatch k-${kind}"></span>${kind}</li>`)}</ul>`

const hourMs = 3_600_000

export const hourNames = (now: Date): string[] =>
  Array.from({ length: 24 }, (_, at) => `${new Date(now.getTime() - (23 - at) * hourMs).toISOString().slice(11, 13)}:00`)

export const dayNames = (now: Date): string[] =>
  Array.from({ length: 30 }, (_, at) => new Date(now.getTime() - (29 - at) * 24 * hourMs).toISOString().slice(5, 10))
