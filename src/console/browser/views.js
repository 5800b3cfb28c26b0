/** Saved views: kept and removed by the API, opened with the columns they were saved with. */
import { call, find, sayFault } from './call.js'
import { keep, kept } from './kept.js'

const views = find('#views')
const form = find('form', views)
const output = find('output', views)

for (const link of views.querySelectorAll('a')) link.addEventListener('click', () => keep('columns', link.dataset.without))

const change = (work) => work.then(() => location.reload()).catch((error) => sayFault(output, error))

for (const button of views.querySelectorAll('button[data-view]')) {
  button.hidden = false
  button.addEventListener('click', () => change(call(`/api/views/${button.dataset.view}`, { method: 'DELETE' })))
}

if (form) {
  form.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const without = (kept('columns') ?? '').split(' ').filter(Boolean)
    const body = { name: form.elements.name.value, q: new URLSearchParams(location.search).get('q'), without }
    change(call('/api/views', { method: 'PUT', body }))
  })
}
