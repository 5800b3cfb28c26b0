/** The page on which somebody signs in to the demo from a page of their own, without scripts. */
import { html } from '../../http/html.ts'
import { plainPage } from '../../http/plain-page.ts'
import { people } from './people.ts'

const button = ([name, { actor }]: [string, (typeof people)[keyof typeof people]]) =>
  html`<p><button name="person" value="${name}">${actor.name}, ${name}</button></p>`

export const signInPage = (basePath: string, returnTo: string): string =>
  plainPage(
    'Who would you like to be?',
    html`<form method="post" action="${basePath}/auth/login"><input type="hidden" name="returnTo" value="${returnTo}">
${Object.entries(people).map(button)}
</form>`,
  )
