import 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Admin URLs of real servers, which the integration tests run on. */
    servers: { postgres: string; redis: string };
  }
}
