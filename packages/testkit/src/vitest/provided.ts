/** What the global setup hands to every integration test: admin URLs of real servers, credentials included. */
export interface ProvidedServers {
  postgres: string;
  redis: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: ProvidedServers;
  }
}
