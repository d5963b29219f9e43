/** Admin URLs of real servers, which the integration tests run on. */
export interface ProvidedServers {
  postgres: string;
  redis: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: ProvidedServers;
  }
}
