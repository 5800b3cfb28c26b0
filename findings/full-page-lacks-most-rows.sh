#!/usr/bin/env bash
# playwright-core 1.65.1 with Chromium 156: a picture of the full page lacks the rows that nobody has scrolled to, and the page's text lacks them too.
#
# Expected: `fullPage: true` shows what a person sees who scrolls down, and innerText is the text of the page.
# Happens:  the picture is as high as the page, but what has `content-visibility: auto` and is not near the window keeps its box and is painted
#           empty. innerText leaves the same rows out; textContent has them, and isVisible() and checkVisibility() say true of each.
# Seen:     window 844 high, content-visibility: auto:    2 of 60 rows painted, 2 in innerText, 60 in textContent, 60 visible
#           window 844 high, without it:                  60 of 60 rows painted, 60 in innerText, 60 in textContent, 60 visible
#           window 5000 high, content-visibility: auto:   60 of 60 rows painted, 60 in innerText, 60 in textContent, 60 visible
# Matters:  a property that is put in for speed empties pictures in documents and comparisons, without an error, and "is it visible" says yes. Make
#           the window as high as the page for pictures, and read textContent.
# Needs Chromium (Debian: chromium).
set -euo pipefail
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo 'Chromium is not installed' >&2
  exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true }' >package.json
npm install --no-audit --no-fund --loglevel=error --save-exact --prefix "$folder" playwright-core@1.65.1

cat >see.mjs <<'JS'
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

setTimeout(() => process.exit(1), 90_000).unref()
const browser = await chromium.launch({ executablePath: process.argv[2] })
console.log(`playwright-core 1.65.1, Chromium ${browser.version()}`)

const ROWS = 60
const html = (style) => `<!doctype html><html lang="en"><title>Rows</title>
<style>body { background: white; color: black } li { ${style} height: 44px }</style>
<p style="height: 2000px">Above</p><ul>${'<li>row</li>'.repeat(ROWS)}</ul>`

/** In the page: how many rows have a dark dot in the picture. */
const painted = async (picture) => {
  const image = new Image()
  image.src = `data:image/png;base64,${picture}`
  await image.decode()
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d')
  context.drawImage(image, 0, 0)
  const dark = (li) => {
    const { x, y, width, height } = li.getBoundingClientRect()
    return context.getImageData(x, y + scrollY, width, height).data.some((value, at) => at % 4 === 0 && value < 128)
  }
  return [...document.querySelectorAll('li')].filter(dark).length
}
const counted = () => {
  const rows = (text) => text.match(/row/g).length
  const seen = (li) => li.checkVisibility({ contentVisibilityAuto: true, opacityProperty: true, visibilityProperty: true })
  const list = document.querySelector('ul')
  return { inner: rows(list.innerText), content: rows(list.textContent), visible: [...document.querySelectorAll('li')].filter(seen).length }
}

const look = async (title, height, style) => {
  const page = await browser.newPage({ viewport: { width: 390, height }, colorScheme: 'light' })
  await page.setContent(html(style))
  const picture = (await page.screenshot({ fullPage: true })).toString('base64')
  const rows = { painted: await page.evaluate(painted, picture), ...(await page.evaluate(counted)) }
  assert.ok(await page.locator('li').last().isVisible())
  await page.close()
  console.log(
    `window ${`${height} high, ${title}`.padEnd(38)} ${rows.painted} of ${ROWS} rows painted, ${rows.inner} in innerText, ${rows.content} in textContent, ${rows.visible} visible`,
  )
  return rows
}
const auto = 'content-visibility: auto; contain-intrinsic-height: auto 44px;'
try {
  const [low, plain, high] = [
    await look('content-visibility: auto:', 844, auto),
    await look('without it:', 844, ''),
    await look('content-visibility: auto:', 5000, auto),
  ]
  const all = { painted: ROWS, inner: ROWS, content: ROWS, visible: ROWS }
  assert.deepEqual([plain, high], [all, all])
  assert.deepEqual([low.content, low.visible], [ROWS, ROWS])
  assert.ok(low.painted < ROWS / 2 && low.inner < ROWS / 2)
} finally {
  await browser.close()
}
JS
node see.mjs "$browser"
