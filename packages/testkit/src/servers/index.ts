export { randomPassword, startPostgres, startRedis, startServers, type Servers } from './start-servers.ts';
export type { Origin, Server, ServerInfo, StartOptions, StoreOptions } from './server.ts';
export { fetchTools, type FetchToolsOptions, type Tools } from './tools.ts';
export { readDotenv, writeDotenv } from './dotenv.ts';
export { stackEnvironment, type StackEnvironmentOptions } from './stack-environment.ts';
