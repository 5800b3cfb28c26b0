/** A few words about the browser or app, to know one's sessions apart. Rough on purpose. */

const programs: [RegExp, string][] = [
  [/Edg(?:A|iOS)?\//, 'Edge'],
  [/OPR\//, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrom(?:e|ium)\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/okhttp\//i, 'Android app'],
  [/CFNetwork\//, 'iOS app'],
]
const systems: [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
]

const first = (table: [RegExp, string][], text: string) => table.find(([pattern]) => pattern.test(text))?.[1]

export const deviceOf = (userAgent: string | undefined): string | undefined => {
  const text = userAgent ?? ''
  return [first(programs, text), first(systems, text)].filter(Boolean).join(', ') || undefined
}
