import { randomPassword } from './start-servers.ts';

/** Whose variables are made. */
export interface StackEnvironmentOptions {
  /** Environment prefixes of the adapters, each to get a password for either store: `EXCHANGE`. */
  readonly adapters: readonly string[];
  readonly postgresPort: number;
  readonly redisPort: number;
  /** Passwords of the administrators; default: random ones. */
  readonly postgresPassword?: string;
  readonly redisPassword?: string;
}

/**
 * The variables by which services, `tse` and the scripts reach servers on this machine: `POSTGRES_URL` and `REDIS_URL`
 * without a password, `TSE_ADMIN_POSTGRES_URL` and `TSE_ADMIN_REDIS_URL` with the administrator's, and a new random
 * password of each adapter for each store.
 */
export function stackEnvironment({
  adapters,
  postgresPort,
  redisPort,
  ...passwords
}: StackEnvironmentOptions): Record<string, string> {
  const { postgresPassword = randomPassword(), redisPassword = randomPassword() } = passwords;
  return {
    POSTGRES_URL: `postgres://127.0.0.1:${postgresPort}/postgres`,
    REDIS_URL: `redis://127.0.0.1:${redisPort}/0`,
    TSE_ADMIN_POSTGRES_URL: `postgres://postgres:${postgresPassword}@127.0.0.1:${postgresPort}/postgres`,
    TSE_ADMIN_REDIS_URL: `redis://default:${redisPassword}@127.0.0.1:${redisPort}/0`,
    // What docker-compose.yml takes.
    TSE_ADMIN_POSTGRES_PASSWORD: postgresPassword,
    TSE_ADMIN_REDIS_PASSWORD: redisPassword,
    TSE_POSTGRES_PORT: String(postgresPort),
    TSE_REDIS_PORT: String(redisPort),
    ...Object.fromEntries(
      adapters.flatMap((adapter) =>
        [`${adapter}_POSTGRES_PASSWORD`, `${adapter}_REDIS_PASSWORD`].map((name) => [name, randomPassword()]),
      ),
    ),
  };
}
