/** Alerts on the page, as they were also sent to the webhook. */

import { type Html, html } from '../../http/html.ts'
import { ago } from '../pages/times.ts'
import type { Alert } from './alerts.ts'

/** The others are folded away. */
const maxShown = 3

const items = (alerts: readonly Alert[]): Html =>
  html`<ul class="alerts" aria-label="Alerts">${alerts.map(({ type, words, time }) => html`<li class="alert ${type}"><b>${words}</b> ${ago(time)}</li>`)}</ul>`

/** Bursts come last: anybody can cause them, and they must not hide the journal's own alerts. */
export const alertList = (alerts: readonly Alert[]): Html => {
  const isBurst = ({ type }: Alert): boolean => type === 'burst'
  const all = [...alerts.filter((alert) => !isBurst(alert)), ...alerts.filter(isBurst)]
  const more = all.slice(maxShown)
  return html`<div id="alerts">${all.length > 0 && items(all.slice(0, maxShown))}${
    more.length > 0 && html`<details><summary>${more.length} more of the last 24 hours</summary>${items(more)}</details>`
  }</div>`
}
