/** The head of every page: its language, its width on a phone, and that it may be dark. */
import { type Content, type Html, html } from './html.ts'

export const pageHead = (title: string, more?: Content): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
${more}
</head>
`
