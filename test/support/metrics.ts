/** Figures of a scrape: the text format of Prometheus, by name and labels as they stand there. */
export type Figures = ReadonlyMap<string, number>

export const parseMetrics = (text: string): Figures =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  )

export const scrape = async (privateUrl: string): Promise<Figures> => parseMetrics(await (await fetch(`${privateUrl}/metrics`)).text())

/** The sum of the series of this name whose labels hold all of these. */
export const sumOf = (figures: Figures, name: string, labels: Readonly<Record<string, string>> = {}): number =>
  [...figures]
    .filter(([series]) => series === name || series.startsWith(`${name}{`))
    .filter(([series]) => Object.entries(labels).every(([label, value]) => series.includes(`${label}="${value}"`)))
    .reduce((sum, [, value]) => sum + value, 0)
