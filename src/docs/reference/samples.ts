/** TABLE: the languages of the samples. */
import type { Write } from './sample-text.ts'
import { fetchInPage, typedClient } from './samples-of-pages.ts'
import { curl, kotlin, python, swift } from './samples-of-programs.ts'

/** In the order in which they are offered. */
export const languages: Readonly<Record<string, Write>> = {
  curl,
  'JavaScript (fetch)': fetchInPage,
  'Typed client': typedClient,
  Swift: swift,
  'Kotlin (OkHttp)': kotlin,
  'Python (requests)': python,
}
