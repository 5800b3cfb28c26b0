/** A forward proxy as companies have them: it takes CONNECT alone, and does on demand what goes wrong with one. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export type Mood = 'passes' | 'refuses' | 'asks who' | 'hangs up' | 'says nothing' | 'hangs up after 200'

export interface ConnectProxy extends AsyncDisposable {
  readonly url: string
  /** Whom it was asked for, and by whom. */
  readonly asked: { readonly host: string; readonly credentials: string | undefined }[]
  mood: Mood
}

const answers: Partial<Record<Mood, string>> = {
  refuses: 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n',
  'asks who': 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
  'hangs up after 200': 'HTTP/1.1 200 Connection Established\r\n\r\n',
}

export const startConnectProxy = async (login = ''): Promise<ConnectProxy> => {
  const sockets = new Set<Socket>()
  const keep = (socket: Socket): Socket => {
    sockets.add(socket)
    return socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
  }
  const asked: ConnectProxy['asked'] = []
  const server = createServer((near) => {
    keep(near).once('data', (head) => {
      const [, name = '', port = ''] = /^CONNECT (\S+):(\d+) /.exec(head.toString('latin1')) ?? []
      asked.push({ host: `${name}:${port}`, credentials: /^proxy-authorization: (.*)\r$/im.exec(head.toString('latin1'))?.[1] })
      if (proxy.mood === 'says nothing') return
      if (proxy.mood !== 'passes') return void near.end(answers[proxy.mood] ?? '')
      const far = keep(connect(Number(port), name))
      far.once('connect', () => {
        near.write('HTTP/1.1 200 Connection Established\r\n\r\n')
        near.pipe(far).pipe(near)
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const proxy: ConnectProxy = {
    url: `http://${login && `${login}@`}127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    mood: 'passes',
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}
