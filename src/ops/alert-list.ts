/** Alerts on the page, as they were also sent to the webhook. */
import type { Alert } from './alerts.ts'
import { type Html, html } from './html.ts'
import { ago } from './times.ts'

const mostShown = 3

export const alertList = (alerts: readonly Alert[]): Html =>
  html`<div id="alerts">${
    alerts.length > 0 &&
    html`<ul class="alerts" aria-label="Alerts">${alerts.slice(0, mostShown).map(({ type, words, time }) => html`<li class="alert ${type}"><b>${words}</b> ${ago(time)}</li>`)}</ul>`
  }</div>`
