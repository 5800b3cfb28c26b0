/** Templates escape whatever is put in. */
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { html } from '../../src/http/html.ts'
import { anyText } from '../support/any-text.ts'

test('what is put in stays text; what the tag made stays markup; nothing stays nothing', () => {
  expect(html`<p title="${`"><script>`}">${html`<b>${'<&'}</b>`}${[1, 'a', null, false, undefined]}</p>`.text).toBe(
    '<p title="&quot;&gt;&lt;script&gt;"><b>&lt;&amp;</b>1a</p>',
  )
})

test('marks that turn or hide text are shown', () => {
  expect(html`${'a\u202egnp.exe\u0000\u200b'}`.text).toBe('a\\u202egnp.exe\\u0000\\u200b')
})

test('no text opens a tag or leaves an attribute', () => {
  fc.assert(fc.property(anyText(), (text) => expect(html`${text}`.text).not.toMatch(/[<>"']/)))
})

test('an object that only looks like markup is refused', () => {
  expect(() => html`${JSON.parse('{"text":"<script>"}') as { text: string }}`).toThrow('not made by html')
})
