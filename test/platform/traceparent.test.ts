/** The header `traceparent` is read strictly, as W3C Trace Context says. */
import { expect, test } from '@jest/globals'
import { formatTraceParent, newSpanId, newTraceId, parseTraceParent } from '../../src/platform/tracing.ts'

const trace = '0af7651916cd43dd8448eb211c80319c'
const span = 'b7ad6b7169203331'

test.each([
  ['recorded', `00-${trace}-${span}-01`, 1],
  ['not recorded', `00-${trace}-${span}-00`, 0],
  ['with a random id', `00-${trace}-${span}-03`, 3],
  ['with bits that mean nothing yet', `00-${trace}-${span}-fd`, 1],
  ['of a later version', `01-${trace}-${span}-01`, 1],
  ['of a later version that says more', `cc-${trace}-${span}-01-what-comes-then`, 1],
])('one %s is taken', (_name, header, flags) => {
  expect(parseTraceParent(header)).toEqual({ traceId: trace, spanId: span, flags })
})

test.each([
  ['absent', undefined],
  ['empty', ''],
  ['without a version', `${trace}-${span}-01`],
  ['of the version that is none', `ff-${trace}-${span}-01`],
  ['of version 00 that says more', `00-${trace}-${span}-01-more`],
  ['of version 00 with a dash behind it', `00-${trace}-${span}-01-`],
  ['of a later version whose rest does not begin with a dash', `01-${trace}-${span}-01.more`],
  ['in capital letters', `00-${trace.toUpperCase()}-${span}-01`],
  ['with a version in capital letters', `0A-${trace}-${span}-01`],
  ['with a trace of zeros', `00-${'0'.repeat(32)}-${span}-01`],
  ['with a parent of zeros', `00-${trace}-${'0'.repeat(16)}-01`],
  ['with a short trace', `00-${trace.slice(1)}-${span}-01`],
  ['with a long parent', `00-${trace}-${span}0-01`],
  ['with flags of one digit', `00-${trace}-${span}-1`],
  ['with other letters', `00-${trace.slice(1)}g-${span}-01`],
  ['that came twice', `00-${trace}-${span}-01, 00-${trace}-${span}-01`],
  ['with a line end', `00-${trace}-${span}-01\n`],
])('one %s is none', (_name, header) => {
  expect(parseTraceParent(header)).toBeUndefined()
})

test('ids made here can be read by others, and none is zero', () => {
  for (let i = 0; i < 2_000; i++) {
    const made = { traceId: newTraceId(), spanId: newSpanId(), flags: i % 2 }
    expect(parseTraceParent(formatTraceParent(made))).toEqual(made)
  }
})
