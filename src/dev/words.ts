/** The refusal of words behind `npm run demo` and `npm run sandbox`: neither takes one, and what is
 * not known is not passed over. */
const examples = { demo: 'PORT=8080 npm run demo', sandbox: 'SANDBOX_PORT=4000 npm run sandbox' }

/** Undefined without a word. */
export const refusalOfWords = (command: keyof typeof examples, [word]: readonly string[]): string | undefined =>
  word === undefined
    ? undefined
    : `npm run ${command} takes no words, and ${JSON.stringify(word)} is one: settings are variables, as in ${examples[command]}\n`
