/** What the browser remembers of how a reader likes the console: nothing about anybody. */

/** Storage may be refused: then a choice lasts as long as the page. */
export const keep = (name, value) => {
  try {
    localStorage.setItem(`console-${name}`, value)
  } catch {
    // Nothing is lost but the choice.
  }
}

export const kept = (name) => {
  try {
    return localStorage.getItem(`console-${name}`)
  } catch {
    return null
  }
}
