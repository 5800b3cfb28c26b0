/** Times as the console shows them: UTC, short, with the exact time as a tooltip. Script shows them
 * in the reader's own zone. */
import { type Html, html } from '../../http/html.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const short = (time: string, now: Date): string => {
  const [date = '', clock = ''] = time.split('T')
  const [year, month, day] = date.split('-')
  const when = clock.slice(0, 8)
  if (date === now.toISOString().slice(0, 10)) return when
  const words = `${Number(day)} ${months[Number(month) - 1]}`
  return Number(year) === now.getUTCFullYear() ? `${words} ${when}` : `${words} ${year}`
}

const exactly = (time: string): string => time.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')

export const timeTag = (time: string, now = new Date()): Html =>
  html`<time datetime="${time}" title="${exactly(time)}">${short(time, now)}</time>`

/** "3 min ago", with the exact time as a tooltip. */
export const ago = (time: string, now = Date.now()): Html => {
  const seconds = Math.max(0, Math.round((now - Date.parse(time)) / 1000))
  const words =
    seconds < 60
      ? `${seconds} s ago`
      : seconds < 3600
        ? `${Math.floor(seconds / 60)} min ago`
        : seconds < 172_800
          ? `${Math.floor(seconds / 3600)} h ago`
          : `${Math.floor(seconds / 86_400)} d ago`
  return html`<time class="ago" datetime="${time}" title="${exactly(time)}">${words}</time>`
}

/** The time and how long ago that was. */
export const timeAndAge = (time: string): Html => html`${timeTag(time)} ${ago(time)}`

/** Says which zone the times are in; script offers the other. */
export const zoneNote = (): Html =>
  html`<p id="zone"><span>Times are in UTC.</span> <button type="button" class="link" hidden></button></p>`

export const duration = (milliseconds: number): string =>
  milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`
