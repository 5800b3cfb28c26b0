/** The page on which somebody signs in to the demo from a page of their own, without scripts. */
import { html } from '../../http/html.ts'
import { people } from './people.ts'

const button = ([name, { actor, roles }]: [string, (typeof people)[keyof typeof people]]) =>
  html`<p><button name="person" value="${name}">${actor.name}, ${roles.join(', ')}</button></p>`

export const signInPage = (basePath: string, returnTo: string): string =>
  html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,"><title>Sign in to the demo</title></head>
<body><main><h1>Who would you like to be?</h1>
<form method="post" action="${basePath}/auth/login"><input type="hidden" name="returnTo" value="${returnTo}">
${Object.entries(people).map(button)}
</form></main></body>
</html>
`.text
