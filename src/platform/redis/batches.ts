/** One command for equal scripts that are called in one turn of the event loop. */

export interface Script {
  readonly lua: string
  readonly numberOfKeys: number
}

/** The script for several callers, each with its own keys, arguments and answer or error; ARGV[1]
 * is the number of arguments of each. */
export const forAll = ({ lua, numberOfKeys }: Script): { lua: string } => ({
  lua: `local function one(KEYS, ARGV)
${lua}
end
local k, a, answers = ${numberOfKeys}, tonumber(ARGV[1]), {}
for i = 0, #KEYS / k - 1 do
  local ok, answer = pcall(one, {unpack(KEYS, i * k + 1, i * k + k)}, {unpack(ARGV, i * a + 2, i * a + a + 1)})
  if not ok and type(answer) ~= 'table' then answer = {err = tostring(answer)} end
  if answer == nil then answer = false end
  answers[i + 1] = answer
end
return answers`,
})

export interface Call {
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
}

interface Batch {
  readonly name: string
  /** Arguments of each call. */
  readonly width: number
  readonly slot: string | undefined
  readonly calls: Call[]
}

/** A larger batch would block Redis for other clients too long. */
const maxBatch = 64

/** Calls gathered into batches: under load, to send a command costs more than all else. */
export const createBatches = (
  send: (name: string, calls: readonly Call[]) => Promise<readonly unknown[]>,
  refused: (error: Error) => void,
  cluster: boolean,
) => {
  // No Map: the old table of an emptied one keeps garbage alive until a full collection.
  let open: Batch[] = []
  const depart = ({ name, calls }: Batch): void =>
    void send(name, calls).then(
      (answers) => {
        for (const [at, { resolve, reject }] of calls.entries()) {
          const answer = answers[at]
          if (answer instanceof Error) {
            refused(answer)
            reject(answer)
          } else resolve(answer)
        }
      },
      (error: unknown) => {
        for (const { reject } of calls) reject(error)
      },
    )
  const departAll = (): void => {
    const batches = open
    open = []
    batches.forEach(depart)
  }
  return (name: string, call: Call): void => {
    // On a Cluster, a batch holds keys of one hash tag only.
    const slot = cluster ? /\{[^{}]*\}/.exec(call.keys[0]!)?.[0] : undefined
    const batch = open.find((it) => it.name === name && it.width === call.args.length && it.slot === slot && it.calls.length < maxBatch)
    if (batch) return void batch.calls.push(call)
    if (open.length === 0) setImmediate(departAll)
    open.push({ name, width: call.args.length, slot, calls: [call] })
  }
}
