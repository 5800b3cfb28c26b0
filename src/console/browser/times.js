/** Times in the reader's own zone or in UTC, as the reader likes; the tooltip of each is in UTC. */
import { find } from './call.js'
import { keep, kept } from './kept.js'

const own = Intl.DateTimeFormat().resolvedOptions().timeZone

let zone = kept('zone') === 'UTC' ? 'UTC' : own

/** Ages stay as they are. */
export const localTimes = (within) => {
  const day = (time, options) => time.toLocaleDateString('en-GB', { timeZone: zone, day: 'numeric', month: 'short', ...options })
  const now = new Date()
  const year = (time) => time.toLocaleDateString('en-GB', { timeZone: zone, year: 'numeric' })
  for (const element of within.querySelectorAll('time:not(.ago)')) {
    const time = new Date(element.dateTime)
    const thisYear = year(time) === year(now)
    const date = thisYear && day(time) === day(now) ? '' : `${day(time, !thisYear && { year: 'numeric' })} `
    element.textContent = date + time.toLocaleTimeString('en-GB', { timeZone: zone })
  }
}

const show = () => {
  localTimes(document)
  find('#zone span').textContent = `Times are in ${zone}.`
  find('#zone button').textContent = `Show them in ${zone === own ? 'UTC' : own}`
}

if (find('#zone')) {
  find('#zone button').hidden = own === 'UTC'
  find('#zone button').addEventListener('click', () => {
    zone = zone === own ? 'UTC' : own
    keep('zone', zone)
    show()
  })
  show()
}

/** A day or a time of a search, alone or behind its word; how long ago something was is no matter
 * of zones. */
const day = /(?:^|[\s"])(?:(?:from|to):\s*(?!\d{1,4}[mhdw](?:\s|$))|\d{4}-\d\d(?:-\d\d)?(?:\s|\.\.|$)|(?:to|yester)day(?:\s|\.\.|$))/i

/** Days and times that are typed are meant in the zone that is shown; the search then says so. */
export const sayZone = (search) => {
  const names = day.test(search) && !/(^|\s)zone:/i.test(search)
  return names && zone !== 'UTC' ? `${search} zone:${zone}` : search
}
