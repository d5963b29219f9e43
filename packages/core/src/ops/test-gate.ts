import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

export interface Gate extends AsyncDisposable {
  readonly port: number;
  /** Connections are refused and those that are there are reset. */
  close(): void;
  open(): void;
  /** What arrives is swallowed, on both sides. */
  swallow(): void;
}

/** A TCP relay in front of a server that can be closed, opened and made to hang. */
export async function gate(url: string, { closed = false } = {}): Promise<Gate> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let state: 'open' | 'closed' | 'hanging' = closed ? 'closed' : 'open';
  const server = createServer((client) => {
    if (state === 'closed') {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[client, upstream] as const, [upstream, client] as const]) {
      sockets.add(from);
      from.on('data', (chunk) => state === 'open' && to.write(chunk));
      from.on('error', () => {});
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      state = 'closed';
      cut();
    },
    open: () => (state = 'open'),
    swallow: () => (state = 'hanging'),
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
