/** TABLE: what a browser loads beside the console's pages. */
const styles = ['elements', 'frame', 'summary', 'search', 'charts', 'rows', 'operation']

/** By name, and of which files each is put together, in this order. */
export const assets: Readonly<Record<string, readonly URL[]>> = {
  'console.css': [
    new URL('../http/browser/base.css', import.meta.url),
    ...styles.map((name) => new URL(`./browser/${name}.css`, import.meta.url)),
  ],
  'timeline.js': [new URL('./browser/timeline.js', import.meta.url)],
  'operation.js': [new URL('./browser/operation.js', import.meta.url)],
  'call.js': [new URL('./browser/call.js', import.meta.url)],
  'times.js': [new URL('./browser/times.js', import.meta.url)],
  'kept.js': [new URL('./browser/kept.js', import.meta.url)],
  'columns.js': [new URL('./browser/columns.js', import.meta.url)],
  'views.js': [new URL('./browser/views.js', import.meta.url)],
}
