/** The folder that holds one folder of SQL per schema, beside `core`, which every schema gets first. */
export declare const migrationsDirectory: URL;
