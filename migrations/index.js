/** The folder that holds one folder of SQL per schema, beside `core`, which every schema gets first. */
export const migrationsDirectory = new URL('.', import.meta.url);
