/** Columns of the timeline that the reader does without; the browser remembers them. */
import { find } from './call.js'
import { keep, kept } from './kept.js'

const hidden = new Set((kept('columns') ?? '').split(' '))
const boxes = document.querySelectorAll('#columns input')

const show = () => {
  for (const box of boxes) {
    box.checked = !hidden.has(box.value)
    document.body.classList.toggle(`no-${box.value}`, !box.checked)
  }
}

for (const box of boxes)
  box.addEventListener('change', () => {
    if (box.checked) hidden.delete(box.value)
    else hidden.add(box.value)
    keep('columns', [...hidden].join(' ').trim())
    show()
  })

find('#columns').hidden = false
show()
